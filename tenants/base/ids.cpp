#include "tenants/base/ids.h"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace tenants {

std::string randomIdText(std::string_view prefix) {
    // Crockford's alphabet: no I, L, O or U, so that an id read aloud or typed from paper stays itself.
    static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::array<unsigned char, 26> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
        throw std::runtime_error("no random bytes available");
    }
    std::string text{prefix};
    text.reserve(prefix.size() + random.size());
    for (const unsigned char byte : random) text.push_back(kAlphabet[byte % kAlphabet.size()]);
    return text;
}

}  // namespace tenants
