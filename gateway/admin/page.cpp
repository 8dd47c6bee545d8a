#include "gateway/admin/page.h"

#include <Poco/Base64Decoder.h>
#include <Poco/Base64Encoder.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace gateway::admin {
namespace {

constexpr std::size_t kSizeDefault = 50;
constexpr std::size_t kSizeMax = 500;
constexpr std::size_t kSealBytes = 16;
constexpr char kVersion = '1';

std::string encode(const std::string& bytes) {
    std::ostringstream text;
    Poco::Base64Encoder encoder{text, Poco::BASE64_URL_ENCODING | Poco::BASE64_NO_PADDING};
    encoder.rdbuf()->setLineLength(0);
    encoder << bytes;
    encoder.close();
    return std::move(text).str();
}

std::optional<std::string> decode(const std::string& text) {
    const auto is_base64url = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
    };
    if (text.size() > 512 || !std::all_of(text.begin(), text.end(), is_base64url)) return std::nullopt;
    std::istringstream input{text};
    Poco::Base64Decoder decoder{input, Poco::BASE64_URL_ENCODING | Poco::BASE64_NO_PADDING};
    return std::string{std::istreambuf_iterator<char>{decoder}, {}};
}

tenants::Error invalid(std::string text) {
    return {tenants::ErrorCode::kInvalidInput, std::move(text)};
}

}  // namespace

http::QueryNames listQuery(http::QueryNames filters) {
    filters.insert(filters.end(), {"page_size", "page_token"});
    return filters;
}

std::string Pages::seal(std::string_view list, std::string_view last_key) const {
    // The list's length first, so that no list and key can be cut in another place.
    const std::string text = std::to_string(list.size()) + ":" + std::string{list} + std::string{last_key};
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    const auto key = hmac_key_.expose();
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length) == nullptr) {
        throw std::runtime_error("HMAC-SHA-256 is not available");
    }
    return {digest.begin(), digest.begin() + kSealBytes};
}

std::string Pages::token(std::string_view list, std::string_view last_key) const {
    return encode(kVersion + std::string{last_key} + seal(list, last_key));
}

tenants::Result<PageRequest> Pages::read(const http::RequestHead& head, std::string_view list) const {
    PageRequest page{kSizeDefault, {}};
    if (const auto size = head.queryParameter("page_size")) {
        long long wanted = 0;
        const auto [end, failure] = std::from_chars(size->data(), size->data() + size->size(), wanted);
        if (failure != std::errc{} || end != size->data() + size->size() || wanted < 0) {
            return invalid("page_size must be a whole number that is not negative");
        }
        if (wanted > 0) page.size = std::min(static_cast<std::size_t>(wanted), kSizeMax);
    }
    const auto token = head.queryParameter("page_token");
    if (!token || token->empty()) return page;
    const auto bytes = decode(*token);
    if (!bytes || bytes->size() < 1 + kSealBytes || bytes->front() != kVersion)
        return invalid("page_token is not valid");
    page.after = bytes->substr(1, bytes->size() - 1 - kSealBytes);
    const std::string sealed = seal(list, page.after);
    if (CRYPTO_memcmp(sealed.data(), bytes->data() + bytes->size() - kSealBytes, kSealBytes) != 0) {
        return invalid("page_token is not valid for this list");
    }
    return page;
}

}  // namespace gateway::admin
