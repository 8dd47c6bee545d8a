#include "tenants/merchant/gateway_token.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "tenants/base/digest.h"

namespace tenants {

namespace {

constexpr std::string_view kVersionPrefix = "tgt_1.";
constexpr std::string_view kKeyPrefix = "tgk_";
constexpr std::size_t kKeyCharacters = 12;
constexpr std::size_t kMerchantCharactersMax = 64;
constexpr std::size_t kMacDigits = 64;
constexpr std::size_t kIdCharactersMax = 26;
constexpr std::size_t kTextBytesMax = 255;

bool isName(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    });
}

std::string textOf(UtcTime time) {
    return std::to_string(time.time_since_epoch().count());
}

std::optional<UtcTime> timeOf(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return UtcTime{std::chrono::milliseconds{count}};
}

/// Cuts the text before the next dot off the front.
std::string_view takeField(std::string_view& rest) {
    const std::string_view field = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(field.size() + 1, rest.size()));
    return field;
}

}  // namespace

Secret GatewayTokens::write(const GatewayToken& token) const {
    const std::string_view lookup = token.key_lookup;
    const std::string& merchant = token.merchant.text();
    const bool fits = lookup.starts_with(kKeyPrefix) && lookup.size() == kKeyPrefix.size() + kKeyCharacters &&
                      isName(lookup) && !merchant.empty() && merchant.size() <= kMerchantCharactersMax &&
                      isName(merchant) && token.issued_at < token.expires_at && !token.id.empty() &&
                      token.id.size() <= kIdCharactersMax && isName(token.id);
    if (!fits) throw std::logic_error("claims that no gateway token can hold");
    std::string text{kVersionPrefix};
    text.append(lookup.substr(kKeyPrefix.size())).append(".").append(merchant);
    text.append(".").append(textOf(token.issued_at)).append(".").append(textOf(token.expires_at));
    text.append(".").append(token.id);
    const std::string mac = hexText(mac_.hash(text));
    return Secret{text.append(".").append(mac)};
}

std::optional<GatewayToken> GatewayTokens::read(std::string_view text, UtcTime now) const {
    if (text.size() > kTextBytesMax || !text.starts_with(kVersionPrefix)) return std::nullopt;
    if (text.size() < kMacDigits + 1 || text[text.size() - kMacDigits - 1] != '.') return std::nullopt;
    const std::string_view mac = text.substr(text.size() - kMacDigits);
    std::string_view rest = text.substr(0, text.size() - kMacDigits - 1);
    if (!Secret{hexText(mac_.hash(rest))}.sameAs(mac)) return std::nullopt;

    // From here on the text is our own.
    rest.remove_prefix(kVersionPrefix.size());
    GatewayToken token;
    token.key_lookup = std::string{kKeyPrefix}.append(takeField(rest));
    token.merchant = MerchantId{std::string{takeField(rest)}};
    const auto issued_at = timeOf(takeField(rest));
    const auto expires_at = timeOf(takeField(rest));
    if (!issued_at || !expires_at || now >= *expires_at) return std::nullopt;
    token.issued_at = *issued_at;
    token.expires_at = *expires_at;
    token.id = takeField(rest);
    return token;
}

}  // namespace tenants
