#pragma once

#include <cstddef>

#include "gateway/api/picture_form.h"

namespace gateway::api {

/// What a cloud call may bring: the largest picture in base64, one in 32 of its characters a slash that the sender's JSON
/// writer escapes (some do), and the object around it.
constexpr std::size_t cloudBodyBytesMax(std::size_t image_bytes_max, std::size_t frame_bytes_max) {
    return (image_bytes_max + 2) / 3 * 4 / 32 * 33 + frame_bytes_max;
}

/// The one picture of a cloud call's body: `{"imgUrl":"…"}` or `{"img":{"contentType":"…","value":"<base64>"}}`. `type`
/// and other members are ignored, and null is as good as absent. The picture is decoded where it stands in the body,
/// which it then borrows. Errors: kImageMissing (an empty body and `{}` too), kImageInvalid (both forms, not of this
/// shape, not strict base64, not a picture's first bytes), kImageTooLarge, kImageUrlInvalid.
tenants::Result<tenants::Picture> readCloudPicture(http::Request& request,
                                                   std::size_t image_bytes_max = kImageBytesMax);

}  // namespace gateway::api
