#include "gateway/api/problem_error.h"

#include <Poco/JSONString.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "gateway/http/error_status.h"

namespace gateway::api {
namespace {

using tenants::ErrorCode;

constexpr const char* kQuotaExceededType = "https://iana.org/assignments/http-problem-types#quota-exceeded";
constexpr const char* kReducedCapacityType =
    "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";

/// Members in the order in which they are added.
class Document {
public:
    void text(const char* name, std::string_view value) { member(name, Poco::toJSON(std::string{value})); }
    void number(const char* name, std::int64_t value) { member(name, std::to_string(value)); }
    void list(const char* name, std::string_view only) { member(name, "[" + Poco::toJSON(std::string{only}) + "]"); }
    std::string take() { return "{" + members_ + "}"; }

private:
    void member(const char* name, const std::string& json) {
        if (!members_.empty()) members_ += ',';
        members_ += '"';
        members_ += name;
        members_ += "\":";
        members_ += json;
    }
    std::string members_;
};

std::string_view typeOf(ErrorCode code) {
    switch (code) {
        case ErrorCode::kMerchantQuotaExceeded:
        case ErrorCode::kUpstreamQuotaExceeded:
        case ErrorCode::kRateLimited: return kQuotaExceededType;
        case ErrorCode::kStoreUnavailable:
        case ErrorCode::kUpstreamBusy: return kReducedCapacityType;
        default: return "about:blank";
    }
}

std::string_view titleOf(std::string_view type, int status) {
    if (type == kQuotaExceededType) return "Quota exceeded";
    if (type == kReducedCapacityType) return "Temporary reduced capacity";
    return http::statusPhrase(status);
}

Document begin(std::string_view type, int status, std::string_view detail, std::string_view code,
               std::string_view request_id) {
    Document document;
    document.text("type", type);
    document.text("title", titleOf(type, status));
    document.number("status", status);
    document.text("detail", detail);
    document.text("instance", "urn:tollgate:request:" + std::string{request_id});
    document.text("code", code);
    document.text("request_id", request_id);
    return document;
}

http::Response render(int status, Document document, std::string_view code) {
    auto response = http::textResponse(status, "application/problem+json", document.take());
    response.headers.set("Tollgate-Error", std::string{code});
    response.headers.set("Cache-Control", "no-store");
    return response;
}

std::string secondsUntil(tenants::UtcTime then, tenants::UtcTime now) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(then - now);
    return std::to_string(std::max<std::int64_t>(1, wait.count()));
}

}  // namespace

http::Response renderProblem(const tenants::Error& error, std::string_view request_id, tenants::UtcTime now) {
    const int status = http::statusOf(error.code);
    const std::string_view code = tenants::stableCode(error.code);
    const std::string_view type = typeOf(error.code);
    Document document = begin(type, status, error.for_caller, code, request_id);
    if (!error.policy.empty()) document.list("violated-policies", error.policy);
    if (!error.policy.empty() && error.retry_at) document.text("resets_at", tenants::rfc3339(*error.retry_at));
    if (!error.request_id.empty()) document.text("ledger_request_id", error.request_id);
    if (error.upstream) {
        document.number("upstream_code", error.upstream->errcode);
        document.text("upstream_request_id", error.upstream->rid);
    }
    auto response = render(status, std::move(document), code);
    if (error.replayed) response.headers.set("Idempotency-Replayed", "true");
    if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
    if (error.code == ErrorCode::kIdempotencyInFlight || error.code == ErrorCode::kStoreUnavailable) {
        response.headers.set("Retry-After", "1");
    } else if (error.retry_at) {
        response.headers.set("Retry-After", secondsUntil(*error.retry_at, now));
    }
    return response;
}

http::Response renderProblemFault(std::string_view request_id) {
    return render(500, begin("about:blank", 500, "Internal error.", "internal_error", request_id), "internal_error");
}

}  // namespace gateway::api
