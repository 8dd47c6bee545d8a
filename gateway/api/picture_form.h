#pragma once

#include <cstddef>
#include <string_view>

#include "gateway/http/message.h"
#include "tenants/base/result.h"
#include "tenants/scan/upstream.h"

namespace gateway::api {

/// Upstream's own limit: a picture must be smaller than 2 MiB. The gateway can be told a lower one.
inline constexpr std::size_t kImageBytesMax = 2 * 1024 * 1024 - 1;
/// What may be around a picture: multipart heads and other fields, or the members of a JSON object.
inline constexpr std::size_t kImageFrameBytesMax = 64 * 1024;

/// The one picture of a scan request, from wherever the call forms put it: multipart part `img` (also `file`, `media`,
/// or the only file part), or `img_url` in the query, a form body or a JSON body. An upload borrows the request's body.
/// Errors: kImageMissing, kImageInvalid (both forms, two files, broken multipart, not a picture's first bytes),
/// kImageTooLarge, kImageUrlInvalid (several in one place too).
tenants::Result<tenants::Picture> readPicture(const http::Request& request,
                                              std::size_t image_bytes_max = kImageBytesMax);

/// The rules for what any form brings. kImageMissing (empty), kImageInvalid (not a picture's first bytes),
/// kImageTooLarge.
tenants::Result<tenants::Picture> acceptImage(const tenants::ImageBytes& image,
                                              std::size_t image_bytes_max = kImageBytesMax);
/// kImageMissing (empty), kImageUrlInvalid.
tenants::Result<tenants::Picture> acceptImageUrl(std::string_view text);

/// kImageTooLarge, in words.
tenants::Error imageTooLarge(std::size_t image_bytes_max);

}  // namespace gateway::api
