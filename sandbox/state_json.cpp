#include "sandbox/state_json.h"

#include <limits>
#include <stdexcept>
#include <utility>

#include "sandbox/json.h"
#include "sandbox/log.h"

namespace sandbox {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;
using tenants::UtcTime;

constexpr std::int64_t kStateVersion = 1;

std::int64_t milliseconds(UtcTime time) {
    return time.time_since_epoch().count();
}

void setTime(Object::Ptr& object, const std::string& name, const std::optional<UtcTime>& time) {
    if (time) object->set(name, milliseconds(*time));
}

[[noreturn]] void malformed(const std::string& name) {
    throw std::runtime_error("the stored state has no good \"" + name + "\"");
}

std::string text(const Object::Ptr& object, const std::string& name) {
    const auto value = stringField(object, name);
    return value ? *value : (malformed(name), std::string{});
}

std::int64_t number(const Object::Ptr& object, const std::string& name) {
    const auto value = integerField(object, name);
    return value ? *value : (malformed(name), std::int64_t{0});
}

bool flag(const Object::Ptr& object, const std::string& name) {
    const auto value = booleanField(object, name);
    return value ? *value : (malformed(name), false);
}

UtcTime time(const Object::Ptr& object, const std::string& name) {
    return UtcTime{std::chrono::milliseconds{number(object, name)}};
}

std::optional<UtcTime> timeIfAny(const Object::Ptr& object, const std::string& name) {
    return object->has(name) ? std::optional{time(object, name)} : std::nullopt;
}

Object::Ptr objectAt(const Object::Ptr& object, const std::string& name) {
    const Object::Ptr value = object->getObject(name);
    if (value.isNull()) malformed(name);
    return value;
}

/// Calls `take` with each object of the array called `name`.
template <class Take>
void forEach(const Object::Ptr& object, const std::string& name, Take take) {
    const Array::Ptr array = object->getArray(name);
    if (array.isNull()) malformed(name);
    for (unsigned int at = 0; at < array->size(); ++at) {
        const Object::Ptr element = array->getObject(at);
        if (element.isNull()) malformed(name);
        take(element);
    }
}

Array::Ptr tokensToJson(const AccessTokens& tokens) {
    auto array = newArray();
    for (const AccessToken& token : tokens.issued()) {
        auto object = newObject();
        object->set("text", token.text);
        object->set("expires_at", milliseconds(token.expires_at));
        setTime(object, "superseded_at", token.superseded_at);
        object->set("killed", token.killed);
        array->add(object);
    }
    return array;
}

AccessTokens tokensFromJson(const Object::Ptr& owner) {
    std::vector<AccessToken> tokens;
    forEach(owner, "tokens", [&tokens](const Object::Ptr& object) {
        tokens.push_back({.text = text(object, "text"),
                          .expires_at = time(object, "expires_at"),
                          .superseded_at = timeIfAny(object, "superseded_at"),
                          .killed = flag(object, "killed")});
    });
    return AccessTokens{std::move(tokens)};
}

Array::Ptr setsToJson(const std::set<int>& sets) {
    auto array = newArray();
    for (const int set : sets) array->add(set);
    return array;
}

Object::Ptr componentToJson(const Component& component) {
    auto object = newObject();
    object->set("events_url", component.events_url);
    object->set("messages_url", component.messages_url);
    object->set("push_running", component.push_running);
    auto tickets = newArray();
    for (const Ticket& ticket : component.tickets) {
        auto entry = newObject();
        entry->set("text", ticket.text);
        entry->set("issued_at", milliseconds(ticket.issued_at));
        tickets->add(entry);
    }
    object->set("tickets", tickets);
    object->set("tokens", tokensToJson(component.tokens));
    return object;
}

Component componentFromJson(const Object::Ptr& object) {
    Component component;
    component.events_url = text(object, "events_url");
    component.messages_url = text(object, "messages_url");
    component.push_running = flag(object, "push_running");
    forEach(object, "tickets", [&component](const Object::Ptr& entry) {
        component.tickets.push_back({.text = text(entry, "text"), .issued_at = time(entry, "issued_at")});
    });
    component.tokens = tokensFromJson(object);
    return component;
}

Object::Ptr authorizerToJson(const Authorizer& account) {
    auto object = newObject();
    object->set("appid", account.appid);
    object->set("kind", std::string{accountKindName(account.kind)});
    object->set("verified", account.verified);
    object->set("account_status", account.account_status);
    object->set("sets", setsToJson(account.sets));
    object->set("nick_name", account.nick_name);
    object->set("user_name", account.user_name);
    object->set("authorized", account.authorized);
    setTime(object, "authorized_at", account.authorized_at);
    object->set("code_exchanged", account.code_exchanged);
    object->set("refresh_token", account.refresh_token);
    object->set("refresh_token_before", account.refresh_token_before);
    setTime(object, "refresh_token_rotated_at", account.refresh_token_rotated_at);
    object->set("tokens", tokensToJson(account.tokens));
    object->set("day_free", account.quota.day_free);
    object->set("pack_units", account.quota.pack_units);
    object->set("day_used", account.quota.day_used);
    object->set("day_starts_at", milliseconds(account.quota.day_starts_at));
    object->set("recognitions_total", account.quota.recognitions_total);
    return object;
}

Authorizer authorizerFromJson(const Object::Ptr& object) {
    Authorizer account;
    account.appid = text(object, "appid");
    const auto kind = accountKindOfName(text(object, "kind"));
    if (!kind) malformed("kind");
    account.kind = *kind;
    account.verified = flag(object, "verified");
    const std::int64_t status = number(object, "account_status");
    if (!isAccountStatus(status)) malformed("account_status");
    account.account_status = static_cast<int>(status);
    const auto sets = integerSetField(object, "sets");
    if (!sets) malformed("sets");
    account.sets = *sets;
    account.nick_name = text(object, "nick_name");
    account.user_name = text(object, "user_name");
    account.authorized = flag(object, "authorized");
    account.authorized_at = timeIfAny(object, "authorized_at");
    account.code_exchanged = flag(object, "code_exchanged");
    account.refresh_token = text(object, "refresh_token");
    account.refresh_token_before = text(object, "refresh_token_before");
    account.refresh_token_rotated_at = timeIfAny(object, "refresh_token_rotated_at");
    account.tokens = tokensFromJson(object);
    account.quota = {.day_free = number(object, "day_free"),
                     .pack_units = number(object, "pack_units"),
                     .day_used = number(object, "day_used"),
                     .day_starts_at = time(object, "day_starts_at"),
                     .recognitions_total = number(object, "recognitions_total")};
    return account;
}

Object::Ptr eventToJson(const Event& event) {
    auto object = newObject();
    object->set("number", event.number);
    object->set("info_type", event.info_type);
    object->set("appid", event.appid);
    object->set("message_xml", event.message_xml);
    object->set("created_at", milliseconds(event.created_at));
    object->set("by_timer", event.by_timer);
    return object;
}

Event eventFromJson(const Object::Ptr& object) {
    return {.number = number(object, "number"),
            .info_type = text(object, "info_type"),
            .appid = text(object, "appid"),
            .message_xml = text(object, "message_xml"),
            .created_at = time(object, "created_at"),
            .by_timer = flag(object, "by_timer")};
}

Object::Ptr codeToJson(const std::string& code, const std::string& appid, UtcTime expires_at) {
    auto object = newObject();
    object->set("text", code);
    object->set("appid", appid);
    object->set("expires_at", milliseconds(expires_at));
    return object;
}

}  // namespace

