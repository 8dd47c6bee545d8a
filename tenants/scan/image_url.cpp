#include "tenants/scan/image_url.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace tenants {

namespace {

// ASCII only and the same in every locale, unlike <cctype>.
bool isDigit(char c) {
    return c >= '0' && c <= '9';
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool isLetter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}
bool isHexDigit(char c) {
    return isDigit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

constexpr std::array<bool, 256> kUrlCharacters = [] {
    std::array<bool, 256> table{};
    for (unsigned char c = ' '; c < 0x7f; ++c) table[c] = true;
    for (const char kept_out : std::string_view{"\"<>\\^`{|}"}) table[static_cast<unsigned char>(kept_out)] = false;
    return table;
}();

bool isUrlText(std::string_view text) {
    return !text.ends_with(' ') &&
           std::ranges::all_of(text, [](char c) { return kUrlCharacters[static_cast<unsigned char>(c)]; });
}

bool hasWholeTriplets(std::string_view text) {
    for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
        if (at + 2 >= text.size() || !isHexDigit(text[at + 1]) || !isHexDigit(text[at + 2])) return false;
    }
    return true;
}

/// Takes `prefix` (lower case) off the front, whatever the case there.
bool takeScheme(std::string_view& text, std::string_view prefix) {
    if (text.size() < prefix.size()) return false;
    const bool same = std::ranges::equal(text.substr(0, prefix.size()), prefix,
                                         [](char given, char wanted) { return lower(given) == wanted; });
    if (same) text.remove_prefix(prefix.size());
    return same;
}

bool isLabel(std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return isDigit(c) || isLetter(c) || c == '-'; });
}

/// Two labels or more, the last of which begins with a letter: every notation of an IPv4 address, 0x7f.1 and 0177.1
/// included, ends in a label that begins with a digit.
bool isDnsName(std::string_view host) {
    if (host.size() > 253) return false;
    std::size_t labels = 0;
    std::string_view last;
    for (std::string_view rest = host;;) {
        const std::size_t dot = rest.find('.');
        last = rest.substr(0, dot);
        if (!isLabel(last)) return false;
        ++labels;
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    return labels >= 2 && isLetter(last.front());
}

Error invalid() {
    return Error{ErrorCode::kImageUrlInvalid, "img_url is malformed or not allowed."};
}

}  // namespace

Result<ImageUrl> readImageUrl(std::string_view text) {
    if (text.size() > kImageUrlBytesMax || !isUrlText(text) || !hasWholeTriplets(text)) return invalid();
    std::string_view rest = text;
    std::string_view own_port = "443";
    if (!takeScheme(rest, "https://")) {
        if (!takeScheme(rest, "http://")) return invalid();
        own_port = "80";
    }
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::size_t colon = authority.find(':');
    if (colon != std::string_view::npos && authority.substr(colon + 1) != own_port) return invalid();
    // A user would bring an '@' into the host, an IPv6 address its brackets: neither is a DNS name.
    if (!isDnsName(authority.substr(0, colon))) return invalid();
    return ImageUrl{std::string{text}};
}

}  // namespace tenants
