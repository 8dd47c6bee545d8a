#include "sandbox/accounts_control.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <variant>

#include "sandbox/consent.h"
#include "sandbox/control_answer.h"
#include "sandbox/control_views.h"
#include "sandbox/events.h"
#include "sandbox/json.h"
#include "sandbox/random_text.h"

namespace sandbox {
namespace {

using Body = Poco::JSON::Object::Ptr;

// Far above any real number, and far from an overflow.
constexpr std::int64_t kUnitsMax = 1'000'000'000;

bool isAppid(std::string_view text) {
    const auto plain = [](char character) {
        const auto byte = static_cast<unsigned char>(character);
        return byte < 0x80 && (std::isalnum(byte) != 0 || character == '_' || character == '-');
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), plain);
}

/// Fills `account` from the fields of `POST /authorizers`; a text says which field is wrong.
std::string readNewAccount(const Body& body, Authorizer& account) {
    if (const auto unknown = unknownField(body, {"appid", "kind", "verified", "sets", "nick_name"}); !unknown.empty()) {
        return "unknown field " + unknown;
    }
    account.appid = body->has("appid") ? stringField(body, "appid").value_or("") : newAppid();
    if (!isAppid(account.appid)) return "appid is not 1 to 64 characters of A-Z, a-z, 0-9, _ and -";
    const auto kind = accountKindOfName(stringField(body, "kind").value_or(""));
    if (!kind) return "kind is not mini_program, subscription or service";
    account.kind = *kind;
    if (body->has("verified")) {
        const auto verified = booleanField(body, "verified");
        if (!verified) return "verified is not true or false";
        account.verified = *verified;
    }
    if (body->has("sets")) {
        const auto sets = integerSetField(body, "sets");
        if (!sets) return "sets is not a list of numbers";
        account.sets = *sets;
    }
    account.nick_name =
        body->has("nick_name") ? stringField(body, "nick_name").value_or("") : "Account " + account.appid;
    if (account.nick_name.empty()) return "nick_name is not a text";
    account.user_name = newUserName();
    return {};
}

/// The fields of `PATCH /authorizers/{appid}`; those that were left out stay empty.
struct AccountPatch {
    std::optional<std::set<int>> sets;
    std::optional<bool> verified;
    std::optional<std::int64_t> account_status;
    std::optional<std::int64_t> day_free;
    std::optional<std::int64_t> pack_units;
    std::optional<std::set<RefreshTokenPlace>> hidden_refresh_token;
};

std::optional<std::set<RefreshTokenPlace>> placesField(const Body& body, const std::string& name) {
    const auto names = textsField(body, name);
    if (!names) return std::nullopt;
    std::set<RefreshTokenPlace> places;
    for (const std::string& text : *names) {
        const auto place = refreshTokenPlaceOfName(text);
        if (!place) return std::nullopt;
        places.insert(*place);
    }
    return places;
}

std::string readPatch(const Body& body, AccountPatch& patch) {
    if (const auto unknown = unknownField(
            body, {"sets", "verified", "account_status", "day_free", "pack_units", "hidden_refresh_token"});
        !unknown.empty()) {
        return "unknown field " + unknown;
    }
    patch.sets = integerSetField(body, "sets");
    if (body->has("sets") && !patch.sets) return "sets is not a list of numbers";
    patch.verified = booleanField(body, "verified");
    if (body->has("verified") && !patch.verified) return "verified is not true or false";
    patch.account_status = integerField(body, "account_status");
    if (body->has("account_status") && !(patch.account_status && isAccountStatus(*patch.account_status))) {
        return "account_status is not 1, 14, 16, 18 or 19";
    }
    const auto units = [&body](const std::string& name, std::optional<std::int64_t>& value) {
        value = integerField(body, name);
        return !body->has(name) || (value && *value >= 0 && *value <= kUnitsMax);
    };
    if (!units("day_free", patch.day_free)) return "day_free is not a number from 0 on";
    if (!units("pack_units", patch.pack_units)) return "pack_units is not a number from 0 on";
    patch.hidden_refresh_token = placesField(body, "hidden_refresh_token");
    if (body->has("hidden_refresh_token") && !patch.hidden_refresh_token)
        return "hidden_refresh_token is not a list of refresh, info and list";
    return {};
}

}  // namespace