std::string stateToJson(const State& state) {
    auto root = newObject();
    root->set("version", kStateVersion);
    root->set("clock_offset_ms", static_cast<std::int64_t>(state.clock_offset.count()));
    root->set("last_event_number", state.last_event_number);
    root->set("component", componentToJson(state.component));
    auto authorizers = newArray();
    for (const auto& [appid, account] : state.authorizers) authorizers->add(authorizerToJson(account));
    root->set("authorizers", authorizers);
    auto pre_auth_codes = newArray();
    for (const auto& [code, details] : state.pre_auth_codes)
        pre_auth_codes->add(codeToJson(code, "", details.expires_at));
    root->set("pre_auth_codes", pre_auth_codes);
    auto authorization_codes = newArray();
    for (const auto& [code, details] : state.authorization_codes) {
        authorization_codes->add(codeToJson(code, details.appid, details.expires_at));
    }
    root->set("authorization_codes", authorization_codes);
    auto outbox = newArray();
    for (const Event& event : state.outbox) outbox->add(eventToJson(event));
    root->set("outbox", outbox);
    return render(root);
}

State stateFromJson(const std::string& stored) {
    const Object::Ptr root = parseObject(stored);
    if (root.isNull()) throw std::runtime_error("the stored state is not a JSON object");
    if (number(root, "version") != kStateVersion) malformed("version");
    State state;
    state.clock_offset = std::chrono::milliseconds{number(root, "clock_offset_ms")};
    state.last_event_number = number(root, "last_event_number");
    state.component = componentFromJson(objectAt(root, "component"));
    forEach(root, "authorizers", [&state](const Object::Ptr& object) {
        Authorizer account = authorizerFromJson(object);
        state.authorizers.insert_or_assign(account.appid, std::move(account));
    });
    forEach(root, "pre_auth_codes", [&state](const Object::Ptr& object) {
        PreAuthCode code{.text = text(object, "text"), .expires_at = time(object, "expires_at")};
        state.pre_auth_codes.insert_or_assign(code.text, std::move(code));
    });
    forEach(root, "authorization_codes", [&state](const Object::Ptr& object) {
        AuthorizationCode code{
            .text = text(object, "text"), .appid = text(object, "appid"), .expires_at = time(object, "expires_at")};
        state.authorization_codes.insert_or_assign(code.text, std::move(code));
    });
    forEach(root, "outbox", [&state](const Object::Ptr& object) { state.outbox.push_back(eventFromJson(object)); });
    return state;
}

