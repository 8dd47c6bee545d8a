#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/api/quota_view.h"
#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tenants/merchant/authenticator.h"
#include "tenants/scan/scan_licence.h"

namespace gateway::api {

/// How one call form of the scan looks from outside: where the picture stands in the request, and how an outcome is
/// written. All else, rules and cost included, is the same for every form.
struct ScanForm {
    std::string path;  // part of a repeat's fingerprint: the same request by another form is another request
    std::vector<std::string> methods;
    std::size_t image_bytes_max = 0;
    std::size_t body_bytes_max = 0;
    /// The picture may borrow the request's body, which may be changed for it.
    tenants::Result<tenants::Picture> (*read_picture)(http::Request& request, std::size_t image_bytes_max) = nullptr;
    http::Response (*render_answer)(const tenants::ScanOutput& scan, const tenants::MerchantId& merchant) = nullptr;
    http::Response (*render_error)(const tenants::Error& error, std::string_view request_id,
                                   tenants::UtcTime now) = nullptr;
    /// A fault of ours that has no place among the errors.
    http::Response (*render_fault)(std::string_view request_id) = nullptr;
    bool tells_quota = false;  // answers carry RateLimit fields, which cost a read of the ledger
};

/// The routes by which merchants scan. An API key or a gateway token stands where WeChat's access token would: as
/// `access_token` in the query, or as a bearer token. `Idempotency-Key` and `X-Request-Id` work on all of them.
class ScanRoutes {
public:
    ScanRoutes(const tenants::Authenticator& authenticator, tenants::ScanLicence& scans, const QuotaView& quotas,
               const tenants::Clock& clock, log::Log& log)
        : authenticator_(authenticator), scans_(scans), quotas_(quotas), clock_(clock), log_(log) {}

    /// Its routes lead here: this outlives `router`'s use.
    void add(http::Router& router, ScanForm form);

private:
    /// Who was let in, and that it counts among the merchant's requests.
    struct Ticket;

    /// Key, rights and room, before any of the body is read.
    std::optional<http::Response> admit(const ScanForm& form, http::RequestHead& head) const;
    http::Response refuseEarly(const ScanForm& form, const tenants::Error& error, std::string_view request_id) const;
    tenants::Task<http::Response> handle(const ScanForm* form, http::Request request);
    tenants::Result<tenants::ScanInput> readInput(const ScanForm& form, http::Request& request) const;
    tenants::Task<void> tellQuota(http::Headers& headers, tenants::MerchantId merchant) const;
    http::Response refuse(const ScanForm& form, const http::RequestHead& head, http::Refusal refusal) const;

    const tenants::Authenticator& authenticator_;
    tenants::ScanLicence& scans_;
    const QuotaView& quotas_;
    const tenants::Clock& clock_;
    log::Log& log_;
    std::deque<ScanForm> forms_;  // never move: the routes point at them
};

}  // namespace gateway::api
