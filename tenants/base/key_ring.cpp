#include "tenants/base/key_ring.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

namespace tenants {
namespace {

constexpr std::string_view kFirstLine = "tollgate key ring 1";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyBase64Bytes = 44;
constexpr std::size_t kFileBytesMax = 65'536;

class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const noexcept { return number_; }

private:
    int number_;
};

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view reason) {
    throw KeyRingError("key ring " + path.string() + ": " + std::string{reason});
}

std::string lastSystemError() {
    return std::generic_category().message(errno);
}

std::string_view takeLine(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) throw KeyRingError("a line does not end");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

std::string_view takeWord(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

std::optional<std::uint32_t> keyNumber(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0) return std::nullopt;
    return number;
}

std::optional<Secret> keyBytes(std::string_view base64) {
    if (base64.size() != kKeyBase64Bytes || base64.back() != '=' || base64[kKeyBase64Bytes - 2] == '=') {
        return std::nullopt;
    }
    std::array<unsigned char, kKeyBase64Bytes> bytes{};
    const int decoded = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(base64.data()),
                                        static_cast<int>(base64.size()));
    std::optional<Secret> key;
    // DecodeBlock counts the padding: 44 characters always give 33 bytes, the last of which is none.
    if (decoded == kKeyBytes + 1) key.emplace(std::string_view{reinterpret_cast<const char*>(bytes.data()), kKeyBytes});
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return key;
}

void writeAll(int descriptor, std::string_view bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) refuse(path, "cannot be written: " + lastSystemError());
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void syncFolderOf(const std::filesystem::path& path) {
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
    const Descriptor descriptor{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (descriptor.number() < 0 || ::fsync(descriptor.number()) != 0) {
        refuse(path, "its folder cannot be synced: " + lastSystemError());
    }
}

void refuseLoosePermissions(int descriptor, const std::filesystem::path& path) {
    struct stat facts {};
    if (::fstat(descriptor, &facts) != 0) refuse(path, "cannot be examined: " + lastSystemError());
    if (!S_ISREG(facts.st_mode)) refuse(path, "is not a regular file");
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) refuse(path, "is open to group or others; it must be 0600 or 0400");
    if (facts.st_uid != ::geteuid() && facts.st_uid != 0) refuse(path, "belongs to another user");
}

Secret readAll(int descriptor, const std::filesystem::path& path) {
    std::vector<char> bytes(kFileBytesMax + 1);
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const ssize_t got = ::read(descriptor, bytes.data() + filled, bytes.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse(path, "cannot be read: " + lastSystemError());
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    Secret content{std::string_view{bytes.data(), filled}};
    OPENSSL_cleanse(bytes.data(), bytes.size());
    if (filled > kFileBytesMax) refuse(path, "is too long for a key ring");
    return content;
}

/// OpenSSL's parameters take pointers to bytes that may change, though these never are.
OSSL_PARAM bytesParameter(const char* name, std::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}

Secret hkdf(const Secret& root, std::string_view info) {
    using Kdf = std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)>;
    static const Kdf kKdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr), &EVP_KDF_free};
    const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context{EVP_KDF_CTX_new(kKdf.get()),
                                                                            &EVP_KDF_CTX_free};
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 5> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        bytesParameter(OSSL_KDF_PARAM_KEY, root.expose()),
        bytesParameter(OSSL_KDF_PARAM_SALT, kFirstLine),
        bytesParameter(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    std::array<unsigned char, kKeyBytes> key{};
    if (!context || EVP_KDF_derive(context.get(), key.data(), key.size(), parameters.data()) != 1) {
        throw std::runtime_error("HKDF-SHA-256 failed");
    }
    Secret derived{std::string_view{reinterpret_cast<const char*>(key.data()), key.size()}};
    OPENSSL_cleanse(key.data(), key.size());
    return derived;
}

}  // namespace

KeyRing KeyRing::load(const std::filesystem::path& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (file.number() < 0) refuse(path, "cannot be opened: " + lastSystemError());
    refuseLoosePermissions(file.number(), path);
    const Secret content = readAll(file.number(), path);
    try {
        return parse(content.expose());
    } catch (const KeyRingError& error) {
        refuse(path, error.what());
    }
}

KeyRing KeyRing::parse(std::string_view text) {
    if (text.empty() || takeLine(text) != kFirstLine) throw KeyRingError("does not begin as a key ring does");
    std::map<std::uint32_t, Secret> keys;
    std::optional<std::uint32_t> active;
    while (!text.empty()) {
        std::string_view line = takeLine(text);
        const std::optional<std::uint32_t> number = keyNumber(takeWord(line));
        const std::string_view state = takeWord(line);
        std::optional<Secret> key = keyBytes(line);
        if (!number || !key || (state != "active" && state != "open")) throw KeyRingError("has a malformed line");
        if (!keys.emplace(*number, std::move(*key)).second) throw KeyRingError("has a key number twice");
        if (state == "active" && active) throw KeyRingError("has two active keys");
        if (state == "active") active = number;
    }
    if (!active) throw KeyRingError("has no active key");
    return KeyRing{std::move(keys), *active};
}

void KeyRing::create(const std::filesystem::path& path) {
    std::array<unsigned char, kKeyBytes> key{};
    if (RAND_priv_bytes(key.data(), static_cast<int>(key.size())) != 1) refuse(path, "no random bytes for a new key");
    std::array<unsigned char, kKeyBase64Bytes + 1> base64{};
    EVP_EncodeBlock(base64.data(), key.data(), static_cast<int>(key.size()));
    OPENSSL_cleanse(key.data(), key.size());
    std::string text = std::string{kFirstLine} + "\n1 active ";
    text.reserve(text.size() + kKeyBase64Bytes + 1);  // grown once, so that no copy of the key stays behind
    text.append(reinterpret_cast<const char*>(base64.data()), kKeyBase64Bytes).push_back('\n');
    const Secret content{text};
    OPENSSL_cleanse(base64.data(), base64.size());
    OPENSSL_cleanse(text.data(), text.size());

    const Descriptor file{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
    if (file.number() < 0) refuse(path, "cannot be created: " + lastSystemError());
    writeAll(file.number(), content.expose(), path);
    if (::fsync(file.number()) != 0) refuse(path, "cannot be synced: " + lastSystemError());
    syncFolderOf(path);
}

std::vector<std::uint32_t> KeyRing::numbers() const {
    std::vector<std::uint32_t> numbers;
    for (const auto& [number, key] : keys_) numbers.push_back(number);
    return numbers;
}

Secret KeyRing::derive(std::string_view purpose) const {
    return hkdf(keys_.begin()->second, "purpose " + std::string{purpose});
}

Secret KeyRing::derive(std::uint32_t number, std::string_view context) const {
    const auto key = keys_.find(number);
    if (key == keys_.end()) throw KeyRingError("the key ring has no key number " + std::to_string(number));
    return hkdf(key->second, "context " + std::string{context});
}

}  // namespace tenants
