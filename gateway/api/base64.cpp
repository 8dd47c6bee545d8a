#include "gateway/api/base64.h"

#include <array>
#include <cstdint>

namespace gateway::api {
namespace {

constexpr std::uint8_t kNoDigit = 0x80;  // beyond every digit's bits, so that one test finds it among four

constexpr std::array<std::uint8_t, 256> kDigits = [] {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<std::uint8_t, 256> digits{};
    digits.fill(kNoDigit);
    for (std::size_t value = 0; value < kAlphabet.size(); ++value) {
        digits.at(static_cast<unsigned char>(kAlphabet[value])) = static_cast<std::uint8_t>(value);
    }
    return digits;
}();

std::uint32_t digitOf(char character) {
    return kDigits[static_cast<unsigned char>(character)];
}

char byteOf(std::uint32_t bits, unsigned int shift) {
    return static_cast<char>((bits >> shift) & 0xFFU);
}

}  // namespace

std::optional<std::size_t> decodeBase64(std::string_view text, char* bytes) {
    if (text.size() % 4 != 0) return std::nullopt;
    char* end = bytes;
    while (text.size() > 4) {
        const std::uint32_t a = digitOf(text[0]), b = digitOf(text[1]), c = digitOf(text[2]), d = digitOf(text[3]);
        if (((a | b | c | d) & kNoDigit) != 0) return std::nullopt;
        const std::uint32_t bits = a << 18U | b << 12U | c << 6U | d;
        *end++ = byteOf(bits, 16);
        *end++ = byteOf(bits, 8);
        *end++ = byteOf(bits, 0);
        text.remove_prefix(4);
    }
    if (text.empty()) return static_cast<std::size_t>(end - bytes);

    // The last group, whose tail may be padding.
    const std::size_t digits = text.ends_with("==") ? 2 : text.ends_with('=') ? 3 : 4;
    std::uint32_t bits = 0;
    for (std::size_t at = 0; at < 4; ++at) {
        const std::uint32_t digit = at < digits ? digitOf(text[at]) : 0;
        if (digit == kNoDigit) return std::nullopt;
        bits = bits << 6U | digit;
    }
    const std::size_t whole = digits - 1;
    if ((bits & (0xFFFFFFU >> (8 * whole))) != 0) return std::nullopt;  // bits that belong to no byte
    for (std::size_t at = 0; at < whole; ++at) *end++ = byteOf(bits, static_cast<unsigned int>(16 - 8 * at));
    return static_cast<std::size_t>(end - bytes);
}

}  // namespace gateway::api
