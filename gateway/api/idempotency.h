#pragma once

#include <optional>
#include <string>

#include "gateway/http/message.h"
#include "tenants/base/result.h"
#include "tenants/scan/upstream.h"
#include "tenants/usage/hold.h"

namespace gateway::api {

/// The request's Idempotency-Key: a Structured Field String in double quotes, or the bare text that most clients send;
/// 1 to 255 visible ASCII characters. No header: an empty optional. kInvalidInput on anything else, two headers included.
tenants::Result<std::optional<std::string>> readIdempotencyKey(const http::Headers& headers);

/// SHA-256 over route, merchant and the picture, each with its length: what makes a repeat the same request. The form
/// it came in (multipart boundary, query or body) is not part of it.
tenants::Fingerprint fingerprintOf(std::string_view route, const tenants::MerchantId& merchant,
                                   const tenants::Picture& picture);

}  // namespace gateway::api
