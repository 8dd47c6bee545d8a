#include "tenants/authorization/onboarding.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tenants/authorization/authorization_change.h"
#include "tenants/base/digest.h"

namespace tenants {

namespace {

constexpr std::string_view kAuthorized = "authorized";
constexpr std::string_view kUpdateAuthorized = "updateauthorized";
constexpr std::string_view kUnauthorized = "unauthorized";
constexpr int kNotAuthorizedToUs = 61003;

/// Everything but RFC 3986's unreserved characters.
std::string percentEncoded(std::string_view text) {
    static constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char character : text) {
        if (kUnreserved.find(character) != std::string_view::npos) {
            encoded.push_back(character);
            continue;
        }
        const auto byte = static_cast<unsigned char>(character);
        encoded.push_back('%');
        encoded.push_back(kDigits[byte >> 4U]);
        encoded.push_back(kDigits[byte & 0xFU]);
    }
    return encoded;
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

/// Whether trying the same event again could end differently.
bool mayHelpLater(const Error& error) {
    return error.code != ErrorCode::kNotFound && error.code != ErrorCode::kConflict &&
           error.code != ErrorCode::kInvalidInput && error.code != ErrorCode::kMerchantNotAuthorized;
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

Task<Result<IssuedLink>> Onboarding::createLink(MerchantId merchant) {
    if (merchants_.find(merchant) == nullptr) co_return Error{ErrorCode::kNotFound, "There is no such merchant."};
    const UtcTime now = clock_.now();
    std::function<Task<Result<Platform::FreshToken>>(SharedSecret)> call = [this](SharedSecret component_token) {
        return platform_.preAuthCode(std::move(component_token));
    };
    auto code = co_await tokens_.asComponent<Platform::FreshToken>(std::move(call));
    if (!code) co_return std::move(code).error();

    const std::string state = randomIdText("st_");
    IssuedLink issued;
    issued.expires_at = now + code->expires_in;
    AuthorizationLink link;
    link.state_hash = sha256Hex(state);
    link.pre_auth_code_hash = sha256Hex(code->token->expose());
    link.merchant = merchant;
    link.created_at = now;
    link.expires_at = issued.expires_at + settings_.landing_grace;
    auto added = co_await store_.addLink(std::move(link));
    if (!added) co_return std::move(added).error();

    // auth_type 3: official accounts and mini programs.
    const std::string query =
        "component_appid=" + percentEncoded(settings_.component_appid) +
        "&pre_auth_code=" + percentEncoded(code->token->expose()) + "&redirect_uri=" +
        percentEncoded(settings_.redirect_url + "?component=" + settings_.component_appid + "&state=" + state) +
        "&auth_type=3";
    issued.pc_url = settings_.pc_link_base + "/cgi-bin/componentloginpage?" + query;
    issued.h5_url = settings_.h5_link_base + "/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&" + query +
                    "#wechat_redirect";
    co_return issued;
}

Task<Result<MerchantId>> Onboarding::completeByRedirect(std::string state, SharedSecret authorization_code) {
    const auto link = co_await store_.findLinkByState(sha256Hex(state));
    if (!link || clock_.now() >= link->expires_at) {
        co_return Error{ErrorCode::kInvalidInput, "The authorization link is unknown or has expired."};
    }
    if (authorization_code == nullptr || authorization_code->empty()) {
        co_return Error{ErrorCode::kInvalidInput, "The authorization code is missing."};
    }
    Exchange work;
    work.merchant = link->merchant;
    work.code = std::move(authorization_code);
    auto done = co_await exchange(std::move(work));
    if (!done) co_return std::move(done).error();
    co_return link->merchant;
}

Task<Result<std::optional<PlatformEvent>>> Onboarding::receive(PlatformEvent event) {
    // The effect before the record: an event that is known has had its effect, however often WeChat had to push it.
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
    const bool changed = event.info_type == kAuthorized || event.info_type == kUpdateAuthorized;
    const auto known = store_.findByAppId(event.appid);
    if ((!gone && !changed) || event.appid.empty() || known == nullptr) co_return Done{};
    const UtcTime now = clock_.now();
    std::function<bool(Authorization&)> edit = [&event, gone, now](Authorization& next) {
        if (next.appid != event.appid || event.created_at < next.event_at) return false;
        const bool tie = event.created_at == next.event_at;
        if (next.withdrawn) {
            if (!gone || tie) return false;  // a new consent has to be exchanged before it counts
            next.event_at = event.created_at;
            return true;
        }
        if (gone && !tie) {
            next.withdraw(now);
            next.event_at = event.created_at;
            return true;
        }
        // A change, or two events of one second whose order nobody knows: WeChat is asked before the next scan.
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
    auto done = co_await takeEffect(std::move(event));
    if (!done && mayHelpLater(done.error())) co_return done;
    auto marked = co_await store_.markEventHandled(id, clock_.now());
    if (!marked) co_return marked;
    co_return done;
}

Task<std::vector<Error>> Onboarding::handleWaiting() {
    std::vector<Error> errors;
    std::vector<PlatformEvent> waiting = co_await store_.unhandledEvents();
    for (PlatformEvent& event : waiting) {
        auto done = co_await handle(std::move(event));
        if (!done) errors.push_back(std::move(done).error());
    }
    co_return errors;
}

Task<Result<Done>> Onboarding::takeEffect(PlatformEvent event) {
    const bool gone = event.info_type == kUnauthorized;
    if (!gone && event.info_type != kAuthorized && event.info_type != kUpdateAuthorized) co_return Done{};
    const auto merchant = co_await merchantOf(event);
    if (!merchant) {
        co_return Error{ErrorCode::kNotFound, "The event belongs to no merchant.",
                        event.info_type + " of an account that we sent no link and that is bound to no merchant"};
    }
    if (isOutdated(event, *merchant)) co_return Done{};
    if (gone) {
        const auto authorization = store_.findByAppId(event.appid);
        // Withdrawn when it was received, unless another event has the same second: then WeChat decides.
        if (authorization == nullptr || authorization->withdrawn) co_return Done{};
        co_return co_await grants_.rereadGrants(*merchant);
    }
    Exchange work;
    work.merchant = *merchant;
    work.appid = event.appid;
    work.code = event.authorization_code;
    work.event_at = event.created_at;
    co_return co_await exchange(std::move(work));
}

/// By the link that we issued, which the event names by its pre-auth code, or by the account that is bound already.
Task<std::optional<MerchantId>> Onboarding::merchantOf(PlatformEvent event) {
    if (!event.pre_auth_code_hash.empty()) {
        const auto link = co_await store_.findLinkByPreAuthCode(event.pre_auth_code_hash);
        if (link) co_return link->merchant;
    }
    const auto authorization = store_.findByAppId(event.appid);
    if (authorization == nullptr) co_return std::nullopt;
    co_return authorization->merchant;
}

bool Onboarding::isOutdated(const PlatformEvent& event, const MerchantId& merchant) const {
    const auto authorization = store_.find(merchant);
    return authorization != nullptr && authorization->appid == event.appid &&
           event.created_at < authorization->event_at;
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
    if (work.claimed && !work.grant) {
        // Not known to be exchanged. To try the code again does no harm: it works, or WeChat says that it is spent.
        auto unclaimed = co_await store_.unclaimCode(sha256Hex(work.code->expose()));
        if (!unclaimed) co_return std::move(unclaimed).error();
    }
    co_return done;
}

Task<Result<Done>> Onboarding::exchangeLocked(Exchange& work, SharedSecret component_token) {
    const auto current = store_.find(work.merchant);
    if (!work.generation) work.generation = current == nullptr ? 0 : current->generation;
    auto claimed = co_await claim(work);
    if (!claimed) co_return claimed;
    if (work.spent && current != nullptr && !current->withdrawn) {
        // The other way in was faster. By redirect that is all we wanted; an event must also be the newest applied.
        const bool applied = !work.event_at || (current->appid == work.appid && !current->grants_stale &&
                                                *work.event_at <= current->event_at);
        if (applied) co_return Done{};
    }
    // Claimed by somebody who is gone without having stored anything: nobody else can be at it under this lock.
    const bool orphaned = work.spent && current == nullptr && work.code != nullptr;
    if ((work.claimed || orphaned) && !work.grant) {
        auto redeemed = co_await redeem(work, component_token);
        if (!redeemed) co_return redeemed;
    }
    if (work.appid.empty() && current != nullptr) work.appid = current->appid;
    if (work.appid.empty()) {
        co_return Error{ErrorCode::kInvalidInput, "The authorization code is not valid any more; open a new link."};
    }
    auto info = co_await platform_.authorizerInfo(component_token, work.appid);
    if (!info && hasErrcode(info.error(), kNotAuthorizedToUs)) co_return co_await notAuthorizedAfterAll(work);
    if (!info && (!work.grant || refusesComponentToken(info.error()))) co_return std::move(info).error();
    std::optional<Platform::AuthorizerInfo> facts;
    if (info) facts = *std::move(info);
    co_return co_await storeResult(work, std::move(facts));
}

Task<Result<Done>> Onboarding::claim(Exchange& work) {
    if (work.claimed || work.spent) co_return Done{};
    if (work.code == nullptr) {
        work.spent = true;
        co_return Done{};
    }
    auto first = co_await store_.claimCode(sha256Hex(work.code->expose()), clock_.now());
    if (!first) co_return std::move(first).error();
    work.claimed = *first;
    work.spent = !*first;
    co_return Done{};
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
        co_return Done{};
    }
    if (!codeIsSpent(grant.error())) co_return std::move(grant).error();
    work.claimed = false;
    work.spent = true;
    co_return Done{};
}

Task<Result<Done>> Onboarding::storeResult(Exchange& work, std::optional<Platform::AuthorizerInfo> info) {
    const UtcTime now = clock_.now();
    std::function<bool(Authorization&)> edit = [&work, &info, now](Authorization& next) {
        const bool overtaken = next.generation != work.generation;
        const bool older = work.event_at && *work.event_at < next.event_at;
        if (next.withdrawn && (overtaken || older)) return false;  // withdrawn while we asked: that is the newer word
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
            next.granted_sets = work.grant->granted_sets;
        }
        if (info) {
            next.granted_sets = info->granted_sets;
            next.account = info->account;
            if (!work.grant || work.grant->tokens.refresh_token == nullptr) next.takeRefreshToken(info->refresh_token);
        }
        next.grants_stale = !info || overtaken;
        next.withdrawn = false;
        next.trouble.clear();
        if (work.event_at) next.event_at = std::max(next.event_at, *work.event_at);
        next.changed_at = now;
        return true;
    };
    auto saved = co_await changeAuthorization(store_, work.merchant, WhenAbsent::kStartEmpty, std::move(edit));
    if (!saved) co_return std::move(saved).error();
    if ((*saved)->withdrawn) co_return notAuthorized();
    work.stored = true;
    co_return Done{};
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
