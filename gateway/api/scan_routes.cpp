#include "gateway/api/scan_routes.h"

#include <chrono>
#include <utility>

#include "gateway/api/credential.h"
#include "gateway/api/idempotency.h"
#include "gateway/api/picture_form.h"

namespace gateway::api {
namespace {

/// Hundreds of clients that ask again at once, whatever Retry-After says, would take the processor from everybody: 500 of one
/// merchant made 56,000 refusals a second, and another merchant's p99 was 61 ms. A refusal costs an eighth of a small scan, so
/// they also take it from what is served. Well below the 50 ms in which a refusal is promised.
constexpr std::chrono::milliseconds kHeldBack{20};

/// For want of room, and not for what the request is: whoever repeats it at once hears the same.
bool isForWantOfRoom(tenants::ErrorCode code) {
    using tenants::ErrorCode;
    return code == ErrorCode::kRateLimited || code == ErrorCode::kUpstreamBusy ||
           code == ErrorCode::kUpstreamUnreachable || code == ErrorCode::kStoreUnavailable;
}

}  // namespace

struct ScanRoutes::Ticket final : http::RequestTicket {
    Ticket(const ScanRoutes& routes, const ScanForm& form, tenants::Caller caller_let_in,
           tenants::ScanAdmission::Permit its_permit)
        : caller(std::move(caller_let_in)), permit(std::move(its_permit)), routes_(routes), form_(form) {}

    bool mayStart() override { return routes_.scans_.mayRun(permit); }
    bool isUndecided() const override { return permit.refusalUnlessRepeat() != nullptr; }
    tenants::Task<std::optional<http::Response>> decide() override {
        const auto repeats = co_await routes_.scans_.mayBeRepeat(permit, caller, idempotency_key);
        if (repeats) co_return std::nullopt;
        co_return routes_.refuseEarly(form_, repeats.error(), request_id);
    }

    const tenants::Caller caller;
    tenants::ScanAdmission::Permit permit;
    // Only where the permit is for a repeat alone.
    std::string idempotency_key;
    std::string request_id;

private:
    const ScanRoutes& routes_;
    const ScanForm& form_;
};

void ScanRoutes::add(http::Router& router, ScanForm given) {
    const ScanForm& form = forms_.emplace_back(std::move(given));
    for (const std::string& method : form.methods) {
        router.add({.method = method,
                    .pattern = form.path,
                    .handler = [this, &form](http::Request request) { return handle(&form, std::move(request)); },
                    .body_bytes_max = form.body_bytes_max,
                    .only_reads = false,
                    .admit = [this, &form](http::RequestHead& head) { return admit(form, head); },
                    .refuse = [this, &form](const http::RequestHead& head,
                                            http::Refusal refusal) { return refuse(form, head, refusal); }});
    }
}

std::optional<http::Response> ScanRoutes::admit(const ScanForm& form, http::RequestHead& head) const {
    auto caller = authenticator_.authenticate(credentialOf(head));
    if (!caller) return form.render_error(caller.error(), head.request_id, clock_.now());
    const auto key = readIdempotencyKey(head.headers);
    const bool may_repeat = key && key->has_value();
    auto permit = scans_.enter(*caller, may_repeat);
    if (!permit) return refuseEarly(form, permit.error(), head.request_id);
    const auto ticket = std::make_shared<Ticket>(*this, form, *std::move(caller), *std::move(permit));
    if (ticket->isUndecided()) {
        ticket->idempotency_key = **key;
        ticket->request_id = head.request_id;
    }
    head.ticket = ticket;
    return std::nullopt;
}

http::Response ScanRoutes::refuseEarly(const ScanForm& form, const tenants::Error& error,
                                       std::string_view request_id) const {
    auto refused = form.render_error(error, request_id, clock_.now());
    if (isForWantOfRoom(error.code)) refused.held_back = kHeldBack;
    return refused;
}

tenants::Result<tenants::ScanInput> ScanRoutes::readInput(const ScanForm& form, http::Request& request) const {
    const auto& ticket = static_cast<const Ticket&>(*request.head.ticket);
    auto key = readIdempotencyKey(request.head.headers);
    if (!key) return key.error();
    auto picture = form.read_picture(request, form.image_bytes_max);
    if (!picture) return picture.error();
    tenants::ScanInput input{ticket.caller, *picture, *key, std::nullopt, request.head.request_id, &ticket.permit};
    if (input.idempotency_key) input.fingerprint = fingerprintOf(form.path, ticket.caller.merchant, input.picture);
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
            return form.render_error(imageTooLarge(form.image_bytes_max), head.request_id, clock_.now());
        case http::Refusal::kBodyTimeout: return answer(ErrorCode::kImageInvalid, "The picture came too slowly.");
        case http::Refusal::kBodyMalformed: return answer(ErrorCode::kImageInvalid, "The body is cut or malformed.");
        case http::Refusal::kOverloaded: return answer(ErrorCode::kRateLimited, "Too many requests at once.");
        case http::Refusal::kHandlerFailed: break;
    }
    return form.render_fault(head.request_id);
}

}  // namespace gateway::api
