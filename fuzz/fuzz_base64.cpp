// Base64: what is accepted is what encoding the bytes gives back, and decoding in place is the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/fuzz_require.h"
#include "gateway/api/base64.h"

namespace {

std::string encoded(const std::string& bytes) {
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8U | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += at + i > bytes.size() ? '=' : kAlphabet[(bits >> (18 - 6 * i)) & 0x3FU];
        }
    }
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    std::string bytes(gateway::api::base64BytesMax(size), '\0');
    const auto decoded = gateway::api::decodeBase64(text, bytes.data());

    std::string in_place = text;
    const auto again = gateway::api::decodeBase64(in_place, in_place.data());
    fuzz::require(again == decoded);
    if (!decoded) return 0;
    bytes.resize(*decoded);
    in_place.resize(*again);
    fuzz::require(in_place == bytes);
    fuzz::require(encoded(bytes) == text);
    return 0;
}