Object::Ptr authorizerView(const Authorizer& account, UtcTime now) {
    auto view = newObject();
    view->set("appid", account.appid);
    view->set("kind", std::string{accountKindName(account.kind)});
    view->set("verified", account.verified);
    view->set("account_status", account.account_status);
    view->set("sets", setsToJson(account.sets));
    view->set("nick_name", account.nick_name);
    view->set("user_name", account.user_name);
    view->set("authorized", account.authorized);
    if (account.authorized_at) view->set("authorized_at", tenants::rfc3339(*account.authorized_at));
    view->set("code_exchanged", account.code_exchanged);
    view->set("refresh_token_fingerprint", fingerprint(account.refresh_token));
    auto tokens = newArray();
    std::int64_t valid_tokens = 0;
    for (const AccessToken& token : account.tokens.issued()) {
        auto entry = newObject();
        const bool valid = account.authorized && account.tokens.standingOf(token.text, now) == TokenStanding::kValid;
        entry->set("fingerprint", fingerprint(token.text));
        entry->set("expires_at", tenants::rfc3339(token.expires_at));
        entry->set("valid", valid);
        if (valid) ++valid_tokens;
        tokens->add(entry);
    }
    view->set("access_tokens", tokens);
    view->set("access_tokens_valid", valid_tokens);
    const std::int64_t used = account.quota.usedAt(now);
    view->set("day_free", account.quota.day_free);
    view->set("day_used", used);
    view->set("pack_units", account.quota.pack_units);
    view->set("day_turns_at", tenants::rfc3339(tenants::beijingDay(now).ends));
    view->set("recognitions_total", account.quota.recognitions_total);
    return view;
}

}  // namespace sandbox
