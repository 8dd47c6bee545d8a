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

int hexValue(char c) {
    return isDigit(c) ? c - '0' : lower(c) - 'a' + 10;
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

/// The text of a URL that was encoded as a whole once more than its way here undid; of any other, itself.
std::string readThrough(std::string_view text) {
    std::string_view rest = text;
    if (!takeScheme(rest, "https%3a%2f%2f") && !takeScheme(rest, "http%3a%2f%2f")) return std::string{text};
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        decoded += static_cast<char>(hexValue(text[at + 1]) * 16 + hexValue(text[at + 2]));
        at += 2;
    }
    return decoded;
}

/// Judges a URL as it is written, without anything encoded once more.
bool isAllowed(std::string_view text) {
    if (!isUrlText(text) || !hasWholeTriplets(text)) return false;
    std::string_view rest = text;
    std::string_view own_port = "443";
    if (!takeScheme(rest, "https://")) {
        if (!takeScheme(rest, "http://")) return false;
        own_port = "80";
    }
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::size_t colon = authority.find(':');
    if (colon != std::string_view::npos && authority.substr(colon + 1) != own_port) return false;
    // A user would bring an '@' into the host, an IPv6 address its brackets: neither is a DNS name.
    return isDnsName(authority.substr(0, colon));
}

Error invalid() {
    return Error{ErrorCode::kImageUrlInvalid, "img_url is malformed or not allowed."};
}

}  // namespace

Result<ImageUrl> readImageUrl(std::string_view text) {
    if (text.size() > kImageUrlBytesMax || !isUrlText(text) || !hasWholeTriplets(text)) return invalid();
    if (!isAllowed(readThrough(text))) return invalid();
    return ImageUrl{std::string{text}};
}

}  // namespace tenants
