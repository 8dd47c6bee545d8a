#include "sandbox/control_views.h"

#include "sandbox/json.h"
#include "sandbox/log.h"

namespace sandbox {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;
using tenants::UtcTime;

Array::Ptr setsView(const std::set<int>& sets) {
    auto array = newArray();
    for (const int set : sets) array->add(set);
    return array;
}

}  // namespace

Object::Ptr authorizerView(const Authorizer& account, const std::string& component_appid, UtcTime now) {
    static const Authorization kNone;
    const auto known = account.authorizations.find(component_appid);
    const Authorization& authorization = known == account.authorizations.end() ? kNone : known->second;
    auto view = newObject();
    view->set("appid", account.appid);
    view->set("kind", std::string{accountKindName(account.kind)});
    view->set("verified", account.verified);
    view->set("account_status", account.account_status);
    view->set("sets", setsView(account.setsFor(component_appid)));
    view->set("nick_name", account.nick_name);
    view->set("user_name", account.user_name);
    view->set("authorized", authorization.authorized);
    if (authorization.authorized_at) view->set("authorized_at", tenants::rfc3339(*authorization.authorized_at));
    view->set("code_exchanged", authorization.code_exchanged);
    view->set("refresh_token_fingerprint", fingerprint(authorization.refresh_token));
    auto tokens = newArray();
    std::int64_t valid_tokens = 0;
    for (const AccessToken& token : authorization.tokens.issued()) {
        auto entry = newObject();
        const bool valid =
            authorization.authorized && authorization.tokens.standingOf(token.text, now) == TokenStanding::kValid;
        entry->set("fingerprint", fingerprint(token.text));
        entry->set("expires_at", tenants::rfc3339(token.expires_at));
        entry->set("valid", valid);
        if (valid) ++valid_tokens;
        tokens->add(entry);
    }
    view->set("access_tokens", tokens);
    view->set("access_tokens_valid", valid_tokens);
    auto hidden = newArray();
    for (const RefreshTokenPlace place : account.hidden_refresh_token)
        hidden->add(std::string{refreshTokenPlaceName(place)});
    view->set("hidden_refresh_token", hidden);
    auto components = newArray();
    for (const auto& [appid, other] : account.authorizations) {
        if (other.authorized) components->add(appid);
    }
    view->set("authorized_components", components);
    const std::int64_t used = account.quota.usedAt(now);
    view->set("day_free", account.quota.day_free);
    view->set("day_used", used);
    view->set("pack_units", account.quota.pack_units);
    view->set("day_turns_at", tenants::rfc3339(tenants::beijingDay(now).ends));
    view->set("recognitions_total", account.quota.recognitions_total);
    return view;
}

Object::Ptr componentView(const State& state, const Component& component) {
    auto view = newObject();
    view->set("appid", component.keys.appid);
    view->set("events_url", component.events_url);
    view->set("messages_url", component.messages_url);
    auto ip_whitelist = newArray();
    for (const std::string& address : component.ip_whitelist) ip_whitelist->add(address);
    view->set("ip_whitelist", ip_whitelist);
    view->set("encoding_aes_key_fingerprint", fingerprint(component.currentAesKey()));
    view->set("old_key_pushes", component.old_key_pushes);
    view->set("push_running", component.push_running && !component.push_stopped);
    view->set("timer_pushes", component.timer_pushes);
    view->set("platform_stamps", component.platform_stamps);
    view->set("rotates_refresh_tokens", component.rotates_refresh_tokens);
    if (!component.tickets.empty()) {
        view->set("last_ticket_at", tenants::rfc3339(component.tickets.back().issued_at));
        view->set("last_ticket_fingerprint", fingerprint(component.tickets.back().text));
    }
    if (!component.tokens.issued().empty())
        view->set("last_token_fingerprint", fingerprint(component.tokens.issued().back().text));
    view->set("authorizers", static_cast<std::int64_t>(state.authorizers.size()));
    return view;
}

Object::Ptr quirksView(const Quirks& quirks) {
    auto view = newObject();
    view->set("legacy_answers", quirks.legacy_answers);
    view->set("strict_methods", quirks.strict_methods);
    return view;
}

Object::Ptr callView(const Call& call) {
    auto view = newObject();
    view->set("number", call.number);
    view->set("time", tenants::rfc3339(call.time));
    view->set("path", call.path);
    view->set("appid", call.appid);
    view->set("authorizer_appid", call.authorizer_appid);
    view->set("rid", call.rid);
    view->set("token_fingerprint", call.token_fingerprint);
    view->set("body_bytes", static_cast<std::int64_t>(call.body_bytes));
    view->set("picture_sha256", call.picture_sha256);
    std::visit([&view](const auto& answer) { view->set("answer", answer); }, call.answer);
    view->set("scripted", call.scripted);
    return view;
}

Object::Ptr faultView(const Fault& fault) {
    auto view = newObject();
    view->set("path", fault.path);
    if (!fault.appid.empty()) view->set("appid", fault.appid);
    if (fault.mode == FaultMode::kErrcode) {
        view->set("errcode", fault.errcode);
    } else {
        view->set("mode", std::string{faultModeName(fault.mode)});
    }
    view->set("delay_ms", static_cast<std::int64_t>(fault.delay.count()));
    view->set("count", fault.count);
    return view;
}

}  // namespace sandbox
