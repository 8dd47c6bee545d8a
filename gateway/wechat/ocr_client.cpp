#include "gateway/wechat/ocr_client.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include <openssl/rand.h>

#include "gateway/json/json_outline.h"
#include "gateway/wechat/answer_json.h"
#include "gateway/wechat/answer_status.h"
#include "gateway/wechat/driving_answer.h"
#include "gateway/wechat/query_parameter.h"

namespace gateway::wechat {
namespace {

using Outcome = std::variant<tenants::UpstreamAnswer, tenants::UpstreamSilence>;

constexpr std::string_view kDrivingPath = "/cv/ocr/driving";
constexpr std::string_view kQuotaPath = "/cgi-bin/openapi/quota/get";
constexpr std::string_view kQuotaOfDriving = R"({"cgi_path":"/cv/ocr/driving"})";
constexpr std::int64_t kUnitsMax = 1'000'000'000'000;  // what is beyond is a misread field

struct PictureFormat {
    std::string_view type;
    std::string_view filename;
};

PictureFormat formatOf(std::string_view picture) {
    using namespace std::string_view_literals;
    if (picture.starts_with("\x89PNG\r\n\x1A\n"sv)) return {"image/png", "licence.png"};
    if (picture.starts_with("GIF87a"sv) || picture.starts_with("GIF89a"sv)) return {"image/gif", "licence.gif"};
    if (picture.starts_with("BM"sv)) return {"image/bmp", "licence.bmp"};
    if (picture.starts_with("RIFF"sv) && picture.substr(0, 12).ends_with("WEBP"sv))
        return {"image/webp", "licence.webp"};
    if (picture.starts_with("II*\0"sv) || picture.starts_with("MM\0*"sv)) return {"image/tiff", "licence.tiff"};
    return {"image/jpeg", "licence.jpg"};
}

/// 128 random bits in hex: a merchant cannot put the boundary into a picture, so nobody has to search for it there.
std::string randomBoundary() {
    std::array<unsigned char, 16> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("no randomness for a multipart boundary");
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    std::string boundary = "tollgate-";
    for (const unsigned char byte : bytes) {
        boundary += kHexDigits[byte >> 4U];
        boundary += kHexDigits[byte & 0x0FU];
    }
    return boundary;
}

/// A multipart body with the one part `img`. The picture is borrowed, not copied. Stays where it is made: the parts
/// point into it.
class Upload {
public:
    explicit Upload(std::string_view picture) {
        const std::string boundary = randomBoundary();
        const PictureFormat format = formatOf(picture);
        content_type_ = "multipart/form-data; boundary=" + boundary;
        opening_ = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"img\"; filename=\"";
        opening_ += format.filename;
        opening_ += "\"\r\nContent-Type: ";
        opening_ += format.type;
        opening_ += "\r\n\r\n";
        closing_ = "\r\n--" + boundary + "--\r\n";
        parts_ = {opening_, picture, closing_};
    }
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    const std::string& contentType() const noexcept { return content_type_; }
    std::span<const std::string_view> parts() const noexcept { return parts_; }

private:
    std::string content_type_;
    std::string opening_;
    std::string closing_;
    std::array<std::string_view, 3> parts_;
};

Outcome silence(std::string reason) {
    return tenants::UpstreamSilence{true, false, std::move(reason)};
}

Outcome readOutcome(std::variant<HttpsAnswer, HttpsFailure> outcome) {
    if (auto* failure = std::get_if<HttpsFailure>(&outcome))
        return tenants::UpstreamSilence{failure->sent == Sent::kSomething, failure->timed_out,
                                        std::move(failure->reason)};
    auto& answer = std::get<HttpsAnswer>(outcome);
    if (answer.status != 200) return silence("http_status_" + std::to_string(answer.status));
    auto read = readDrivingAnswer(std::move(answer.body));
    if (auto* reason = std::get_if<std::string>(&read)) return silence(std::move(*reason));
    return std::get<tenants::UpstreamAnswer>(std::move(read));
}

/// Empty for a refusal, and for an answer without both numbers.
std::optional<tenants::UpstreamQuotaTold> readQuota(const std::string& body) {
    const auto outline = json::outlineJsonObject(body);
    const auto status = outline ? readAnswerStatus(*outline) : std::nullopt;
    if (!status || status->errcode != 0) return std::nullopt;
    const auto answer = AnswerJson::parse(body);
    const auto quota = answer ? answer->object("quota") : std::nullopt;
    if (!quota) return std::nullopt;
    const auto limit = quota->wholeNumber("daily_limit");
    const auto used = quota->wholeNumber("used");
    if (!limit || !used || *limit < 0 || *used < 0 || *limit > kUnitsMax || *used > kUnitsMax) return std::nullopt;
    return tenants::UpstreamQuotaTold{*limit, *used};
}

}  // namespace

std::string_view pictureType(std::string_view picture) {
    return formatOf(picture).type;
}

tenants::Task<Outcome> OcrClient::recogniseDriving(tenants::AppId, tenants::SharedSecret access_token,
                                                   tenants::Picture picture, tenants::SteadyTime deadline) {
    // A call without a token would only come back as a refusal that looks like the merchant's.
    if (!access_token || access_token->empty()) co_return tenants::UpstreamSilence{false, false, "no_access_token"};
    HttpsRequest request;
    request.method = "POST";
    request.target = kDrivingPath;
    appendQueryParameter(request.target, "access_token", access_token->expose());
    std::optional<Upload> upload;
    if (const auto* image = std::get_if<tenants::ImageBytes>(&picture)) {
        upload.emplace(image->bytes);
        request.content_type = upload->contentType();
        request.body_parts = upload->parts();
    } else {
        appendQueryParameter(request.target, "img_url", std::get<tenants::ImageUrl>(picture).url);
    }
    auto call = caller_.call(std::move(request), deadline);
    auto outcome = co_await std::move(call);
    co_return readOutcome(std::move(outcome));
}

tenants::Task<std::optional<tenants::UpstreamQuotaTold>> OcrClient::drivingQuota(tenants::AppId,
                                                                                 tenants::SharedSecret access_token,
                                                                                 tenants::SteadyTime deadline) {
    if (!access_token || access_token->empty()) co_return std::nullopt;
    HttpsRequest request;
    request.method = "POST";
    request.target = kQuotaPath;
    appendQueryParameter(request.target, "access_token", access_token->expose());
    request.content_type = "application/json; charset=utf-8";
    const std::array<std::string_view, 1> parts{kQuotaOfDriving};
    request.body_parts = parts;
    auto call = caller_.call(std::move(request), deadline);
    const auto outcome = co_await std::move(call);
    const auto* answer = std::get_if<HttpsAnswer>(&outcome);
    if (answer == nullptr || answer->status != 200) co_return std::nullopt;
    co_return readQuota(answer->body);
}

}  // namespace gateway::wechat
