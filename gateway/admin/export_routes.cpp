#include "gateway/admin/export_routes.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "gateway/admin/json.h"
#include "gateway/admin/problem.h"
#include "tenants/base/json_text.h"

namespace gateway::admin {
namespace {

using tenants::Error;
using tenants::ErrorCode;

constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kTextBytesMax = 128;
// A file is answered in one piece: a few tens of MiB at most.

http::Response notFound(const http::Request& request, const char* text) {
    return problem(Error{ErrorCode::kNotFound, text}, request.head.request_id);
}

Error invalid(const char* text) {
    return {ErrorCode::kInvalidInput, text};
}

std::string addressOf(const std::string& id) {
    return "/admin/v1/exports/" + id;
}

void appendView(std::string& out, const ExportView& view) {
    tenants::JsonObject object{out};
    object.add("id", view.id).add("state", view.state);
    object.begin("request").append(view.request);
    tenants::JsonObject progress{object.begin("progress")};
    progress.add("entries_read", view.entries_read)
        .add("entries_total", view.entries_total)
        .add("rows", view.rows)
        .end();
    tenants::appendJsonArray(object.begin("files"), view.files, [&](std::string& text, const std::string& name) {
        tenants::appendJsonString(text, addressOf(view.id) + "/files/" + name);
    });
    object.addOrNull("error", view.error.empty() ? std::nullopt : std::optional{view.error}).end();
}

std::string contentType(const std::string& name) {
    if (name.ends_with(".gz")) return "application/gzip";
    if (name.ends_with(".csv")) return "text/csv; charset=utf-8";
    if (name.ends_with(".jsonl")) return "application/jsonl";
    return "application/json";
}

}  // namespace

void ExportRoutes::addRoutes(http::Router& router) {
    const auto add = guard_.routesOf(router, *this);
    add("POST", "/admin/v1/exports", &ExportRoutes::begin);
    add("GET", "/admin/v1/exports", &ExportRoutes::list);
    add("GET", "/admin/v1/exports/{export}", &ExportRoutes::show);
    add("GET", "/admin/v1/exports/{export}/files/{name}", &ExportRoutes::fetch);
    add("GET", "/admin/v1/exports/{export}/files/{folder}/{name}", &ExportRoutes::fetch);
}

tenants::Result<exports::ExportRequest> ExportRoutes::read(const http::Request& request) const {
    const auto object = readJsonObject(
        request.body, {"format", "period", "merchant_id", "first_number", "last_number", "gzip", "byte_order_mark"});
    if (!object) return object.error();
    exports::ExportRequest wanted;
    const auto format = readText(**object, "format", kTextBytesMax);
    if (!format) return format.error();
    const auto named = tenants::exportFormatFromText(format->value_or(""));
    if (!named) return invalid("format must be csv, jsonl or focus");
    wanted.format = *named;
    const auto period = readText(**object, "period", kTextBytesMax);
    if (!period) return period.error();
    if (*period) {
        wanted.scope.period = tenants::Period::parse(**period);
        if (!wanted.scope.period) return invalid("period must be a month such as 2026-11");
    }
    const auto merchant = readText(**object, "merchant_id", kTextBytesMax);
    if (!merchant) return merchant.error();
    if (*merchant) {
        wanted.scope.merchant = tenants::MerchantId{**merchant};
        if (!merchants_.find(*wanted.scope.merchant)) return Error{ErrorCode::kNotFound, "no such merchant"};
    }
    const auto first = readInteger(**object, "first_number", 1, kNumberMax);
    if (!first) return first.error();
    wanted.scope.first_number = *first;
    const auto last = readInteger(**object, "last_number", 1, kNumberMax);
    if (!last) return last.error();
    wanted.scope.last_number = *last;
    const auto gzip = readFlag(**object, "gzip");
    if (!gzip) return gzip.error();
    wanted.gzip = gzip->value_or(false);
    const auto mark = readFlag(**object, "byte_order_mark");
    if (!mark) return mark.error();
    wanted.byte_order_mark = mark->value_or(false);
    const auto sound = tenants::checkScope(wanted.scope);
    if (!sound) return sound.error();
    return wanted;
}

tenants::Task<http::Response> ExportRoutes::begin(http::Request request) {
    const auto wanted = read(request);
    if (!wanted) co_return problem(wanted.error(), request.head.request_id);
    // Its files are no part of the store: it is in the audit before it is begun.
    const std::string id = desk_.newId();
    const auto noted = co_await audit_.append(
        guard_.noteOf(request.head, clock_.now())
            .on("export.create", wanted->scope.merchant.value_or(tenants::MerchantId{}), "exports/" + id));
    if (!noted) co_return problem(noted.error(), request.head.request_id);
    co_await workers_.run([&] { desk_.begin(id, *wanted); });
    log_.info("export_begun", {{"request_id", request.head.request_id}, {"export", id}});
    const auto view = co_await workers_.run([&] { return desk_.find(id); });
    std::string body;
    appendView(body, *view);
    auto response = http::textResponse(202, "application/json", std::move(body));
    response.headers.set("Location", addressOf(id));
    co_return response;
}

tenants::Task<http::Response> ExportRoutes::list(http::Request /*request*/) {
    const auto views = co_await workers_.run([&] { return desk_.list(); });
    std::string body;
    tenants::JsonObject object{body};
    tenants::appendJsonArray(object.begin("exports"), views, appendView);
    object.end();
    co_return http::textResponse(200, "application/json", std::move(body));
}

tenants::Task<http::Response> ExportRoutes::show(http::Request request) {
    const std::string id = request.head.pathParameter("export");
    const auto view = co_await workers_.run([&] { return desk_.find(id); });
    if (!view) co_return notFound(request, "no such export");
    std::string body;
    appendView(body, *view);
    co_return http::textResponse(200, "application/json", std::move(body));
}

tenants::Task<http::Response> ExportRoutes::fetch(http::Request request) {
    const std::string id = request.head.pathParameter("export");
    const std::string folder = request.head.pathParameter("folder");
    const std::string name = (folder.empty() ? "" : folder + "/") + request.head.pathParameter("name");
    auto bytes = co_await workers_.run([&] { return desk_.file(id, name); });
    if (!bytes) co_return notFound(request, "no such file of that export, or it is not done");
    co_return http::textResponse(200, contentType(name), *std::move(bytes));
}

}  // namespace gateway::admin
