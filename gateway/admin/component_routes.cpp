#include "gateway/admin/component_routes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gateway/admin/json.h"
#include "gateway/admin/problem.h"

namespace gateway::admin {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::ReconciliationReport;

constexpr std::size_t kAppIdBytesMax = 64;

Poco::JSON::Object::Ptr componentJson(const ComponentRoutes::Component& component) {
    const tenants::TicketHealth ticket = component.ticket.get().health();
    const tenants::ComponentHealth token = component.tokens.get().componentHealth();
    Poco::JSON::Array troubles;
    if (!ticket.trouble.empty()) troubles.add(std::string{ticket.trouble});
    if (!token.trouble.empty()) troubles.add(token.trouble);
    auto object = jsonObject();
    object->set("appid", component.appid.text());
    object->set("ticket_at", jsonTime(ticket.has_ticket ? std::optional{ticket.created_at} : std::nullopt));
    object->set("ticket_age_s", std::chrono::floor<std::chrono::seconds>(ticket.age).count());
    object->set("token_expires_at", jsonTime(token.has_token ? std::optional{token.token_expires_at} : std::nullopt));
    object->set("troubles", troubles);
    return object;
}

Poco::JSON::Object::Ptr reportJson(const tenants::AppId& component, const ReconciliationReport& report) {
    auto object = jsonObject();
    object->set("id", report.id.text());
    object->set("component", component.text());
    object->set("state", std::string{tenants::reconciliationStateText(report.state)});
    object->set("begun_by", std::string{tenants::reconciliationTriggerText(report.trigger)});
    object->set("started_at", tenants::rfc3339(report.started_at));
    object->set("finished_at", jsonTime(report.finished_at));
    object->set("listed", report.listed);
    object->set("to_check", report.to_check);
    object->set("checked", report.checked);
    object->set("differences_total", report.differences_total);
    object->set("error", report.error);
    return object;
}

Poco::JSON::Array differencesJson(const ReconciliationReport& report) {
    Poco::JSON::Array rows;
    for (const tenants::Difference& difference : report.differences) {
        auto row = jsonObject();
        row->set("appid", difference.appid.text());
        row->set("merchant",
                 difference.merchant.empty() ? Poco::Dynamic::Var{} : Poco::Dynamic::Var{difference.merchant.text()});
        row->set("kind", difference.kind);
        row->set("mended", difference.mended);
        row->set("detail", difference.detail);
        rows.add(row);
    }
    return rows;
}

}  // namespace

void ComponentRoutes::addRoutes(http::Router& router) {
    const auto add = guard_.routesOf(router, *this);
    add("GET", "/admin/v1/components", &ComponentRoutes::list);
    add("GET", "/admin/v1/reconciliations", &ComponentRoutes::listReconciliations);
    add("POST", "/admin/v1/reconciliations", &ComponentRoutes::startReconciliation);
    add("GET", "/admin/v1/reconciliations/{reconciliation}", &ComponentRoutes::showReconciliation);
}

tenants::Task<http::Response> ComponentRoutes::list(http::Request) {
    Poco::JSON::Array rows;
    for (const Component& component : components_) rows.add(componentJson(component));
    auto object = jsonObject();
    object->set("components", rows);
    co_return jsonResponse(200, object);
}

/// The one that the body names; it need not where there is only one.
tenants::Result<const ComponentRoutes::Component*> ComponentRoutes::componentNamed(std::string_view body) const {
    const auto object = readJsonObject(body, {"component"});
    if (!object) return object.error();
    const auto appid = readText(**object, "component", kAppIdBytesMax);
    if (!appid) return appid.error();
    if (!*appid && components_.size() == 1) return &components_.front();
    if (!*appid) return Error{ErrorCode::kInvalidInput, "component is needed"};
    const auto named =
        std::ranges::find(components_, **appid, [](const Component& known) { return known.appid.text(); });
    if (named == components_.end()) return Error{ErrorCode::kInvalidInput, "there is no such component"};
    return &*named;
}

tenants::Task<http::Response> ComponentRoutes::startReconciliation(http::Request request) {
    const auto component = componentNamed(request.body);
    if (!component) co_return problem(component.error(), request.head.request_id);
    const auto started = co_await (*component)->reconciliation.get().start(guard_.noteOf(request.head, clock_.now()));
    if (!started) co_return problem(started.error(), request.head.request_id);
    log_.info("reconciliation_requested",
              {{"request_id", request.head.request_id}, {"reconciliation", started->id.text()}});
    auto response = jsonResponse(202, reportJson((*component)->appid, *started));
    response.headers.set("Location", "/admin/v1/reconciliations/" + started->id.text());
    co_return response;
}

tenants::Task<http::Response> ComponentRoutes::listReconciliations(http::Request) {
    Poco::JSON::Array rows;
    for (const Component& component : components_) {
        const auto reports = co_await component.reconciliation.get().newest(tenants::ReconciliationStore::kReportsKept);
        for (const ReconciliationReport& report : reports) rows.add(reportJson(component.appid, report));
    }
    auto object = jsonObject();
    object->set("reconciliations", rows);  // bounded by what is kept: always one page
    object->set("next_page_token", std::string{});
    co_return jsonResponse(200, object);
}

tenants::Task<http::Response> ComponentRoutes::showReconciliation(http::Request request) {
    const tenants::ReconciliationId id{request.head.pathParameter("reconciliation")};
    for (const Component& component : components_) {
        const auto report = co_await component.reconciliation.get().find(id);
        if (!report) continue;
        auto object = reportJson(component.appid, *report);
        object->set("differences", differencesJson(*report));
        co_return jsonResponse(200, object);
    }
    co_return problem(Error{ErrorCode::kNotFound, "no such reconciliation"}, request.head.request_id);
}

}  // namespace gateway::admin