void AccountsControl::addRoutes(gateway::http::Router& router) {
    using Self = AccountsControl;
    addRoute(router, "POST", "/authorizers", *this, &Self::create);
    addRoute(router, "GET", "/authorizers", *this, &Self::list);
    addRoute(router, "GET", "/authorizers/{appid}", *this, &Self::show);
    addRoute(router, "PATCH", "/authorizers/{appid}", *this, &Self::patch);
    addRoute(router, "POST", "/authorizers/{appid}:consent", *this, &Self::consent);
    addRoute(router, "POST", "/authorizers/{appid}:reauthorize", *this, &Self::reauthorize);
    addRoute(router, "POST", "/authorizers/{appid}:withdraw", *this, &Self::withdraw);
    addRoute(router, "POST", "/authorizers/{appid}:expireToken", *this, &Self::expireToken);
    addRoute(router, "POST", "/authorizers/{appid}:rotateRefreshToken", *this, &Self::rotateRefreshToken);
    addRoute(router, "POST", "/authorizers/{appid}:killRefreshToken", *this, &Self::killRefreshToken);
}

tenants::Task<gateway::http::Response> AccountsControl::create(Request request) {
    const auto component_appid = componentParameter(request, store_);
    if (!component_appid) co_return unknownComponent();
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    Authorizer account;
    if (const std::string fault = readNewAccount(body, account); !fault.empty()) co_return controlProblem(400, fault);
    const std::string appid = account.appid;
    const bool added =
        store_.change([&](State& state) { return state.authorizers.emplace(appid, std::move(account)).second; });
    if (!added) co_return controlProblem(409, "there is an account with this appid already");
    Response response = co_await answerAfterChange(appid, *component_appid, std::nullopt, {});
    co_return response;
}

tenants::Task<gateway::http::Response> AccountsControl::list(Request request) {
    const auto component_appid = componentParameter(request, store_);
    if (!component_appid) co_return unknownComponent();
    auto accounts = newArray();
    store_.read([&](const State& state) {
        for (const auto& [appid, account] : state.authorizers)
            accounts->add(authorizerView(account, *component_appid, clock_.now()));
    });
    auto answer = newObject();
    answer->set("authorizers", accounts);
    co_return controlAnswer(answer);
}

tenants::Task<gateway::http::Response> AccountsControl::show(Request request) {
    const auto component_appid = componentParameter(request, store_);
    if (!component_appid) co_return unknownComponent();
    const std::string appid = request.head.pathParameter("appid");
    const Body view = store_.read([&](const State& state) {
        const Authorizer* const account = state.findAuthorizer(appid);
        return account == nullptr ? Body{} : authorizerView(*account, *component_appid, clock_.now());
    });
    if (view.isNull()) co_return controlProblem(404, "there is no such account");
    co_return controlAnswer(view);
}

tenants::Task<gateway::http::Response> AccountsControl::patch(Request request) {
    const auto component_appid = componentParameter(request, store_);
    if (!component_appid) co_return unknownComponent();
    const std::string appid = request.head.pathParameter("appid");
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    AccountPatch patch;
    if (const std::string fault = readPatch(body, patch); !fault.empty()) co_return controlProblem(400, fault);
    std::optional<Event> event;
    const bool found = store_.change([&](State& state) {
        const auto entry = state.authorizers.find(appid);
        if (entry == state.authorizers.end()) return false;
        Authorizer& account = entry->second;
        if (patch.verified) account.verified = *patch.verified;
        if (patch.account_status) account.account_status = static_cast<int>(*patch.account_status);
        if (patch.day_free) account.quota.day_free = *patch.day_free;
        if (patch.pack_units) account.quota.pack_units = *patch.pack_units;
        if (patch.hidden_refresh_token) account.hidden_refresh_token = *patch.hidden_refresh_token;
        if (patch.sets)
            event = changeSets(state, state.component(*component_appid), account, *patch.sets, clock_.now());
        return true;
    });
    if (!found) co_return controlProblem(404, "there is no such account");
    Response response = co_await answerAfterChange(appid, *component_appid, std::move(event), {});
    co_return response;
}

