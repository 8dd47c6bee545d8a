#include "gateway/wechat/pushed_event.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "tenants/base/digest.h"

namespace gateway::wechat {
namespace {

constexpr std::size_t kInfoTypeBytesMax = 64;
constexpr std::size_t kAppIdBytesMax = 64;
constexpr std::size_t kSecretBytesMax = 1024;  // twice the longest token that WeChat announces
constexpr std::size_t kTimeDigitsMax = 11;     // the year 5138; keeps milliseconds far from overflow

bool isNameText(std::string_view text, std::size_t bytes_max) {
    return !text.empty() && text.size() <= bytes_max && std::ranges::all_of(text, [](char character) {
        return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
               (character >= '0' && character <= '9') || character == '_' || character == '-';
    });
}

/// Seconds since 1970 in nothing but digits.
std::optional<tenants::UtcTime> readSeconds(std::string_view text) {
    if (text.empty() || text.size() > kTimeDigitsMax) return std::nullopt;
    std::uint64_t seconds = 0;  // unsigned: from_chars would take a minus sign
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return tenants::UtcTime{std::chrono::seconds{static_cast<std::int64_t>(seconds)}};
}

/// A secret of a size that can be one; null where the field is missing or is none.
tenants::SharedSecret readSecret(const PushedFields& fields, std::string_view name) {
    const auto text = fields.find(name);
    if (!text || text->empty() || text->size() > kSecretBytesMax) return nullptr;
    return tenants::shareSecret(*text);
}

std::optional<tenants::Push> readTicket(const PushedFields& fields, tenants::UtcTime created_at) {
    auto ticket = readSecret(fields, "ComponentVerifyTicket");
    if (!ticket) return std::nullopt;
    return tenants::TicketPush{std::move(ticket), created_at};
}

/// How an info type calls what all of them have.
struct EventNames {
    std::string_view appid;
    std::string_view code;  // empty: it has none
};

/// What a push says of its making, when it counts as made, and when it came.
struct Times {
    tenants::UtcTime stated;
    tenants::UtcTime created_at;
    tenants::UtcTime received_at;
};

std::optional<tenants::PlatformEvent> readPlatformEvent(const PushedFields& fields, std::string_view info_type,
                                                        const EventNames& names, const Times& times) {
    const auto appid = fields.find(names.appid);
    if (!appid || !isNameText(*appid, kAppIdBytesMax)) return std::nullopt;
    tenants::PlatformEvent event;
    event.info_type = info_type;
    event.appid = tenants::AppId{std::string{*appid}};
    event.created_at = times.created_at;
    event.received_at = times.received_at;
    std::string code_hash;
    if (!names.code.empty()) {
        event.authorization_code = readSecret(fields, names.code);
        if (!event.authorization_code) return std::nullopt;
        code_hash = tenants::sha256Hex(event.authorization_code->expose());
        if (const auto pre_auth_code = fields.find("PreAuthCode"); pre_auth_code && !pre_auth_code->empty())
            event.pre_auth_code_hash = tenants::sha256Hex(*pre_auth_code);
    }
    const auto stated_seconds = std::chrono::duration_cast<std::chrono::seconds>(times.stated.time_since_epoch());
    event.dedupe_key =
        event.info_type + ':' + event.appid.text() + ':' + std::to_string(stated_seconds.count()) + ':' + code_hash;
    return event;
}

}  // namespace

std::optional<tenants::Push> readPushedEvent(const PushedFields& fields, tenants::UtcTime received_at,
                                             std::chrono::seconds ahead_max) {
    const auto info_type = fields.find("InfoType");
    if (!info_type || !isNameText(*info_type, kInfoTypeBytesMax)) return std::nullopt;
    const auto created_text = fields.find("CreateTime");
    const auto stated = created_text ? readSeconds(*created_text) : std::nullopt;
    if (!stated) return std::nullopt;
    const Times times{*stated, *stated > received_at + ahead_max ? received_at : *stated, received_at};
    if (*info_type == "component_verify_ticket") return readTicket(fields, times.created_at);
    const auto event = [&](const EventNames& names) { return readPlatformEvent(fields, *info_type, names, times); };
    if (*info_type == "authorized" || *info_type == "updateauthorized")
        return event({.appid = "AuthorizerAppid", .code = "AuthorizationCode"});
    if (*info_type == "unauthorized") return event({.appid = "AuthorizerAppid", .code = {}});
    // A mini program that was registered in the merchant's name is authorized to us with it. Where registration failed,
    // there is nothing to exchange.
    if (*info_type == "notify_third_fasteregister" && fields.find("status") == "0") {
        if (auto registered = event({.appid = "appid", .code = "auth_code"})) return registered;
    }
    return tenants::OtherPush{std::string{*info_type}};
}

bool isFreshPush(std::string_view timestamp, tenants::UtcTime now, std::chrono::seconds window) {
    const auto pushed_at = readSeconds(timestamp);
    return pushed_at && *pushed_at >= now - window && *pushed_at <= now + window;
}

}  // namespace gateway::wechat
