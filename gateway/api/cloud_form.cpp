#include "gateway/api/cloud_form.h"

#include <optional>
#include <string>
#include <string_view>

#include "gateway/api/base64.h"
#include "gateway/json/json_outline.h"

namespace gateway::api {
namespace {

using json::JsonKind;
using json::JsonMember;
using tenants::Error;
using tenants::ErrorCode;
using tenants::Picture;
using tenants::Result;

Error invalid(std::string why) {
    return {ErrorCode::kImageInvalid, std::move(why)};
}

/// The member, where it is there and not null.
const JsonMember* present(const json::JsonOutline& object, std::string_view name) {
    const JsonMember* const member = object.find(name);
    return member == nullptr || member->kind == JsonKind::kNull ? nullptr : member;
}

/// The picture whose base64 is `value`, a string's text in `body`, decoded in its place.
Result<Picture> decodePicture(std::string_view value, std::string_view content_type, http::BodyBytes& body,
                              std::size_t image_bytes_max) {
    std::optional<std::string> unescaped;
    std::string_view text = value;
    if (value.find('\\') != std::string_view::npos) {
        unescaped = json::textOfJsonString(value);
        if (!unescaped) return invalid("img.value is not base64.");
        text = *unescaped;
    }
    if (base64BytesMax(text.size()) > image_bytes_max + 2) return imageTooLarge(image_bytes_max);
    char* const bytes = body.bytes().data() + (value.data() - body.bytes().data());
    const auto decoded = decodeBase64(text, bytes);
    if (!decoded) return invalid("img.value is not base64: standard alphabet, padded, without line breaks.");
    return acceptImage({{bytes, *decoded}, content_type}, image_bytes_max);
}

}  // namespace

Result<Picture> readCloudPicture(http::Request& request, std::size_t image_bytes_max) {
    if (request.body.empty()) return acceptImage({});
    const auto outline = json::outlineJsonObject(request.body);
    if (!outline) return invalid("The body is not a JSON object.");
    const JsonMember* const url = present(*outline, "imgUrl");
    const JsonMember* const image = present(*outline, "img");
    if (url != nullptr && image != nullptr) return invalid("Send either img or imgUrl, not both.");
    if (url != nullptr) {
        if (url->kind != JsonKind::kString) return invalid("imgUrl is not a string.");
        const auto text = json::textOfJsonString(url->value);
        if (!text) return Error{ErrorCode::kImageUrlInvalid, "imgUrl is malformed or not allowed."};
        return acceptImageUrl(*text);
    }
    if (image == nullptr) return acceptImage({});
    const auto parts = json::outlineJsonObject(image->value);
    if (!parts) return invalid("img is not an object.");
    const JsonMember* const value = present(*parts, "value");
    if (value == nullptr) return acceptImage({});
    if (value->kind != JsonKind::kString) return invalid("img.value is not a string.");
    const JsonMember* const type = present(*parts, "contentType");
    const bool has_type = type != nullptr && type->kind == JsonKind::kString;
    return decodePicture(value->value, has_type ? type->value : std::string_view{}, request.body, image_bytes_max);
}

}  // namespace gateway::api
