#include "tenants/authorization/onboarding.h"

#include <algorithm>
#include <array>
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
constexpr int kNotAuthorizedToUs = 61003;

/// Consents and changes of what was granted: they carry a code.
bool carriesConsent(const PlatformEvent& event) {
    return event.info_type == kAuthorized || event.info_type == kUpdateAuthorized || event.info_type == kRegistered;
}

bool hasErrcode(const Error& error, int errcode) {
    return error.upstream && error.upstream->errcode == errcode;
}

/// The code was exchanged before or has run out; what the account granted can still be asked for.
bool codeIsSpent(const Error& error) {
    static constexpr std::array kCodes{61009, 61010, 40029, 40163};
    return error.upstream && std::ranges::find(kCodes, error.upstream->errcode) != kCodes.end();
}

Error notAuthorized() {
    return Error{ErrorCode::kMerchantNotAuthorized, "The merchant's account is not authorized to this platform."};
}

Error codeNotValid(std::string for_log = {}) {
    return Error{ErrorCode::kInvalidInput, "The authorization code is not valid any more; open a new link.",
                 std::move(for_log)};
}

Error uninvited() {
    return Error{ErrorCode::kConflict, "The authorization link is for another account.",
                 "an account consented that is not the one invited"};
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

Task<Result<IssuedInvitation>> Onboarding::invite(MerchantId merchant, LinkOptions options) {
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
    auto added = co_await store_.addInvitation(std::move(invitation));
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

Task<Result<Done>> Onboarding::exchange(Exchange work) {
    std::function<Task<Result<Done>>(SharedSecret)> step = [this, &work](SharedSecret component_token) {
        return exchangeLocked(work, std::move(component_token));
    };
    auto done = co_await tokens_.asComponentFor<Done>(work.merchant, std::move(step));
    if (done) co_return done;
    if (work.grant && !work.stored && done.error().code != ErrorCode::kConflict &&
        done.error().code != ErrorCode::kMerchantNotAuthorized) {
        // Tokens in hand must not be lost because the account's facts could not be read; those are re-read later.
        co_return co_await storeResult(work, std::nullopt);
    }
    if (work.grant && done.error().code == ErrorCode::kConflict) {
        auto told = co_await tellOwner(work.grant->appid, work.merchant);
        if (!told) co_return told;
    }
    co_return done;
}

Task<Result<Done>> Onboarding::exchangeLocked(Exchange& work, SharedSecret component_token) {
    if (isUninvited(work)) co_return uninvited();
    const auto current = store_.find(work.merchant);
    if (!work.generation) work.generation = current == nullptr ? 0 : current->generation;
    if (work.code != nullptr) work.known = co_await store_.knowsCode(sha256Hex(work.code->expose()));
    if (isApplied(work, current.get())) co_return Done{};
    if (work.code != nullptr && !work.known && !work.spent && !work.grant) {
        auto redeemed = co_await redeem(work, component_token);
        if (!redeemed) co_return redeemed;
    }
    if (work.appid.empty() && current != nullptr) work.appid = current->appid;
    if (work.appid.empty()) co_return codeNotValid();
    auto info = co_await platform_.authorizerInfo(component_token, work.appid);
    if (!info && hasErrcode(info.error(), kNotAuthorizedToUs)) co_return co_await notAuthorizedAfterAll(work);
    if (!info && (!work.grant || refusesComponentToken(info.error()))) co_return std::move(info).error();
    std::optional<Platform::AuthorizerInfo> facts;
    if (info) facts = *std::move(info);
    co_return co_await storeResult(work, std::move(facts));
}

bool Onboarding::isUninvited(const Exchange& work) {
    return !work.only.empty() && !work.appid.empty() && work.appid != work.only;
}

/// Whether the other way in was faster. By redirect that is all we wanted; an event must also be the newest applied.
bool Onboarding::isApplied(const Exchange& work, const Authorization* current) {
    if (!work.known || current == nullptr || current->withdrawn || current->refresh_token == nullptr) return false;
    if (!work.event_at) return true;
    return current->appid == work.appid && !current->grants_stale && *work.event_at <= current->event_at;
}

Task<Result<Done>> Onboarding::redeem(Exchange& work, SharedSecret component_token) {
    work.granted_at = clock_.now();
    auto grant = co_await platform_.queryAuth(std::move(component_token), work.code);
    if (grant) {
        if (!work.appid.empty() && grant->appid != work.appid) {
            co_return Error{ErrorCode::kConflict, "The authorization code belongs to another account.",
                            "api_query_auth named another appid than the event"};
        }
        work.appid = grant->appid;
        work.grant = *std::move(grant);
        if (isUninvited(work)) co_return uninvited();
        co_return Done{};
    }
    if (hasErrcode(grant.error(), kNotAuthorizedToUs)) co_return co_await notAuthorizedAfterAll(work);
    if (!codeIsSpent(grant.error())) co_return std::move(grant).error();
    work.spent = true;
    co_return Done{};
}

Task<Result<Done>> Onboarding::storeResult(Exchange& work, std::optional<Platform::AuthorizerInfo> info) {
    const UtcTime now = clock_.now();
    bool without_token = false;
    std::function<bool(Authorization&)> edit = [this, &work, &info, &without_token, now](Authorization& next) {
        const bool overtaken = next.generation != work.generation;
        // Withdrawn while we asked: that is the newer word, unless its time says that it was held up on its way. What is
        // stale then is read again before the next scan, which decides between two of one second too.
        const UtcTime consented_at = work.event_at.value_or(work.consent_after);
        const bool ordered = tellsOrder(next.event_at);
        const bool before_withdrawal = ordered && consented_at < next.event_at;
        if (next.withdrawn && before_withdrawal && (overtaken || work.event_at)) return false;
        const bool had_this_account = next.appid == work.appid && !next.withdrawn;
        if (next.appid != work.appid) {
            // Another account takes the place of the old one, of which nothing holds for it.
            Authorization other;
            other.merchant = next.merchant;
            other.generation = next.generation;
            other.appid = work.appid;
            next = std::move(other);
        }
        if (work.grant) {
            next.access_token = work.grant->tokens.access_token;
            next.access_expires_at = work.granted_at + work.grant->tokens.expires_in;
            next.takeRefreshToken(work.grant->tokens.refresh_token);
            next.takeGrants(work.grant->granted_sets);
        }
        if (info) {
            next.takeGrants(info->granted_sets);
            next.account = info->account;
            if (!work.grant || work.grant->tokens.refresh_token == nullptr) next.takeRefreshToken(info->refresh_token);
        }
        // Authorized, but nobody has exchanged that consent's code: without a token it is worth nothing, and would only
        // hide that the merchant has to consent once more.
        without_token = !had_this_account && !work.grant && next.refresh_token == nullptr;
        if (without_token) return false;
        next.grants_stale = !info || overtaken;
        next.withdrawn = false;
        next.trouble.clear();
        next.event_at = ordered ? std::max(next.event_at, consented_at) : consented_at;
        next.changed_at = now;
        return true;
    };
    auto saved = co_await changeAuthorization(store_, work.merchant, WhenAbsent::kStartEmpty, std::move(edit));
    if (!saved) co_return std::move(saved).error();
    if (without_token) co_return codeNotValid("the account is authorized, and WeChat tells no refresh token of it");
    if ((*saved)->withdrawn) co_return notAuthorized();
    work.stored = true;
    if (!work.grant) co_return Done{};
    // Remembered last: who dies before that leaves a code that is tried again, which does no harm. It works, or WeChat
    // says that it is spent, and then the account's info has what came of it.
    co_return co_await store_.rememberCode(sha256Hex(work.code->expose()), now);
}

/// Consent given for another merchant's link made this account new tokens all the same, and its merchant's old ones are
/// dead: they are read back before its next scan.
Task<Result<Done>> Onboarding::tellOwner(AppId appid, MerchantId other_than) {
    const auto owner = store_.findByAppId(appid);
    if (owner == nullptr || owner->merchant == other_than) co_return Done{};
    co_return co_await grants_.doubtGrants(owner->merchant);
}

/// WeChat took the code, or knew it as spent, and yet says that the account is not authorized to us.
Task<Result<Done>> Onboarding::notAuthorizedAfterAll(Exchange& work) {
    const UtcTime now = clock_.now();
    std::function<bool(Authorization&)> edit = [&work, now](Authorization& next) {
        if (next.appid != work.appid || next.withdrawn || next.generation != work.generation) return false;
        next.withdraw(now);
        if (work.event_at) next.event_at = std::max(next.event_at, *work.event_at);
        return true;
    };
    auto saved = co_await changeAuthorization(store_, work.merchant, WhenAbsent::kRefuse, std::move(edit));
    if (!saved && saved.error().code != ErrorCode::kNotFound) co_return std::move(saved).error();
    co_return notAuthorized();
}

}  // namespace tenants
