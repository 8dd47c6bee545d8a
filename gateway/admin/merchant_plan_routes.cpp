#include "gateway/admin/merchant_plan_routes.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/admin/json.h"
#include "gateway/admin/plan_json.h"
#include "gateway/admin/problem.h"

namespace gateway::admin {
namespace {

using tenants::AssignmentId;
using tenants::Error;
using tenants::ErrorCode;
using tenants::MerchantId;
using tenants::Pack;
using tenants::PackId;
using tenants::PlanAssignment;

constexpr std::size_t kNoteBytesMax = 200;
constexpr std::size_t kVersionBytesMax = 100;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

http::Response noSuchMerchant(const http::Request& request) {
    return problem(Error{ErrorCode::kNotFound, "no such merchant"}, request.head.request_id);
}

/// `std@7`
std::optional<tenants::PlanVersionId> versionFromText(const std::string& text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string::npos) return std::nullopt;
    tenants::PlanVersionId version{tenants::PlanId{text.substr(0, at)}, 0};
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data() + at + 1, end, version.number);
    if (failure != std::errc{} || stopped != end || version.text() != text) return std::nullopt;
    return version;
}

struct NewAssignment {
    std::optional<tenants::PlanVersionId> version;
    std::optional<tenants::UtcTime> starts_at;
};

tenants::Result<NewAssignment> readAssignment(std::string_view body) {
    const auto object = readJsonObject(body, {"plan_version", "starts_at"});
    if (!object) return object.error();
    NewAssignment assignment;
    if (!(*object)->has("plan_version")) {
        return Error{ErrorCode::kInvalidInput, "plan_version is needed: std@7, or null for no plan"};
    }
    if (!(*object)->isNull("plan_version")) {
        const auto text = readText(**object, "plan_version", kVersionBytesMax);
        if (!text) return text.error();
        assignment.version = versionFromText(**text);
        if (!assignment.version) return Error{ErrorCode::kInvalidInput, "plan_version must be as std@7, or null"};
    }
    const auto starts_at = readTime(**object, "starts_at");
    if (!starts_at) return starts_at.error();
    assignment.starts_at = *starts_at;
    return assignment;
}

/// A pack that begins at `now`.
tenants::Result<Pack> readPack(std::string_view body, const MerchantId& merchant, tenants::UtcTime now) {
    const auto object = readJsonObject(body, {"units", "price_micro_yuan", "expires_at", "note"});
    if (!object) return object.error();
    const auto units = readInteger(**object, "units", 1, kMost);
    if (!units) return units.error();
    if (!*units) return Error{ErrorCode::kInvalidInput, "units is needed"};
    const auto price = readInteger(**object, "price_micro_yuan", 0, kMost);
    if (!price) return price.error();
    const auto expires_at = readTime(**object, "expires_at");
    if (!expires_at) return expires_at.error();
    if (!*expires_at) return Error{ErrorCode::kInvalidInput, "expires_at is needed"};
    const auto note = readText(**object, "note", kNoteBytesMax);
    if (!note) return note.error();
    Pack pack;
    pack.id = PackId{tenants::randomIdText("pack_")};
    pack.merchant = merchant;
    pack.units = **units;
    pack.price = tenants::Money{price->value_or(0)};
    pack.starts_at = now;
    pack.expires_at = **expires_at;
    pack.created_at = now;
    pack.note = note->value_or("");
    return pack;
}

}  // namespace

void MerchantPlanRoutes::addRoutes(http::Router& router) {
    const auto add = guard_.routesOf(router, *this);
    add("GET", "/admin/v1/merchants/{merchant}/plan-assignments", &MerchantPlanRoutes::listAssignments, listQuery());
    add("POST", "/admin/v1/merchants/{merchant}/plan-assignments", &MerchantPlanRoutes::assign);
    add("DELETE", "/admin/v1/merchants/{merchant}/plan-assignments/{assignment}",
        &MerchantPlanRoutes::cancelAssignment);
    add("GET", "/admin/v1/merchants/{merchant}/packs", &MerchantPlanRoutes::listPacks, listQuery());
    add("POST", "/admin/v1/merchants/{merchant}/packs", &MerchantPlanRoutes::grantPack);
    add("POST", "/admin/v1/merchants/{merchant}/packs/{pack}:expire", &MerchantPlanRoutes::expirePack);
}

http::Response MerchantPlanRoutes::render(int status, const PlanAssignment& assignment) const {
    const tenants::UtcTime now = clock_.now();
    const auto all = plans_.assignments(assignment.merchant);
    const PlanAssignment* const in_force = tenants::assignmentInForce(all, now);
    return jsonResponse(status, assignmentJson(assignment, in_force != nullptr && in_force->id == assignment.id, now));
}

