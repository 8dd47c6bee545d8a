#include "sandbox/state_json.h"

#include <limits>
#include <stdexcept>
#include <utility>

#include "sandbox/json.h"

namespace sandbox {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;
using tenants::UtcTime;

constexpr std::int64_t kStateVersion = 2;
constexpr std::int64_t kSingleComponentVersion = 1;  // one component, each account authorized with it or not at all

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
    Object::Ptr value = object->getObject(name);
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

Array::Ptr textsToJson(const std::vector<std::string>& texts) {
    auto array = newArray();
    for (const std::string& entry : texts) array->add(entry);
    return array;
}

Object::Ptr authorizationToJson(const std::string& component_appid, const Authorization& authorization) {
    auto object = newObject();
    object->set("component_appid", component_appid);
    object->set("authorized", authorization.authorized);
    setTime(object, "authorized_at", authorization.authorized_at);
    object->set("sets", setsToJson(authorization.sets));
    object->set("code_exchanged", authorization.code_exchanged);
    object->set("refresh_token", authorization.refresh_token);
    object->set("refresh_token_before", authorization.refresh_token_before);
    setTime(object, "refresh_token_rotated_at", authorization.refresh_token_rotated_at);
    object->set("tokens", tokensToJson(authorization.tokens));
    return object;
}

std::set<int> setsFromJson(const Object::Ptr& object) {
    const auto sets = integerSetField(object, "sets");
    return sets ? *sets : (malformed("sets"), std::set<int>{});
}

Authorization authorizationFromJson(const Object::Ptr& object) {
    return {.authorized = flag(object, "authorized"),
            .authorized_at = timeIfAny(object, "authorized_at"),
            .sets = setsFromJson(object),
            .code_exchanged = flag(object, "code_exchanged"),
            .refresh_token = text(object, "refresh_token"),
            .refresh_token_before = text(object, "refresh_token_before"),
            .refresh_token_rotated_at = timeIfAny(object, "refresh_token_rotated_at"),
            .tokens = tokensFromJson(object)};
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
    object->set("day_free", account.quota.day_free);
    object->set("pack_units", account.quota.pack_units);
    object->set("day_used", account.quota.day_used);
    object->set("day_starts_at", milliseconds(account.quota.day_starts_at));
    object->set("recognitions_total", account.quota.recognitions_total);
    auto options = newObject();
    for (const auto& [name, value] : account.options) options->set(name, value);
    object->set("options", options);
    auto hidden = newArray();
    for (const RefreshTokenPlace place : account.hidden_refresh_token)
        hidden->add(std::string{refreshTokenPlaceName(place)});
    object->set("hidden_refresh_token", hidden);
    auto authorizations = newArray();
    for (const auto& [component_appid, authorization] : account.authorizations)
        authorizations->add(authorizationToJson(component_appid, authorization));
    object->set("authorizations", authorizations);
    return object;
}

void readAuthorizations(const Object::Ptr& object, Authorizer& account) {
    forEach(object, "authorizations", [&account](const Object::Ptr& entry) {
        account.authorizations.insert_or_assign(text(entry, "component_appid"), authorizationFromJson(entry));
    });
    const Object::Ptr options = objectAt(object, "options");
    for (const auto& [name, value] : *options) account.options[name] = text(options, name);
    const auto hidden = textsField(object, "hidden_refresh_token");
    if (!hidden) malformed("hidden_refresh_token");
    for (const std::string& name : *hidden) {
        const auto place = refreshTokenPlaceOfName(name);
        if (!place) malformed("hidden_refresh_token");
        account.hidden_refresh_token.insert(*place);
    }
}

Authorizer authorizerFromJson(const Object::Ptr& object, std::int64_t version, const std::string& first_component) {
    Authorizer account;
    account.appid = text(object, "appid");
    const auto kind = accountKindOfName(text(object, "kind"));
    if (!kind) malformed("kind");
    account.kind = *kind;
    account.verified = flag(object, "verified");
    const std::int64_t status = number(object, "account_status");
    if (!isAccountStatus(status)) malformed("account_status");
    account.account_status = static_cast<int>(status);
    account.sets = setsFromJson(object);
    account.nick_name = text(object, "nick_name");
    account.user_name = text(object, "user_name");
    account.quota = {.day_free = number(object, "day_free"),
                     .pack_units = number(object, "pack_units"),
                     .day_used = number(object, "day_used"),
                     .day_starts_at = time(object, "day_starts_at"),
                     .recognitions_total = number(object, "recognitions_total")};
    if (version == kSingleComponentVersion) {
        account.authorizations.emplace(first_component, authorizationFromJson(object));
    } else {
        readAuthorizations(object, account);
    }
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

Event eventFromJson(const Object::Ptr& object, const std::string& component_appid) {
    return {.number = number(object, "number"),
            .component_appid = component_appid,
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

Object::Ptr componentToJson(const Component& component) {
    auto object = newObject();
    object->set("appid", component.keys.appid);
    object->set("changed_aes_key", component.changed_aes_key);
    object->set("previous_aes_key", component.previous_aes_key);
    object->set("old_key_pushes", component.old_key_pushes);
    object->set("events_url", component.events_url);
    object->set("messages_url", component.messages_url);
    object->set("ip_whitelist", textsToJson(component.ip_whitelist));
    object->set("push_running", component.push_running);
    object->set("push_stopped", component.push_stopped);
    object->set("timer_pushes", component.timer_pushes);
    object->set("platform_stamps", component.platform_stamps);
    object->set("rotates_refresh_tokens", component.rotates_refresh_tokens);
    auto tickets = newArray();
    for (const Ticket& ticket : component.tickets) {
        auto entry = newObject();
        entry->set("text", ticket.text);
        entry->set("issued_at", milliseconds(ticket.issued_at));
        tickets->add(entry);
    }
    object->set("tickets", tickets);
    object->set("tokens", tokensToJson(component.tokens));
    auto pre_auth_codes = newArray();
    for (const auto& [code, details] : component.pre_auth_codes)
        pre_auth_codes->add(codeToJson(code, "", details.expires_at));
    object->set("pre_auth_codes", pre_auth_codes);
    auto authorization_codes = newArray();
    for (const auto& [code, details] : component.authorization_codes)
        authorization_codes->add(codeToJson(code, details.appid, details.expires_at));
    object->set("authorization_codes", authorization_codes);
    auto outbox = newArray();
    for (const Event& event : component.outbox) outbox->add(eventToJson(event));
    object->set("outbox", outbox);
    return object;
}

void readConsole(const Object::Ptr& object, Component& component) {
    component.keys.appid = text(object, "appid");
    component.changed_aes_key = text(object, "changed_aes_key");
    component.previous_aes_key = text(object, "previous_aes_key");
    component.old_key_pushes = number(object, "old_key_pushes");
    const auto ip_whitelist = textsField(object, "ip_whitelist");
    if (!ip_whitelist) malformed("ip_whitelist");
    component.ip_whitelist = *ip_whitelist;
    component.push_stopped = flag(object, "push_stopped");
    component.timer_pushes = flag(object, "timer_pushes");
    component.platform_stamps = flag(object, "platform_stamps");
    component.rotates_refresh_tokens = flag(object, "rotates_refresh_tokens");
}

/// Codes and outbox stood beside the component as long as there was only one: in `owner`.
void readIssued(const Object::Ptr& object, const Object::Ptr& owner, Component& component) {
    component.events_url = text(object, "events_url");
    component.messages_url = text(object, "messages_url");
    component.push_running = flag(object, "push_running");
    forEach(object, "tickets", [&component](const Object::Ptr& entry) {
        component.tickets.push_back({.text = text(entry, "text"), .issued_at = time(entry, "issued_at")});
    });
    component.tokens = tokensFromJson(object);
    forEach(owner, "pre_auth_codes", [&component](const Object::Ptr& entry) {
        PreAuthCode code{.text = text(entry, "text"), .expires_at = time(entry, "expires_at")};
        component.pre_auth_codes.insert_or_assign(code.text, std::move(code));
    });
    forEach(owner, "authorization_codes", [&component](const Object::Ptr& entry) {
        AuthorizationCode code{
            .text = text(entry, "text"), .appid = text(entry, "appid"), .expires_at = time(entry, "expires_at")};
        component.authorization_codes.insert_or_assign(code.text, std::move(code));
    });
    forEach(owner, "outbox", [&component](const Object::Ptr& entry) {
        component.outbox.push_back(eventFromJson(entry, component.keys.appid));
    });
}

}  // namespace

std::string stateToJson(const State& state) {
    auto root = newObject();
    root->set("version", kStateVersion);
    root->set("clock_offset_ms", static_cast<std::int64_t>(state.clock_offset.count()));
    root->set("last_event_number", state.last_event_number);
    root->set("legacy_answers", state.quirks.legacy_answers);
    root->set("strict_methods", state.quirks.strict_methods);
    auto components = newArray();
    for (const Component& component : state.components) components->add(componentToJson(component));
    root->set("components", components);
    auto authorizers = newArray();
    for (const auto& [appid, account] : state.authorizers) authorizers->add(authorizerToJson(account));
    root->set("authorizers", authorizers);
    return render(root);
}

State stateFromJson(const std::string& stored, const std::string& first_component) {
    const Object::Ptr root = parseObject(stored);
    if (root.isNull()) throw std::runtime_error("the stored state is not a JSON object");
    const std::int64_t version = number(root, "version");
    if (version != kStateVersion && version != kSingleComponentVersion) malformed("version");
    State state;
    state.clock_offset = std::chrono::milliseconds{number(root, "clock_offset_ms")};
    state.last_event_number = number(root, "last_event_number");
    if (version == kSingleComponentVersion) {
        Component component;
        component.keys.appid = first_component;
        readIssued(objectAt(root, "component"), root, component);
        state.components.push_back(std::move(component));
    } else {
        state.quirks = {.legacy_answers = flag(root, "legacy_answers"), .strict_methods = flag(root, "strict_methods")};
        forEach(root, "components", [&state](const Object::Ptr& object) {
            Component component;
            readConsole(object, component);
            readIssued(object, object, component);
            state.components.push_back(std::move(component));
        });
    }
    forEach(root, "authorizers", [&](const Object::Ptr& object) {
        Authorizer account = authorizerFromJson(object, version, first_component);
        state.authorizers.insert_or_assign(account.appid, std::move(account));
    });
    return state;
}

}  // namespace sandbox
