#pragma once

#include <string_view>

#include "tenants/base/result.h"
#include "tenants/scan/upstream.h"

namespace tenants {

/// The longest img_url that is passed on.
inline constexpr std::size_t kImageUrlBytesMax = 2048;

/// Reads an img_url, decoded from the query or body it came in. http or https; the host a plain DNS name of two labels
/// or more and never an address in any notation; no user; no port but the scheme's own; printable ASCII without
/// backslash, quotes and the other characters that RFC 3986 keeps out; whole percent triplets. A space
/// inside is what is left of a %20 or + that the caller did not encode again; it goes on like all else. The text is passed
/// on as it is, one that was encoded twice too: WeChat's own refusal says more than a guess of ours would. We never
/// fetch it. Anything else: kImageUrlInvalid.
Result<ImageUrl> readImageUrl(std::string_view text);

}  // namespace tenants
