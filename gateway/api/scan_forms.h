#pragma once

#include <cstddef>
#include <vector>

#include "gateway/api/picture_form.h"
#include "gateway/api/scan_routes.h"

namespace gateway::api {

/// Every form in which a merchant can call the scan:
/// `/cv/ocr/driving`, WeChat's own OCR route dropped in, by POST, or by GET with `img_url` as WeChat's example is typed;
/// `/openapi/ocr.vehicleLicense` and `/openapi/ocr.drivingLicense`, WeChat's cloud call under both of the names that its
/// documentation uses, with camelCase names in the answer.
/// `/v1/licences:scan`, the modern form: real HTTP statuses, problem documents, RateLimit fields, and a receipt.
/// Answers of all but the last are always HTTP 200: WeChat's own values byte for byte, or an errcode by the table of the public contract.
/// `image_bytes_max`: of a picture, at most upstream's own limit; `frame_bytes_max`: what may be around it in the body.
std::vector<ScanForm> scanForms(std::size_t image_bytes_max = kImageBytesMax,
                                std::size_t frame_bytes_max = kImageFrameBytesMax);

}  // namespace gateway::api
