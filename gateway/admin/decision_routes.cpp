#include "gateway/admin/decision_routes.h"

#include <charconv>
#include <string>
#include <utility>

#include "gateway/admin/json.h"
#include "gateway/admin/problem.h"
#include "gateway/http/form.h"
#include "tenants/base/digest.h"

namespace gateway::admin {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::MerchantId;
using tenants::Receipt;

constexpr std::size_t kReasonBytesMax = 500;
constexpr std::size_t kRequestIdBytesMax = 255;

/// The path's number; 0, which no entry has, for what is no number.
std::int64_t entryNumber(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc{} && end == text.data() + text.size() ? number : 0;
}

/// Of the path, where it is percent-encoded; of the body for ids that no path can hold, such as those with a '/'.
tenants::Result<tenants::RequestId> readRequest(const http::RequestHead& head, const Poco::JSON::Object& body) {
    auto named = readText(body, "request_id", kRequestIdBytesMax);
    if (!named) return named.error();
    const std::string raw = head.pathParameter("request");
    const auto id = raw.empty() ? *std::move(named) : http::percentDecode(raw, http::PlusSign::kIsItself);
    if (!id || id->empty()) return Error{ErrorCode::kInvalidInput, "request_id is needed"};
    return tenants::RequestId{*id};
}

tenants::Result<std::string> readReason(const Poco::JSON::Object& body) {
    auto reason = readText(body, "reason", kReasonBytesMax);
    if (!reason) return reason.error();
    if (!*reason || (*reason)->empty()) return Error{ErrorCode::kInvalidInput, "reason is needed: why, in your words"};
    return **std::move(reason);
}

http::Response receiptJson(const Receipt& receipt) {
    auto object = jsonObject();
    object->set("id", receipt.entry.text());
    object->set("number", receipt.number);
    object->set("period", receipt.period.text());
    object->set("hash", tenants::hexText(receipt.hash));
    return jsonResponse(200, object);
}

}  // namespace

void DecisionRoutes::addRoutes(http::Router& router) {
    const auto add = guard_.routesOf(router, *this);
    add("POST", "/admin/v1/merchants/{merchant}/usage-entries/{number}:correct", &DecisionRoutes::correct);
    add("POST", "/admin/v1/merchants/{merchant}/holds/{request}:decide", &DecisionRoutes::decide);
    add("POST", "/admin/v1/merchants/{merchant}/holds:decide", &DecisionRoutes::decide);
}

tenants::Task<http::Response> DecisionRoutes::correct(http::Request request) {
    const auto body = readJsonObject(request.body, {"reason"});
    if (!body) co_return problem(body.error(), request.head.request_id);
    const auto reason = readReason(**body);
    if (!reason) co_return problem(reason.error(), request.head.request_id);

    tenants::Correction correction;
    correction.merchant = MerchantId{request.head.pathParameter("merchant")};
    correction.number = entryNumber(request.head.pathParameter("number"));
    correction.reason = *reason;
    correction.now = clock_.now();
    correction.note =
        guard_.noteOf(request.head, correction.now, *reason)
            .on("usage_entry.correct", correction.merchant, "usage-entries/" + std::to_string(correction.number));
    const auto corrected = co_await ledger_.correct(correction);
    if (!corrected) co_return problem(corrected.error(), request.head.request_id);
    log_.info("usage_entry_corrected", {{"request_id", request.head.request_id},
                                        {"merchant", correction.merchant.text()},
                                        {"corrects", correction.number},
                                        {"entry_number", corrected->number}});
    co_return receiptJson(*corrected);
}

tenants::Task<http::Response> DecisionRoutes::decide(http::Request request) {
    const auto body = readJsonObject(request.body, {"decision", "reason", "request_id"});
    if (!body) co_return problem(body.error(), request.head.request_id);
    const auto word = readText(**body, "decision", 20);
    if (!word) co_return problem(word.error(), request.head.request_id);
    if (*word != "billed" && *word != "not_billed") {
        co_return problem(Error{ErrorCode::kInvalidInput, "decision must be billed or not_billed"},
                          request.head.request_id);
    }
    const auto reason = readReason(**body);
    if (!reason) co_return problem(reason.error(), request.head.request_id);
    const auto id = readRequest(request.head, **body);
    if (!id) co_return problem(id.error(), request.head.request_id);

    tenants::Decision decision;
    decision.merchant = MerchantId{request.head.pathParameter("merchant")};
    decision.request = *id;
    decision.billed = **word == "billed";
    decision.reason = *reason;
    decision.now = clock_.now();
    decision.note = guard_.noteOf(request.head, decision.now, *reason)
                        .on("hold." + **word, decision.merchant, "holds/" + decision.request.text());
    const auto decided = co_await ledger_.decide(decision);
    if (!decided) co_return problem(decided.error(), request.head.request_id);
    log_.info("hold_decided", {{"request_id", request.head.request_id},
                               {"merchant", decision.merchant.text()},
                               {"ledger_request_id", decision.request.text()},
                               {"decision", **word},
                               {"entry_number", decided->number}});
    co_return receiptJson(*decided);
}

}  // namespace gateway::admin
