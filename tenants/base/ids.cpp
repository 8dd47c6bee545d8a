#include "tenants/base/ids.h"

#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace tenants {
namespace {

// Crockford's alphabet: no I, L, O or U, so that an id read aloud or typed from paper stays itself.
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kCharacters = 26;
constexpr std::size_t kTimeCharacters = 10;

/// Of bytes that each thread draws many of at once: OpenSSL takes locks and asks the kernel for the process id at every
/// call. Each is given out once and not kept.
unsigned char randomByte() {
    thread_local std::array<unsigned char, 1024> drawn;
    thread_local std::size_t left = 0;
    if (left == 0) {
        if (RAND_bytes(drawn.data(), static_cast<int>(drawn.size())) != 1) {
            throw std::runtime_error("no random bytes available");
        }
        left = drawn.size();
    }
    return std::exchange(drawn[--left], static_cast<unsigned char>(0));
}

void appendRandom(std::string& text, std::size_t characters) {
    for (std::size_t i = 0; i < characters; ++i) text.push_back(kAlphabet[randomByte() % kAlphabet.size()]);
}

}  // namespace

std::string randomIdText(std::string_view prefix) {
    std::string text;
    text.reserve(prefix.size() + kCharacters);
    text += prefix;
    appendRandom(text, kCharacters);
    return text;
}

std::string timedIdText(std::string_view prefix, UtcTime now) {
    constexpr unsigned kBitsEach = 5;
    const auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
    std::string text;
    text.reserve(prefix.size() + kCharacters);
    text += prefix;
    for (std::size_t left = kTimeCharacters; left-- > 0;) text.push_back(kAlphabet[millis >> left * kBitsEach & 31U]);
    appendRandom(text, kCharacters - kTimeCharacters);
    return text;
}

}  // namespace tenants
