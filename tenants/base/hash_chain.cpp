#include "tenants/base/hash_chain.h"

#include <openssl/evp.h>

#include <charconv>
#include <stdexcept>
#include <system_error>

namespace tenants {
namespace {

constexpr std::uint32_t kAbsent = 0xFFFF'FFFF;

/// Found once: a look-up by name costs more than the digest of an entry.
const EVP_MD* sha256() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (algorithm == nullptr) throw std::runtime_error("there is no SHA-256");
    return algorithm;
}

}  // namespace

void ChainFields::text(std::string_view text) {
    length(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
}

void ChainFields::textIfAny(const std::optional<std::string>& text_if_any) {
    if (text_if_any) {
        text(*text_if_any);
    } else {
        length(kAbsent);
    }
}

void ChainFields::length(std::uint32_t length) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>((length >> shift) & 0xFFU);
}

ChainHash linkHash(const ChainHash& before, std::string_view canonical_bytes) {
    std::string bytes{reinterpret_cast<const char*>(before.data()), before.size()};
    bytes += canonical_bytes;
    ChainHash hash{};
    if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 failed");
    }
    return hash;
}

std::optional<ChainHash> chainHashFromHex(std::string_view hex) {
    ChainHash hash{};
    if (hex.size() != 2 * hash.size()) return std::nullopt;
    for (std::size_t i = 0; i < hash.size(); ++i) {
        const char* const digits = hex.data() + 2 * i;
        const auto [end, failure] = std::from_chars(digits, digits + 2, hash[i], 16);
        if (failure != std::errc{} || end != digits + 2) return std::nullopt;
    }
    return hash;
}

}  // namespace tenants
