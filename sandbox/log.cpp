#include "sandbox/log.h"

#include <array>
#include <cstdio>
#include <stdexcept>

#include <openssl/evp.h>

#include "sandbox/json.h"

namespace sandbox {

void Log::write(std::string_view level, std::string_view event, std::initializer_list<Field> fields) {
    auto line = newObject();
    line->set("time", tenants::rfc3339(clock_.now()));
    line->set("level", std::string{level});
    line->set("event", std::string{event});
    for (const auto& [name, value] : fields) {
        std::visit([&line, key = std::string{name}](const auto& held) { line->set(key, held); }, value);
    }
    const std::string text = render(line) + "\n";
    const std::scoped_lock lock{mutex_};
    sink_(text);
}

Log::Sink standardErrorSink() {
    return [](const std::string& line) { std::fwrite(line.data(), 1, line.size(), stderr); };
}

std::string sha256Hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 failed");
    }
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned int at = 0; at < length; ++at) {
        text += kDigits[digest[at] >> 4U];
        text += kDigits[digest[at] & 0x0FU];
    }
    return text;
}

std::string fingerprint(std::string_view secret) {
    return secret.empty() ? std::string{} : sha256Hex(secret).substr(0, 12);
}

}  // namespace sandbox
