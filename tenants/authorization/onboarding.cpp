#include "tenants/authorization/onboarding.h"

#include <utility>

#include "tenants/authorization/authorization_change.h"
#include "tenants/authorization/consent_address.h"
#include "tenants/base/digest.h"

namespace tenants {

namespace {

constexpr std::string_view kAuthorized = "authorized";
constexpr std::string_view kUpdateAuthorized = "updateauthorized";
constexpr std::string_view kUnauthorized = "unauthorized";
constexpr std::string_view kRegistered = "notify_third_fasteregister";  // read as an event only where it succeeded

/// Consents and changes of what was granted: they carry a code.
bool carriesConsent(const PlatformEvent& event) {
    return event.info_type == kAuthorized || event.info_type == kUpdateAuthorized || event.info_type == kRegistered;
}

}  // namespace

Onboarding::Onboarding(TokenKeeper& tokens, GrantKeeper& grants, Platform& platform, AuthorizationStore& store,
                       const MerchantStore& merchants, const Clock& clock, OnboardingSettings settings)
    : tokens_(tokens),
      grants_(grants),
      platform_(platform),
      store_(store),
      merchants_(merchants),
      clock_(clock),
      settings_(std::move(settings)) {}

Task<Result<IssuedInvitation>> Onboarding::invite(MerchantId merchant, LinkOptions options, AuditNote note) {
    if (merchants_.find(merchant) == nullptr) co_return Error{ErrorCode::kNotFound, "There is no such merchant."};
    const std::string state = randomIdText("inv_");
    Invitation invitation;
    invitation.state_hash = sha256Hex(state);
    invitation.merchant = std::move(merchant);
    invitation.choice = options.choice;
    invitation.only = std::move(options.only);
    invitation.created_at = clock_.now();
    invitation.expires_at = invitation.created_at + settings_.invitation_life;
    auto link = co_await issueLink(invitation);
    if (!link) co_return std::move(link).error();
    IssuedInvitation issued{settings_.launch_url + "?component=" + settings_.component_appid + "&state=" + state,
                            invitation.expires_at, *std::move(link)};
    auto added = co_await store_.addInvitation(std::move(invitation), std::move(note));
    if (!added) co_return std::move(added).error();
    co_return issued;
}

Task<Result<Launch>> Onboarding::launch(std::string state) {
    const UtcTime now = clock_.now();
    auto invitation = co_await store_.findInvitation(sha256Hex(state));
    if (!invitation) co_return Error{ErrorCode::kNotFound, "The authorization link is unknown."};
    if (invitation->completed_at) co_return Error{ErrorCode::kConflict, "The authorization link has served."};
    if (now >= invitation->expires_at) co_return Error{ErrorCode::kInvalidInput, "The authorization link has expired."};
    auto counted = co_await store_.countOpening(invitation->state_hash, now, settings_.openings);
    if (!counted) co_return std::move(counted).error();
    if (!*counted) co_return Error{ErrorCode::kRateLimited, "The authorization link was opened too often."};
    auto link = co_await issueLink(*invitation);
    if (!link) co_return std::move(link).error();
    co_return Launch{*std::move(link), *std::move(invitation)};
}

/// A pre-auth code and a state of its own for each link: WeChat's event names the one, the browser brings back the other.
Task<Result<IssuedLink>> Onboarding::issueLink(Invitation invitation) {
    const UtcTime now = clock_.now();
    std::function<Task<Result<Platform::FreshToken>>(SharedSecret)> call = [this](SharedSecret component_token) {
        return platform_.preAuthCode(std::move(component_token));
    };
    auto code = co_await tokens_.asComponent<Platform::FreshToken>(std::move(call));
    if (!code) co_return std::move(code).error();

    const std::string state = randomIdText("st_");
    const std::string redirect_url =
        settings_.redirect_url + "?component=" + settings_.component_appid + "&state=" + state;
    const UtcTime expires_at = now + code->expires_in;
    AuthorizationLink link;
    link.state_hash = sha256Hex(state);
    link.pre_auth_code_hash = sha256Hex(code->token->expose());
    link.merchant = invitation.merchant;
    link.created_at = now;
    link.expires_at = expires_at + settings_.landing_grace;
    link.invitation_hash = invitation.state_hash;
    auto added = co_await store_.addLink(std::move(link));
    if (!added) co_return std::move(added).error();

    const ConsentRequest request{settings_.component_appid, code->token->expose(), redirect_url, invitation.choice,
                                 invitation.only.text()};
    co_return IssuedLink{pcConsentAddress(settings_.pc_link_base, request),
                         h5ConsentAddress(settings_.h5_link_base, request), expires_at};
}

Task<Result<MerchantId>> Onboarding::completeByRedirect(std::string state, SharedSecret authorization_code) {
    const auto link = co_await store_.findLinkByState(sha256Hex(state));
    if (!link || clock_.now() >= link->expires_at) {
        co_return Error{ErrorCode::kInvalidInput, "The authorization link is unknown or has expired."};
    }
    if (authorization_code == nullptr || authorization_code->empty()) {
        co_return Error{ErrorCode::kInvalidInput, "The authorization code is missing."};
    }
    const Invited invited = co_await invitedBy(*link);
    Exchange work;
    work.merchant = invited.merchant;
    work.only = invited.only;
    work.code = std::move(authorization_code);
    // WeChat's CreateTime is in whole seconds: an event of the link's own second counts as the newer one.
    work.consent_after = link->created_at - std::chrono::seconds{1};
    auto done = co_await exchange(std::move(work));
    if (done) done = co_await closeIfServed(invited);
    if (!done) co_return std::move(done).error();
    co_return invited.merchant;
}

Task<Result<std::optional<PlatformEvent>>> Onboarding::receive(PlatformEvent event) {
    if (co_await store_.knowsEvent(event.dedupe_key)) co_return std::optional<PlatformEvent>{};
    // The effect before the record: an event that is known has had its effect, and must not have it again on top of what
    // came after it.
    auto applied = co_await applyAtOnce(event);
    if (!applied) co_return std::move(applied).error();
    co_return co_await store_.addEvent(std::move(event));
}

Task<Result<Done>> Onboarding::receiveTicket(SharedSecret ticket, UtcTime created_at) {
    co_return co_await store_.saveTicket(std::move(ticket), created_at);
}

/// What must hold from the moment that WeChat hears `success`. Idempotent, and nothing where no account of ours is meant.
Task<Result<Done>> Onboarding::applyAtOnce(PlatformEvent event) {
    const bool gone = event.info_type == kUnauthorized;
    const auto known = store_.findByAppId(event.appid);
    if ((!gone && !carriesConsent(event)) || event.appid.empty() || known == nullptr) co_return Done{};
    const UtcTime now = clock_.now();
    std::function<bool(Authorization&)> edit = [this, &event, gone, now](Authorization& next) {
        const bool ordered = tellsOrder(next.event_at);
        if (next.appid != event.appid || (ordered && event.created_at < next.event_at)) return false;
        const bool tie = !ordered || event.created_at == next.event_at;
        if (next.withdrawn) {
            if (!gone || tie) return false;  // a new consent has to be exchanged before it counts
            next.event_at = event.created_at;
            return true;
        }
        // Held up on its way while WeChat told us something newer, such as that the account is authorized: events have
        // the second of their making, what we were told has the time of our own clock.
        const bool overtaken = event.created_at <= std::chrono::floor<std::chrono::seconds>(next.changed_at);
        if (gone && !tie && !overtaken) {
            next.withdraw(now);
            next.event_at = event.created_at;
            return true;
        }
        // A change, or a withdrawal of which nobody knows whether it is the last word: WeChat is asked before the next scan.
        next.grants_stale = true;
        next.changed_at = now;
        return true;
    };
    auto saved = co_await changeAuthorization(store_, known->merchant, WhenAbsent::kRefuse, std::move(edit));
    if (!saved) co_return std::move(saved).error();
    co_return Done{};
}

Task<Result<Done>> Onboarding::handle(PlatformEvent event) {
    const std::int64_t id = event.id;
    auto done = co_await takeEffect(event);
    if (!done && deservesAnotherTry(event, done.error())) co_return done;
    auto marked = co_await store_.markEventHandled(id, clock_.now());
    if (!marked) co_return marked;
    co_return done;
}

Task<std::vector<Error>> Onboarding::handleWaiting() {
    std::vector<Error> errors;
    std::vector<PlatformEvent> waiting = co_await store_.unhandledEvents();
    for (PlatformEvent& event : waiting) {
        auto done = co_await handle(event);
        if (done) continue;
        // That it waits for its merchant was said when it came.
        const bool waits_for_its_merchant =
            done.error().code == ErrorCode::kNotFound && deservesAnotherTry(event, done.error());
        if (!waits_for_its_merchant) errors.push_back(std::move(done).error());
    }
    co_return errors;
}

Task<Result<Done>> Onboarding::takeEffect(PlatformEvent event) {
    const bool gone = event.info_type == kUnauthorized;
    if (!gone && !carriesConsent(event)) co_return Done{};
    const auto invited = co_await invitedBy(event);
    if (!invited) {
        co_return Error{ErrorCode::kNotFound, "The event belongs to no merchant.",
                        event.info_type + " of the account " + event.appid.text() +
                            ", which is bound to no merchant and came by no link of ours"};
    }
    if (isOutdated(event, invited->merchant)) co_return Done{};
    if (gone) {
        const auto authorization = store_.findByAppId(event.appid);
        // Withdrawn when it was received, unless another event has the same second: then WeChat decides.
        if (authorization == nullptr || authorization->withdrawn) co_return Done{};
        co_return co_await grants_.rereadGrants(invited->merchant);
    }
    Exchange work;
    work.merchant = invited->merchant;
    work.only = invited->only;
    work.appid = event.appid;
    work.code = event.authorization_code;
    work.event_at = event.created_at;
    auto done = co_await exchange(std::move(work));
    if (!done) co_return done;
    co_return co_await closeIfServed(*invited);
}

Task<Onboarding::Invited> Onboarding::invitedBy(AuthorizationLink link) {
    Invited invited{link.merchant, {}, {}};
    if (link.invitation_hash.empty()) co_return invited;  // made before there were invitations
    const auto invitation = co_await store_.findInvitation(link.invitation_hash);
    if (!invitation) co_return invited;
    invited.invitation_hash = invitation->state_hash;
    invited.only = invitation->only;
    // One that has served opens the door for its own account alone: pages that were opened before still lie about.
    const auto authorization = store_.find(link.merchant);
    if (invitation->completed_at && authorization != nullptr) invited.only = authorization->appid;
    co_return invited;
}

/// By the link that we issued, which the event names by its pre-auth code; by the account that is bound already; or by
/// an invitation of this account alone, whichever way its administrator came to consent.
Task<std::optional<Onboarding::Invited>> Onboarding::invitedBy(PlatformEvent event) {
    if (!event.pre_auth_code_hash.empty()) {
        const auto link = co_await store_.findLinkByPreAuthCode(event.pre_auth_code_hash);
        if (link) {
            Invited invited = co_await invitedBy(*link);
            co_return invited;
        }
    }
    if (const auto authorization = store_.findByAppId(event.appid)) co_return Invited{authorization->merchant, {}, {}};
    const auto invitation = co_await store_.findInvitationOfAccount(event.appid, clock_.now());
    if (!invitation) co_return std::nullopt;
    co_return Invited{invitation->merchant, invitation->state_hash, invitation->only};
}

/// The invitation has served when its merchant can scan. Where something is still missing, such as a permission set that
/// was not ticked, the merchant opens the same page again.
Task<Result<Done>> Onboarding::closeIfServed(Invited invited) {
    if (invited.invitation_hash.empty()) co_return Done{};
    const auto authorization = store_.find(invited.merchant);
    const bool served = authorization != nullptr && !authorization->withdrawn && !authorization->grants_stale &&
                        authorization->allowsOcr() && authorization->account.eligibleForOcr();
    if (!served) co_return Done{};
    co_return co_await store_.completeInvitation(invited.invitation_hash, clock_.now());
}

/// Whether trying the same event again could end differently.
bool Onboarding::deservesAnotherTry(const PlatformEvent& event, const Error& error) const {
    const bool code_may_work =
        event.authorization_code != nullptr && clock_.now() < event.received_at + settings_.code_life_max;
    switch (error.code) {
        case ErrorCode::kConflict:
        case ErrorCode::kInvalidInput:
        case ErrorCode::kMerchantNotAuthorized: return false;
        case ErrorCode::kNotFound:
        case ErrorCode::kUpstreamRefused: return code_may_work;
        default: return true;
    }
}

bool Onboarding::isOutdated(const PlatformEvent& event, const MerchantId& merchant) const {
    const auto authorization = store_.find(merchant);
    return authorization != nullptr && authorization->appid == event.appid && tellsOrder(authorization->event_at) &&
           event.created_at < authorization->event_at;
}

/// Whether something that was made before `event_at` is older than what is stored with it.
bool Onboarding::tellsOrder(UtcTime event_at) const {
    return event_at <= clock_.now() + settings_.ahead_max;
}

}  // namespace tenants
