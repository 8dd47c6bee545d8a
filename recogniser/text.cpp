#include "recogniser/text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace recogniser {
namespace {

/// How many bytes a UTF-8 sequence has by its first byte; 0 if none begins with it.
std::size_t sequenceLength(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first < 0xE0) return 2;
    if (first >= 0xE0 && first < 0xF0) return 3;
    if (first >= 0xF0 && first < 0xF5) return 4;
    return 0;
}

bool isContinuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::u32string toCodePoints(std::string_view utf8) {
    std::u32string result;
    std::size_t at = 0;
    while (at < utf8.size()) {
        const auto first = static_cast<unsigned char>(utf8[at]);
        const std::size_t length = sequenceLength(first);
        const bool whole = length > 0 && at + length <= utf8.size() &&
                           std::all_of(utf8.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                                       utf8.begin() + static_cast<std::ptrdiff_t>(at + length), isContinuation);
        if (!whole) {
            ++at;
            continue;
        }
        constexpr std::uint32_t kFirstBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
        std::uint32_t code_point = first & kFirstBits[length];
        for (std::size_t i = 1; i < length; ++i)
            code_point = code_point << 6U | (static_cast<unsigned char>(utf8[at + i]) & 0x3FU);
        result.push_back(static_cast<char32_t>(code_point));
        at += length;
    }
    return result;
}

std::string toUtf8(std::u32string_view code_points) {
    std::string result;
    const auto add = [&result](std::uint32_t byte) { result.push_back(static_cast<char>(byte)); };
    for (const char32_t character : code_points) {
        const auto c = static_cast<std::uint32_t>(character);
        if (c < 0x80) {
            add(c);
        } else if (c < 0x800) {
            add(0xC0U | c >> 6U);
            add(0x80U | (c & 0x3FU));
        } else if (c < 0x10000) {
            add(0xE0U | c >> 12U);
            add(0x80U | (c >> 6U & 0x3FU));
            add(0x80U | (c & 0x3FU));
        } else {
            add(0xF0U | c >> 18U);
            add(0x80U | (c >> 12U & 0x3FU));
            add(0x80U | (c >> 6U & 0x3FU));
            add(0x80U | (c & 0x3FU));
        }
    }
    return result;
}

std::size_t editDistance(std::u32string_view a, std::u32string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t exchanged = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, exchanged});
        }
    }
    return row[b.size()];
}

std::u32string_view nearestWord(std::u32string_view text, std::span<const std::u32string_view> words,
                                std::size_t differences_max) {
    std::u32string_view nearest;
    std::size_t fewest = differences_max + 1;
    bool tied = false;
    for (const std::u32string_view word : words) {
        const std::size_t differences = editDistance(text, word);
        if (differences > fewest) continue;
        tied = differences == fewest;
        fewest = differences;
        nearest = word;
    }
    if (tied || fewest > differences_max) return {};
    return nearest;
}

bool isChinese(char32_t character) {
    return character >= U'\u4E00' && character <= U'\u9FFF';
}

bool isDigit(char32_t character) {
    return character >= U'0' && character <= U'9';
}

bool isCapital(char32_t character) {
    return character >= U'A' && character <= U'Z';
}

std::u32string compact(std::u32string_view text) {
    std::u32string result;
    for (const char32_t character : text) {
        if (character <= U' ' || character == U'\u3000' || character == U'\u00A0') continue;
        if (character >= U'\uFF01' && character <= U'\uFF5E') {
            result.push_back(character - U'\uFF01' + U'!');
        } else {
            result.push_back(character);
        }
    }
    return result;
}

}  // namespace recogniser
