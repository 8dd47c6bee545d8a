#pragma once

#include <cstddef>
#include <string_view>

#include "gateway/http/message.h"
#include "tenants/base/result.h"
#include "tenants/scan/upstream.h"

namespace gateway::api {

/// Upstream's own limit: a picture must be smaller than 2 MiB.
inline constexpr std::size_t kImageBytesMax = 2 * 1024 * 1024 - 1;
/// What a request may bring: the largest picture and its multipart frame.
inline constexpr std::size_t kScanBodyBytesMax = 2 * 1024 * 1024 + 64 * 1024;

/// The one picture of a scan request, from wherever the call forms put it: multipart part `img` (also `file`, `media`,
/// or the only file part), or `img_url` in the query, a form body or a JSON body. An upload borrows the request's body.
/// Errors: kImageMissing, kImageInvalid (both forms, two files, broken multipart, not a picture's first bytes),
/// kImageTooLarge, kImageUrlInvalid.
tenants::Result<tenants::Picture> readPicture(const http::Request& request);

/// The rules for what any form brings. kImageMissing (empty), kImageInvalid (not a picture's first bytes),
/// kImageTooLarge.
tenants::Result<tenants::Picture> acceptImage(const tenants::ImageBytes& image);
/// kImageMissing (empty), kImageUrlInvalid.
tenants::Result<tenants::Picture> acceptImageUrl(std::string_view text);

}  // namespace gateway::api
