#pragma once

#include <optional>

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tenants/scan/scan_licence.h"

namespace gateway::api {

/// WeChat's own OCR route, dropped in: `/cv/ocr/driving`, by POST, or by GET with `img_url` as WeChat's example is typed.
/// The merchant's API key stands where the access token would. Answers are always HTTP 200: WeChat's own bytes, or
/// `errcode` by the table of the public contract.
class ScanDriving {
public:
    ScanDriving(tenants::ScanLicence& scans, const tenants::Clock& clock, log::Log& log)
        : scans_(scans), clock_(clock), log_(log) {}

    void addRoutes(http::Router& router);

private:
    /// Key and rights, before any of the body is read.
    std::optional<http::Response> admit(const http::RequestHead& head) const;
    tenants::Task<http::Response> handle(http::Request request);
    tenants::Result<tenants::ScanInput> readInput(const http::Request& request) const;
    http::Response refuse(const http::RequestHead& head, http::Refusal refusal) const;

    tenants::ScanLicence& scans_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::api
