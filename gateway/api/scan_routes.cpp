#include "gateway/api/scan_routes.h"

#include <utility>

#include "gateway/api/credential.h"
#include "gateway/api/idempotency.h"

namespace gateway::api {

void ScanRoutes::add(http::Router& router, ScanForm given) {
    const ScanForm& form = forms_.emplace_back(std::move(given));
    for (const std::string& method : form.methods) {
        router.add({.method = method,
                    .pattern = form.path,
                    .handler = [this, &form](http::Request request) { return handle(&form, std::move(request)); },
                    .body_bytes_max = form.body_bytes_max,
                    .admit = [this, &form](const http::RequestHead& head) { return admit(form, head); },
                    .refuse = [this, &form](const http::RequestHead& head,
                                            http::Refusal refusal) { return refuse(form, head, refusal); }});
    }
}

std::optional<http::Response> ScanRoutes::admit(const ScanForm& form, const http::RequestHead& head) const {
    const auto caller = authenticator_.authenticate(credentialOf(head));
    if (!caller) return form.render_error(caller.error(), head.request_id, clock_.now());
    const auto admitted = scans_.admit(*caller);
    if (!admitted) return form.render_error(admitted.error(), head.request_id, clock_.now());
    return std::nullopt;
}

tenants::Result<tenants::ScanInput> ScanRoutes::readInput(const ScanForm& form, http::Request& request) const {
    const auto caller = authenticator_.authenticate(credentialOf(request.head));
    if (!caller) return caller.error();
    auto key = readIdempotencyKey(request.head.headers);
    if (!key) return key.error();
    auto picture = form.read_picture(request);
    if (!picture) return picture.error();
    tenants::ScanInput input{*caller, *picture, *key, std::nullopt, request.head.request_id};
    if (input.idempotency_key) input.fingerprint = fingerprintOf(form.path, caller->merchant, input.picture);
    return input;
}

tenants::Task<http::Response> ScanRoutes::handle(const ScanForm* form, http::Request request) {
    auto input = readInput(*form, request);
    if (!input) {
        log_.info("scan_refused", {{"request_id", request.head.request_id},
                                   {"code", tenants::stableCode(input.error().code)},
                                   {"detail", input.error().for_log}});
        co_return form->render_error(input.error(), request.head.request_id, clock_.now());
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
        auto refused = form->render_error(error, request.head.request_id, clock_.now());
        if (form->tells_quota) co_await tellQuota(refused.headers, caller.merchant);
        co_return refused;
    }
    log_.info("scan_answered", {{"request_id", request.head.request_id},
                                {"merchant", caller.merchant.text()},
                                {"key", caller.key.text()},
                                {"ledger_request_id", scan->request.text()},
                                {"entry_number", scan->receipt ? scan->receipt->number : 0},
                                {"replayed", scan->replayed}});
    auto response = form->render_answer(*scan, caller.merchant);
    if (scan->replayed) response.headers.set("Idempotency-Replayed", "true");
    if (form->tells_quota) co_await tellQuota(response.headers, caller.merchant);
    co_return response;
}

/// What is left, as it stands after this scan. A scan is not failed for it.
tenants::Task<void> ScanRoutes::tellQuota(http::Headers& headers, tenants::MerchantId merchant) const {
    const auto now = clock_.now();
    try {
        const auto windows = co_await quotas_.windowsOf(std::move(merchant), now);
        setRateLimitFields(headers, windows, now);
    } catch (const net::QueueFull&) {
        // Too busy to look: the fields are optional, the answer is not.
    }
}

http::Response ScanRoutes::refuse(const ScanForm& form, const http::RequestHead& head, http::Refusal refusal) const {
    using tenants::ErrorCode;
    const auto answer = [&](ErrorCode code, const char* text) {
        return form.render_error({code, text}, head.request_id, clock_.now());
    };
    switch (refusal) {
        case http::Refusal::kBodyTooLarge:
            return answer(ErrorCode::kImageTooLarge, "The picture must be smaller than 2 MiB.");
        case http::Refusal::kBodyTimeout: return answer(ErrorCode::kImageInvalid, "The picture came too slowly.");
        case http::Refusal::kBodyMalformed: return answer(ErrorCode::kImageInvalid, "The body is cut or malformed.");
        case http::Refusal::kOverloaded: return answer(ErrorCode::kRateLimited, "Too many requests at once.");
        case http::Refusal::kHandlerFailed: break;
    }
    return form.render_fault(head.request_id);
}

}  // namespace gateway::api
