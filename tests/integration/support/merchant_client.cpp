#include "tests/integration/support/merchant_client.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "tests/integration/support/sandbox_control.h"

namespace integration {
namespace {

ScanAnswer read(HttpAnswer http) {
    ScanAnswer answer{.http = std::move(http), .errcode = {}, .errmsg = {}};
    if (!answer.http.came() || !answer.http.body.starts_with('{')) return answer;
    const Json json{answer.http.body};
    if (json.has("errcode")) answer.errcode = json.at("errcode").integer();
    if (json.has("errmsg")) answer.errmsg = json.at("errmsg").text();
    return answer;
}

}  // namespace

ScanAnswer MerchantClient::scan(const std::string& picture, std::vector<std::string> headers) {
    headers.push_back(multipartHeader());
    return send({.method = "POST",
                 .headers = std::move(headers),
                 .body = multipartBody({{"img", picture, "licence.jpg", "image/jpeg"}})});
}

ScanAnswer MerchantClient::scanWithKey(const std::string& picture, const std::string& idempotency_key) {
    return scan(picture, {"Idempotency-Key: \"" + idempotency_key + "\""});
}

ScanAnswer MerchantClient::scanUrl(const std::string& image_url, const std::string& method) {
    HttpRequest request{.method = method};
    if (method == "POST") request.body = "";
    return send(std::move(request), "&img_url=" + percentEncoded(image_url));
}

ScanAnswer MerchantClient::send(HttpRequest request, const std::string& more_query) {
    return sendPlain(std::move(request), "?access_token=" + percentEncoded(key_) + more_query);
}

ScanAnswer MerchantClient::sendPlain(HttpRequest request, const std::string& query) {
    request.url = base_url_ + std::string{kDrivingPath} + query;
    return read(http_.send(request));
}

std::string picture(std::int64_t number, std::size_t bytes) {
    std::string content = "\xFF\xD8\xFF\xE0 tollgate test picture " + std::to_string(number) + " ";
    content.resize(std::max(bytes, content.size()), '.');
    return content;
}

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available");
    }
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < length; ++i) text += {kDigits[digest.at(i) >> 4], kDigits[digest.at(i) & 15]};
    return text;
}

}  // namespace integration
