#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace gateway::net {

/// Character classes of HTTP's grammar. The language's own isalpha() and friends follow the process's locale; these do not.
constexpr bool isDigit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char lowerCase(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The value of a hexadecimal digit of either case, or -1.
constexpr int hexValue(char c) {
    if (isDigit(c)) return c - '0';
    const char lower = lowerCase(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Source: RFC 9110 §5.6.2, `tchar`.
constexpr bool isTokenCharacter(char c) {
    return isDigit(c) || isLetter(c) || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

namespace detail {
inline constexpr std::array<bool, 256> kTokenCharacters = [] {
    std::array<bool, 256> table{};
    for (std::size_t code = 0; code < table.size(); ++code) table[code] = isTokenCharacter(static_cast<char>(code));
    return table;
}();
}  // namespace detail

/// One or more token characters and nothing else.
constexpr bool isToken(std::string_view text) {
    if (text.empty()) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return detail::kTokenCharacters[static_cast<unsigned char>(c)]; });
}

/// True of bytes that no field value may hold: controls other than the tabulator, and DEL.
constexpr bool isControl(char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < 0x20 && c != '\t') || code == 0x7F;
}

constexpr bool equalsIgnoringCase(std::string_view left, std::string_view right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(),
                                                     [](char a, char b) { return lowerCase(a) == lowerCase(b); });
}

/// `text` without the spaces and tabulators around it.
constexpr std::string_view trimBlanks(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace gateway::net
