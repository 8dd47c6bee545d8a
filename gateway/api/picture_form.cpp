#include "gateway/api/picture_form.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/api/body_fields.h"
#include "gateway/http/form.h"
#include "gateway/http/multipart.h"
#include "tenants/scan/image_url.h"

namespace gateway::api {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::Picture;
using tenants::Result;

Error missing() {
    return {ErrorCode::kImageMissing, "Media data missing: the request brings no picture."};
}
Error invalid(std::string why) {
    return {ErrorCode::kImageInvalid, std::move(why)};
}

/// The formats a phone, a scanner or a browser makes. WeChat does not publish its own list; what it then cannot read
/// it refuses itself. This check keeps text files and archives from costing a merchant anything.
bool looksLikePicture(std::string_view bytes) {
    using namespace std::string_view_literals;
    static constexpr std::array<std::string_view, 7> kBeginnings{
        "\xFF\xD8\xFF"sv, "\x89PNG\r\n\x1A\n"sv, "GIF87a"sv, "GIF89a"sv, "II*\0"sv, "MM\0*"sv, "BM"sv};
    if (bytes.size() > 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return true;
    return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                       [bytes](std::string_view beginning) { return bytes.starts_with(beginning); });
}

Error urlRepeated() {
    return {ErrorCode::kImageUrlInvalid, "img_url was sent more than once."};
}

/// What the request brings, before it is judged.
struct Found {
    std::optional<tenants::ImageBytes> image;
    std::string url;  // empty: none; some clients send the field they do not use
};

/// The file part that is the picture; an error where two could be it.
Result<std::optional<tenants::ImageBytes>> pictureAmong(const std::vector<http::MultipartPart>& parts) {
    std::vector<const http::MultipartPart*> named;
    std::vector<const http::MultipartPart*> files;
    for (const auto& part : parts) {
        const bool is_known_name = part.name == "img" || part.name == "file" || part.name == "media";
        if (is_known_name) named.push_back(&part);
        if (part.filename) files.push_back(&part);
    }
    const auto& candidates = named.empty() ? files : named;
    if (candidates.size() > 1) return invalid("More than one picture.");
    if (candidates.empty()) return std::optional<tenants::ImageBytes>{};
    return std::optional{tenants::ImageBytes{candidates.front()->bytes, candidates.front()->content_type}};
}

Result<Found> readMultipartForm(const http::Request& request) {
    const auto reading = http::readMultipart(*request.head.headers.find("Content-Type"), request.body);
    if (const auto* refusal = std::get_if<http::MultipartRefusal>(&reading)) {
        return Error{ErrorCode::kImageInvalid, "Broken multipart body.", std::string{refusal->reason}};
    }
    const auto& parts = std::get<std::vector<http::MultipartPart>>(reading);
    auto image = pictureAmong(parts);
    if (!image) return image.error();
    Found found{*image, {}};
    const auto is_url = [](const http::MultipartPart& part) { return part.name == "img_url" && !part.filename; };
    if (std::ranges::count_if(parts, is_url) > 1) return urlRepeated();
    if (const auto url = std::ranges::find_if(parts, is_url); url != parts.end()) found.url = url->bytes;
    return found;
}

/// What the body brings. An empty body, `{}` and a media type of no meaning here bring nothing.
Result<Found> readBody(const http::Request& request) {
    const std::string* const content_type = request.head.headers.find("Content-Type");
    if (content_type != nullptr && !request.body.empty() && http::isMultipartForm(*content_type)) {
        return readMultipartForm(request);
    }
    const auto fields = readBodyFields(request);
    if (!fields) return invalid("The body is neither a JSON object nor a form.");
    if (countFields(*fields, "img_url") > 1) return urlRepeated();
    Found found;
    if (const std::string* const url = findField(*fields, "img_url")) found.url = *url;
    return found;
}

}  // namespace

Result<Picture> readPicture(const http::Request& request, std::size_t image_bytes_max) {
    auto found = readBody(request);
    if (!found) return found.error();
    if (http::formCount(request.head.query, "img_url") > 1) return urlRepeated();
    if (auto in_query = http::formValue(request.head.query, "img_url"); in_query && !in_query->empty()) {
        if (!found->url.empty() && found->url != *in_query) return invalid("Two different img_url.");
        found->url = *std::move(in_query);
    } else if (!http::decodeForm(request.head.query)) {
        return Error{ErrorCode::kImageUrlInvalid, "The query is not well encoded."};
    }
    if (found->image && !found->url.empty()) return invalid("Send either a picture or img_url, not both.");
    if (found->image) return acceptImage(*found->image, image_bytes_max);
    return acceptImageUrl(found->url);
}

Result<Picture> acceptImage(const tenants::ImageBytes& image, std::size_t image_bytes_max) {
    if (image.bytes.empty()) return missing();
    if (image.bytes.size() > image_bytes_max) return imageTooLarge(image_bytes_max);
    if (!looksLikePicture(image.bytes)) return invalid("Not a picture.");
    return Picture{image};
}

Error imageTooLarge(std::size_t image_bytes_max) {
    if (image_bytes_max == kImageBytesMax)
        return {ErrorCode::kImageTooLarge, "The picture must be smaller than 2 MiB."};
    return {ErrorCode::kImageTooLarge,
            "The picture must not be larger than " + std::to_string(image_bytes_max) + " bytes."};
}

Result<Picture> acceptImageUrl(std::string_view text) {
    if (text.empty()) return missing();
    auto url = tenants::readImageUrl(text);
    if (!url) return url.error();
    return Picture{*std::move(url)};
}

}  // namespace gateway::api
