#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace recogniser {

/// UTF-8 to code points; a byte that is not UTF-8 is left out.
std::u32string toCodePoints(std::string_view utf8);

std::string toUtf8(std::u32string_view code_points);

/// How many characters must be added, left out or exchanged to make one text of the other.
std::size_t editDistance(std::u32string_view a, std::u32string_view b);

/// The word of the list with the fewest differences, if at most `differences_max` and no other word is as near;
/// otherwise empty.
std::u32string_view nearestWord(std::u32string_view text, std::span<const std::u32string_view> words,
                                std::size_t differences_max);

/// A Chinese character (CJK Unified Ideographs, without extensions).
bool isChinese(char32_t character);

bool isDigit(char32_t character);

bool isCapital(char32_t character);

/// Without white space, and with full-width letters, digits and signs as their ASCII forms.
std::u32string compact(std::u32string_view text);

}  // namespace recogniser
