#include "gateway/api/scan_driving.h"

#include <string>
#include <string_view>
#include <utility>

#include "gateway/api/drop_in_error.h"
#include "gateway/api/idempotency.h"
#include "gateway/api/picture_form.h"
#include "gateway/http/bearer.h"

namespace gateway::api {
namespace {

constexpr std::string_view kPath = "/cv/ocr/driving";

/// What a merchant proves itself with: `access_token` in the query, or else a bearer token. Empty where there is neither.
std::string credentialOf(const http::RequestHead& head) {
    if (auto token = head.queryParameter("access_token"); token && !token->empty()) return *std::move(token);
    return std::string{http::bearerToken(head)};
}

}  // namespace

void ScanDriving::addRoutes(http::Router& router) {
    for (const char* method : {"POST", "GET"}) {
        router.add(
            {.method = method,
             .pattern = std::string{kPath},
             .handler = [this](http::Request request) { return handle(std::move(request)); },
             .body_bytes_max = kScanBodyBytesMax,
             .admit = [this](const http::RequestHead& head) { return admit(head); },
             .refuse = [this](const http::RequestHead& head, http::Refusal refusal) { return refuse(head, refusal); }});
    }
}

std::optional<http::Response> ScanDriving::admit(const http::RequestHead& head) const {
    const auto caller = scans_.authenticate(credentialOf(head));
    if (!caller) return renderDropInError(caller.error(), head.request_id, clock_.now());
    const auto admitted = scans_.admit(*caller);
    if (!admitted) return renderDropInError(admitted.error(), head.request_id, clock_.now());
    return std::nullopt;
}

tenants::Result<tenants::ScanInput> ScanDriving::readInput(const http::Request& request) const {
    const auto caller = scans_.authenticate(credentialOf(request.head));
    if (!caller) return caller.error();
    auto key = readIdempotencyKey(request.head.headers);
    if (!key) return key.error();
    auto picture = readPicture(request);
    if (!picture) return picture.error();
    tenants::ScanInput input{*caller, *picture, *key, std::nullopt, request.head.request_id};
    if (input.idempotency_key) input.fingerprint = fingerprintOf(kPath, caller->merchant, input.picture);
    return input;
}

tenants::Task<http::Response> ScanDriving::handle(http::Request request) {
    auto input = readInput(request);
    if (!input) {
        log_.info("scan_refused", {{"request_id", request.head.request_id},
                                   {"code", tenants::stableCode(input.error().code)},
                                   {"detail", input.error().for_log}});
        co_return renderDropInError(input.error(), request.head.request_id, clock_.now());
    }
    const tenants::Caller caller = input->caller;
    const auto scan = co_await scans_.scan(*std::move(input));
    if (!scan) {
        const tenants::Error& error = scan.error();
        log_.info("scan_refused", {{"request_id", request.head.request_id},
                                   {"merchant", caller.merchant.text()},
                                   {"key", caller.key.text()},
                                   {"code", tenants::stableCode(error.code)},
                                   {"detail", error.for_log},
                                   {"upstream_errcode", error.upstream ? error.upstream->errcode : 0},
                                   {"upstream_rid", error.upstream ? error.upstream->rid : std::string{}}});
        co_return renderDropInError(error, request.head.request_id, clock_.now());
    }
    log_.info("scan_answered", {{"request_id", request.head.request_id},
                                {"merchant", caller.merchant.text()},
                                {"key", caller.key.text()},
                                {"ledger_request_id", scan->request.text()},
                                {"entry_number", scan->entry_number.value_or(0)},
                                {"replayed", scan->replayed}});
    auto response = http::textResponse(200, "application/json; charset=utf-8", std::string{scan->body->expose()});
    if (scan->replayed) response.headers.set("Idempotency-Replayed", "true");
    co_return response;
}

http::Response ScanDriving::refuse(const http::RequestHead& head, http::Refusal refusal) const {
    using tenants::ErrorCode;
    const auto answer = [&](ErrorCode code, const char* text) {
        return renderDropInError({code, text}, head.request_id, clock_.now());
    };
    switch (refusal) {
        case http::Refusal::kBodyTooLarge:
            return answer(ErrorCode::kImageTooLarge, "the picture must be smaller than 2 MiB");
        case http::Refusal::kBodyTimeout: return answer(ErrorCode::kImageInvalid, "the picture came too slowly");
        case http::Refusal::kBodyMalformed: return answer(ErrorCode::kImageInvalid, "the body is cut or malformed");
        case http::Refusal::kOverloaded: return answer(ErrorCode::kRateLimited, "too many requests at once");
        case http::Refusal::kHandlerFailed: break;
    }
    return renderDropInFault(head.request_id);
}

}  // namespace gateway::api
