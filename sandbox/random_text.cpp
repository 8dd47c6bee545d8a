#include "sandbox/random_text.h"

#include <limits>
#include <stdexcept>
#include <string_view>

#include <openssl/rand.h>

namespace sandbox {
namespace {

/// Each byte picks one character. 256 is no multiple of 62, so a few characters come up a little more often: these texts
/// are only compared in a test platform, so that is of no consequence.
std::string randomOf(std::string_view alphabet, std::size_t length) {
    std::string text = randomBytes(length);
    for (char& character : text) character = alphabet[static_cast<unsigned char>(character) % alphabet.size()];
    return text;
}

}  // namespace

std::string randomBytes(std::size_t length) {
    if (length > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw std::logic_error("too many random bytes asked for");
    std::string bytes(length, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(length)) != 1) {
        throw std::runtime_error("the system gives no random bytes");
    }
    return bytes;
}

std::string randomAlphanumeric(std::size_t length) {
    return randomOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);
}

std::string randomHex(std::size_t length) {
    return randomOf("0123456789abcdef", length);
}

std::string randomDigits(std::size_t length) {
    return randomOf("0123456789", length);
}

std::string newTicketText() {
    return "ticket@@@" + randomAlphanumeric(80);
}
std::string newAccessTokenText() {
    return "71_" + randomAlphanumeric(60) + "-" + randomAlphanumeric(40) + "_" + randomAlphanumeric(32);
}
std::string newPreAuthCodeText() {
    return "preauthcode@@@" + randomAlphanumeric(60);
}
std::string newRefreshTokenText() {
    return "refreshtoken@@@" + randomAlphanumeric(43);
}
std::string newAuthorizationCodeText() {
    return "queryauthcode@@@" + randomAlphanumeric(80);
}
std::string newAppid() {
    return "wx" + randomHex(16);
}
std::string newUserName() {
    return "gh_" + randomHex(12);
}
std::string newRid() {
    return randomHex(8) + "-" + randomHex(8) + "-" + randomHex(8);
}

}  // namespace sandbox