tenants::Task<http::Response> MerchantPlanRoutes::listAssignments(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    const std::string list = "plan-assignments of " + merchant.text();
    const auto page = pages_.read(request.head, list);
    if (!page) co_return problem(page.error(), request.head.request_id);
    const tenants::UtcTime now = clock_.now();
    const auto all = plans_.assignments(merchant);
    const PlanAssignment* const in_force = tenants::assignmentInForce(all, now);
    auto next = all.rbegin();
    if (!page->after.empty()) {
        next = std::find_if(all.rbegin(), all.rend(),
                            [&](const PlanAssignment& each) { return each.id.text() == page->after; });
        if (next != all.rend()) ++next;
    }
    Poco::JSON::Array rows;
    std::string last;
    for (; next != all.rend() && rows.size() < page->size; ++next) {
        rows.add(assignmentJson(*next, &*next == in_force, now));
        last = next->id.text();
    }
    auto object = jsonObject();
    object->set("plan_assignments", rows);
    object->set("next_page_token", next != all.rend() ? pages_.token(list, last) : std::string{});
    co_return jsonResponse(200, object);
}

tenants::Task<http::Response> MerchantPlanRoutes::assign(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    const auto read = readAssignment(request.body);
    if (!read) co_return problem(read.error(), request.head.request_id);
    const tenants::UtcTime now = clock_.now();
    const auto assigned =
        co_await plans_.assign(merchant, read->version, read->starts_at, now, guard_.noteOf(request.head, now));
    if (!assigned) co_return problem(assigned.error(), request.head.request_id);
    log_.info("plan_assigned", {{"request_id", request.head.request_id},
                                {"merchant", merchant.text()},
                                {"plan_version", assigned->version ? assigned->version->text() : std::string{}},
                                {"starts_at", tenants::rfc3339(assigned->starts_at)}});
    auto response = render(201, *assigned);
    response.headers.set("Location",
                         "/admin/v1/merchants/" + merchant.text() + "/plan-assignments/" + assigned->id.text());
    co_return response;
}

tenants::Task<http::Response> MerchantPlanRoutes::cancelAssignment(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    const tenants::UtcTime now = clock_.now();
    const auto cancelled = co_await plans_.cancelAssignment(
        merchant, AssignmentId{request.head.pathParameter("assignment")}, now, guard_.noteOf(request.head, now));
    if (!cancelled) co_return problem(cancelled.error(), request.head.request_id);
    log_.info("plan_assignment_cancelled", {{"request_id", request.head.request_id},
                                            {"merchant", merchant.text()},
                                            {"plan_assignment", cancelled->id.text()}});
    co_return render(200, *cancelled);
}

tenants::Task<http::Response> MerchantPlanRoutes::listPacks(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    const std::string list = "packs of " + merchant.text();
    const auto page = pages_.read(request.head, list);
    if (!page) co_return problem(page.error(), request.head.request_id);
    const auto before = page->after.empty() ? std::nullopt : std::optional{PackId{page->after}};
    const auto found = co_await workers_.run([&] { return plans_.packs(merchant, before, page->size + 1); });
    Poco::JSON::Array rows;
    for (std::size_t i = 0; i < found.size() && i < page->size; ++i) rows.add(packJson(found[i], clock_.now()));
    auto object = jsonObject();
    object->set("packs", rows);
    const bool has_more = found.size() > page->size;
    object->set("next_page_token", has_more ? pages_.token(list, found[page->size - 1].id.text()) : std::string{});
    co_return jsonResponse(200, object);
}

tenants::Task<http::Response> MerchantPlanRoutes::grantPack(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    const auto read = readPack(request.body, merchant, clock_.now());
    if (!read) co_return problem(read.error(), request.head.request_id);
    const auto granted = co_await plans_.grantPack(*read, guard_.noteOf(request.head, read->created_at));
    if (!granted) co_return problem(granted.error(), request.head.request_id);
    log_.info("pack_granted", {{"request_id", request.head.request_id},
                               {"merchant", merchant.text()},
                               {"pack", granted->id.text()},
                               {"units", granted->units}});
    co_return jsonResponse(201, packJson(*granted, clock_.now()));
}

tenants::Task<http::Response> MerchantPlanRoutes::expirePack(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    const tenants::UtcTime now = clock_.now();
    const auto expired = co_await plans_.expirePack(merchant, PackId{request.head.pathParameter("pack")}, now,
                                                    guard_.noteOf(request.head, now));
    if (!expired) co_return problem(expired.error(), request.head.request_id);
    log_.info("pack_expired",
              {{"request_id", request.head.request_id}, {"merchant", merchant.text()}, {"pack", expired->id.text()}});
    // Its expiry may be the very millisecond of now.
    co_return jsonResponse(200, packJson(*expired, std::max(clock_.now(), expired->expires_at)));
}

}  // namespace gateway::admin