/// The link says which component is meant.
tenants::Task<gateway::http::Response> AccountsControl::consent(Request request) {
    const std::string appid = request.head.pathParameter("appid");
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    if (const auto unknown = unknownField(body, {"link", "sets"}); !unknown.empty())
        co_return controlProblem(400, "unknown field " + unknown);
    const auto link = readAuthorizationUrl(stringField(body, "link").value_or(""));
    if (!link)
        co_return controlProblem(
            400, "link is not an authorization link with component_appid, pre_auth_code and redirect_uri");
    const auto sets = integerSetField(body, "sets");
    if (body->has("sets") && !sets) co_return controlProblem(400, "sets is not a list of numbers");
    if (!store_.read([&](const State& state) { return state.authorizers.contains(appid); })) {
        co_return controlProblem(404, "there is no such account");
    }
    auto given = store_.change([&](State& state) { return giveConsent(state, *link, appid, sets, clock_.now()); });
    if (const auto* const fault = std::get_if<ConsentFault>(&given)) co_return controlProblem(409, fault->detail);
    Consent& consent = std::get<Consent>(given);
    Response response =
        co_await answerAfterChange(appid, link->component_appid, std::move(consent.event), std::move(consent.redirect));
    co_return response;
}

tenants::Task<gateway::http::Response> AccountsControl::reauthorize(Request request) {
    const Body body = controlBody(request);
    if (body.isNull()) co_return controlProblem(400, "the body is not a JSON object");
    if (const auto unknown = unknownField(body, {"sets"}); !unknown.empty())
        co_return controlProblem(400, "unknown field " + unknown);
    const auto sets = integerSetField(body, "sets");
    if (body->has("sets") && !sets) co_return controlProblem(400, "sets is not a list of numbers");
    Change change = [this, sets](State& state, Component& component, Authorizer& account) {
        return reauthorizeAccount(state, component, account, sets, clock_.now());
    };
    Response response = co_await changeAuthorized(std::move(request), std::move(change));
    co_return response;
}

tenants::Task<gateway::http::Response> AccountsControl::withdraw(Request request) {
    return changeAuthorized(std::move(request), [this](State& state, Component& component, Authorizer& account) {
        account.authorizationOf(component.keys.appid)->withdraw();
        return std::optional{addUnauthorizedEvent(state, component, account.appid, clock_.now())};
    });
}

tenants::Task<gateway::http::Response> AccountsControl::expireToken(Request request) {
    return changeAuthorized(std::move(request),
                            [this](State&, Component& component, Authorizer& account) -> std::optional<Event> {
                                account.authorizationOf(component.keys.appid)->tokens.expireAll(clock_.now());
                                return std::nullopt;
                            });
}

tenants::Task<gateway::http::Response> AccountsControl::rotateRefreshToken(Request request) {
    return changeAuthorized(
        std::move(request), [this](State&, Component& component, Authorizer& account) -> std::optional<Event> {
            account.authorizationOf(component.keys.appid)->rotateRefreshToken(newRefreshTokenText(), clock_.now());
            return std::nullopt;
        });
}

tenants::Task<gateway::http::Response> AccountsControl::killRefreshToken(Request request) {
    return changeAuthorized(std::move(request),
                            [](State&, Component& component, Authorizer& account) -> std::optional<Event> {
                                account.authorizationOf(component.keys.appid)->killRefreshToken();
                                return std::nullopt;
                            });
}

tenants::Task<gateway::http::Response> AccountsControl::changeAuthorized(Request request, Change change) {
    const auto component_appid = componentParameter(request, store_);
    if (!component_appid) co_return unknownComponent();
    const std::string appid = request.head.pathParameter("appid");
    enum class Found { kNo, kNotAuthorized, kChanged };
    std::optional<Event> event;
    const Found found = store_.change([&](State& state) {
        const auto entry = state.authorizers.find(appid);
        if (entry == state.authorizers.end()) return Found::kNo;
        if (entry->second.authorizationOf(*component_appid) == nullptr) return Found::kNotAuthorized;
        event = change(state, state.component(*component_appid), entry->second);
        return Found::kChanged;
    });
    if (found == Found::kNo) co_return controlProblem(404, "there is no such account");
    if (found == Found::kNotAuthorized) co_return controlProblem(409, "the account is not authorized");
    Response response = co_await answerAfterChange(appid, *component_appid, std::move(event), {});
    co_return response;
}

tenants::Task<gateway::http::Response> AccountsControl::answerAfterChange(std::string appid,
                                                                          std::string component_appid,
                                                                          std::optional<Event> event,
                                                                          std::string redirect) {
    std::string delivery = "none";
    if (event) {
        const Delivery delivered = co_await pushers_.push(std::move(*event));
        delivery = deliveryName(delivered);
    }
    Body answer = store_.read(
        [&](const State& state) { return authorizerView(state.authorizers.at(appid), component_appid, clock_.now()); });
    if (!redirect.empty()) answer->set("redirect", redirect);
    answer->set("event", delivery);
    co_return controlAnswer(answer);
}

}  // namespace sandbox
