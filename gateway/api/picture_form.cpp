#include "gateway/api/picture_form.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/ParseHandler.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    return {ErrorCode::kImageMissing, "media data missing"};
}
Error invalid(std::string why) {
    return {ErrorCode::kImageInvalid, std::move(why)};
}

std::string lowerCase(std::string_view text) {
    std::string lower{text};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

/// The media type without its parameters, in lower case.
std::string mediaType(const http::Headers& headers) {
    const std::string* value = headers.find("Content-Type");
    if (value == nullptr) return {};
    std::string_view type = std::string_view{*value}.substr(0, value->find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    return lowerCase(type);
}

/// The formats a phone, a scanner or a browser makes. WeChat does not publish its own list; what it then cannot read
/// it refuses itself. This check keeps text files and archives from costing a merchant anything.
bool looksLikePicture(std::string_view bytes) {
    static constexpr std::array<std::string_view, 6> kBeginnings{
        "\xFF\xD8\xFF", "\x89PNG\r\n\x1A\n", "GIF87a", "GIF89a", "II*", "BM"};
    if (bytes.size() > 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return true;
    return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                       [bytes](std::string_view beginning) { return bytes.starts_with(beginning); });
}

/// What the request brings, before it is judged.
struct Found {
    std::optional<tenants::ImageBytes> image;
    std::optional<std::string> url;
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
    if (candidates.size() > 1) return invalid("more than one picture");
    if (candidates.empty()) return std::optional<tenants::ImageBytes>{};
    return std::optional{tenants::ImageBytes{candidates.front()->bytes, candidates.front()->content_type}};
}

Result<Found> readMultipartForm(const http::Request& request) {
    const auto reading = http::readMultipart(*request.head.headers.find("Content-Type"), request.body);
    if (const auto* refusal = std::get_if<http::MultipartRefusal>(&reading)) {
        return Error{ErrorCode::kImageInvalid, "broken multipart body", std::string{refusal->reason}};
    }
    const auto& parts = std::get<std::vector<http::MultipartPart>>(reading);
    auto image = pictureAmong(parts);
    if (!image) return image.error();
    Found found{*image, {}};
    for (const auto& part : parts) {
        if (part.name == "img_url" && !part.filename) found.url = std::string{part.bytes};
    }
    return found;
}

Result<Found> readJson(const std::string& body) {
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(32);
        parser.setAllowNullByte(false);
        const auto object = parser.parse(body).extract<Poco::JSON::Object::Ptr>();
        Found found;
        if (object->has("img_url")) found.url = object->getValue<std::string>("img_url");
        return found;
    } catch (const Poco::Exception& failure) {
        return Error{ErrorCode::kImageInvalid, "the body is not a JSON object of the expected form", failure.what()};
    }
}

/// What the body brings. An empty body, `{}` and a media type of no meaning here bring nothing.
Result<Found> readBody(const http::Request& request) {
    if (request.body.empty()) return Found{};
    const std::string type = mediaType(request.head.headers);
    if (type == "multipart/form-data") return readMultipartForm(request);
    if (type == "application/json" || request.body == "{}") return readJson(request.body);
    if (type == "application/x-www-form-urlencoded") {
        const auto pairs = http::decodeForm(request.body);
        if (!pairs) return invalid("broken form body");
        Found found;
        for (const auto& [name, value] : *pairs) {
            if (name == "img_url") found.url = value;
        }
        return found;
    }
    return Found{};
}

Result<Picture> judgeImage(const tenants::ImageBytes& image) {
    if (image.bytes.empty()) return missing();
    if (image.bytes.size() > kImageBytesMax) {
        return Error{ErrorCode::kImageTooLarge, "the picture must be smaller than 2 MiB"};
    }
    if (!looksLikePicture(image.bytes)) return invalid("not a picture");
    return Picture{image};
}

}  // namespace

Result<Picture> readPicture(const http::Request& request) {
    auto found = readBody(request);
    if (!found) return found.error();
    if (auto in_query = http::formValue(request.head.query, "img_url"); in_query && !in_query->empty()) {
        if (found->url && *found->url != *in_query) return invalid("two different img_url");
        found->url = std::move(in_query);
    } else if (!http::decodeForm(request.head.query)) {
        return Error{ErrorCode::kImageUrlInvalid, "the query is not well encoded"};
    }
    if (found->image && found->url) return invalid("send either a picture or img_url, not both");
    if (found->image) return judgeImage(*found->image);
    if (!found->url || found->url->empty()) return missing();
    auto url = tenants::readImageUrl(*found->url);
    if (!url) return url.error();
    return Picture{*std::move(url)};
}

}  // namespace gateway::api
