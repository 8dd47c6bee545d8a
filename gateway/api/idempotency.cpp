#include "gateway/api/idempotency.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace gateway::api {
namespace {

constexpr std::size_t kKeyCharactersMax = 255;

tenants::Error malformed() {
    return {tenants::ErrorCode::kInvalidInput, "Idempotency-Key must be 1 to 255 visible ASCII characters."};
}

/// The text of a Structured Field String: quotes around, backslash before a quote or a backslash, nothing else escaped.
std::optional<std::string> unquote(std::string_view quoted) {
    if (quoted.size() < 2 || quoted.back() != '"') return std::nullopt;
    const std::string_view inside = quoted.substr(1, quoted.size() - 2);
    std::string text;
    for (std::size_t i = 0; i < inside.size(); ++i) {
        if (inside[i] == '"') return std::nullopt;
        if (inside[i] == '\\') {
            if (++i == inside.size() || (inside[i] != '"' && inside[i] != '\\')) return std::nullopt;
        }
        text += inside[i];
    }
    return text;
}

class Sha256 {
public:
    Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
        if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) fail();
    }
    /// Adds the text's length and then the text, so that no two lists of texts give the same bytes.
    void add(std::string_view text) {
        std::array<unsigned char, 8> length{};
        for (std::size_t i = 0; i < length.size(); ++i) {
            length.at(i) = static_cast<unsigned char>(text.size() >> (8 * (length.size() - 1 - i)));
        }
        if (EVP_DigestUpdate(context_.get(), length.data(), length.size()) != 1) fail();
        if (EVP_DigestUpdate(context_.get(), text.data(), text.size()) != 1) fail();
    }
    std::array<unsigned char, 32> finish() {
        std::array<unsigned char, 32> digest{};
        if (EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) fail();
        return digest;
    }

private:
    [[noreturn]] static void fail() { throw std::runtime_error("SHA-256 is not available"); }
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

tenants::Result<std::optional<std::string>> readIdempotencyKey(const http::Headers& headers) {
    const std::string* value = headers.find("Idempotency-Key");
    if (value == nullptr) return std::optional<std::string>{};
    if (headers.count("Idempotency-Key") != 1) {
        return tenants::Error{tenants::ErrorCode::kInvalidInput, "Send one Idempotency-Key header, not several."};
    }
    if (value->empty()) return malformed();
    std::optional<std::string> key = *value;
    if (value->front() == '"') key = unquote(*value);
    const auto visible = [](char c) { return c > ' ' && c <= '~'; };
    if (!key || key->empty() || key->size() > kKeyCharactersMax || !std::all_of(key->begin(), key->end(), visible)) {
        return malformed();
    }
    return key;
}

tenants::Fingerprint fingerprintOf(std::string_view route, const tenants::MerchantId& merchant,
                                   const tenants::Picture& picture) {
    Sha256 digest;
    digest.add(route);
    digest.add(merchant.text());
    if (const auto* image = std::get_if<tenants::ImageBytes>(&picture)) {
        digest.add("image");
        digest.add(image->bytes);
    } else {
        digest.add("url");
        digest.add(std::get<tenants::ImageUrl>(picture).url);
    }
    return digest.finish();
}

}  // namespace gateway::api
