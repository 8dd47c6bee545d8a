#include "gateway/admin/plan_routes.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "gateway/admin/json.h"
#include "gateway/admin/plan_json.h"
#include "gateway/admin/problem.h"

namespace gateway::admin {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::PlanId;

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kIdBytesMax = 64;

http::Response noSuchPlan(const http::Request& request) {
    return problem(Error{ErrorCode::kNotFound, "no such plan"}, request.head.request_id);
}

bool isPlanId(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char character) {
        return (std::isalnum(character) != 0 && character < 0x80) || character == '-' || character == '_' ||
               character == '.';
    });
}

std::optional<std::int64_t> numberOf(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// A plan as a body describes it.
struct NewPlan {
    PlanId id;
    std::string name;
    std::optional<tenants::PlanTerms> terms;
};

tenants::Result<NewPlan> readPlan(std::string_view body) {
    const auto object = readJsonObject(body, kPlanMembers);
    if (!object) return object.error();
    const auto id = readText(**object, "id", kIdBytesMax);
    if (!id) return id.error();
    if (*id && !isPlanId(**id)) {
        return Error{ErrorCode::kInvalidInput, "id has letters, digits, '-', '_' and '.' only"};
    }
    const auto name = readText(**object, "name", kNameBytesMax);
    if (!name) return name.error();
    if (!*name || (*name)->empty()) return Error{ErrorCode::kInvalidInput, "name is needed"};
    NewPlan plan{PlanId{id->value_or(tenants::randomIdText("plan_"))}, **name, {}};
    const auto is_said = [&](const char* member) { return (*object)->has(member); };
    if (std::none_of(kTermsMembers.begin(), kTermsMembers.end(), is_said)) return plan;
    auto terms = readTerms(**object);
    if (!terms) return terms.error();
    plan.terms = *std::move(terms);
    return plan;
}

}  // namespace

void PlanRoutes::addRoutes(http::Router& router) {
    const auto add = guard_.routesOf(router, *this);
    add("GET", "/admin/v1/plans", &PlanRoutes::list, listQuery());
    add("POST", "/admin/v1/plans", &PlanRoutes::create);
    add("GET", "/admin/v1/plans/{plan}", &PlanRoutes::show);
    add("GET", "/admin/v1/plans/{plan}/versions", &PlanRoutes::listVersions, listQuery());
    add("POST", "/admin/v1/plans/{plan}/versions", &PlanRoutes::createVersion);
    add("GET", "/admin/v1/plans/{plan}/versions/{version}", &PlanRoutes::showVersion);
}

http::Response PlanRoutes::render(int status, const tenants::Plan& plan) const {
    auto response = jsonResponse(status, planJson(plan, plans_.findVersion({plan.id, plan.versions})));
    response.headers.set("ETag", etagOf(plan));
    return response;
}

tenants::Task<http::Response> PlanRoutes::list(http::Request request) {
    const auto page = pages_.read(request.head, "plans");
    if (!page) co_return problem(page.error(), request.head.request_id);
    const auto found = plans_.plans(PlanId{page->after}, page->size + 1);
    Poco::JSON::Array rows;
    for (std::size_t i = 0; i < found.size() && i < page->size; ++i) {
        rows.add(planJson(found[i], plans_.findVersion({found[i].id, found[i].versions})));
    }
    auto object = jsonObject();
    object->set("plans", rows);
    const bool has_more = found.size() > page->size;
    object->set("next_page_token", has_more ? pages_.token("plans", found[page->size - 1].id.text()) : std::string{});
    co_return jsonResponse(200, object);
}

tenants::Task<http::Response> PlanRoutes::create(http::Request request) {
    auto read = readPlan(request.body);
    if (!read) co_return problem(read.error(), request.head.request_id);
    const tenants::UtcTime now = clock_.now();
    const auto added =
        co_await plans_.addPlan(read->id, read->name, std::move(read->terms), now, guard_.noteOf(request.head, now));
    if (!added) co_return problem(added.error(), request.head.request_id);
    log_.info("plan_created", {{"request_id", request.head.request_id}, {"plan", added->id.text()}});
    auto response = render(201, *added);
    response.headers.set("Location", "/admin/v1/plans/" + added->id.text());
    co_return response;
}

tenants::Task<http::Response> PlanRoutes::show(http::Request request) {
    const auto plan = plans_.findPlan(PlanId{request.head.pathParameter("plan")});
    if (!plan) co_return noSuchPlan(request);
    co_return render(200, *plan);
}

tenants::Task<http::Response> PlanRoutes::listVersions(http::Request request) {
    const PlanId plan{request.head.pathParameter("plan")};
    if (!plans_.findPlan(plan)) co_return noSuchPlan(request);
    const std::string list = "versions of " + plan.text();
    const auto page = pages_.read(request.head, list);
    if (!page) co_return problem(page.error(), request.head.request_id);
    const auto found = plans_.versions(plan, numberOf(page->after), page->size + 1);
    Poco::JSON::Array rows;
    for (std::size_t i = 0; i < found.size() && i < page->size; ++i) rows.add(versionJson(*found[i]));
    auto object = jsonObject();
    object->set("versions", rows);
    const bool has_more = found.size() > page->size;
    object->set("next_page_token",
                has_more ? pages_.token(list, std::to_string(found[page->size - 1]->id.number)) : std::string{});
    co_return jsonResponse(200, object);
}

tenants::Task<http::Response> PlanRoutes::createVersion(http::Request request) {
    const PlanId plan{request.head.pathParameter("plan")};
    if (!plans_.findPlan(plan)) co_return noSuchPlan(request);
    const auto object = readJsonObject(request.body, kTermsMembers);
    if (!object) co_return problem(object.error(), request.head.request_id);
    auto terms = readTerms(**object);
    if (!terms) co_return problem(terms.error(), request.head.request_id);
    const tenants::UtcTime now = clock_.now();
    const auto added = co_await plans_.addVersion(plan, *std::move(terms), now, guard_.noteOf(request.head, now));
    if (!added) co_return problem(added.error(), request.head.request_id);
    log_.info("plan_version_created", {{"request_id", request.head.request_id}, {"plan_version", added->id.text()}});
    auto response = jsonResponse(201, versionJson(*added));
    response.headers.set("Location",
                         "/admin/v1/plans/" + plan.text() + "/versions/" + std::to_string(added->id.number));
    co_return response;
}

tenants::Task<http::Response> PlanRoutes::showVersion(http::Request request) {
    const auto number = numberOf(request.head.pathParameter("version"));
    const tenants::PlanVersion* const version =
        number ? plans_.findVersion({PlanId{request.head.pathParameter("plan")}, *number}) : nullptr;
    if (version == nullptr) {
        co_return problem(Error{ErrorCode::kNotFound, "no such plan version"}, request.head.request_id);
    }
    co_return jsonResponse(200, versionJson(*version));
}

}  // namespace gateway::admin
