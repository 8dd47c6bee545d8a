#include "gateway/admin/audit_routes.h"

#include <Poco/JSON/Parser.h>

#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/admin/json.h"
#include "gateway/admin/problem.h"
#include "tenants/base/digest.h"

namespace gateway::admin {
namespace {

using tenants::AuditEntry;
using tenants::Error;
using tenants::ErrorCode;
using tenants::MerchantId;

/// The members as they are stored: the hash is over their order.
Poco::Dynamic::Var inItsOrder(const std::string& content) {
    return Poco::JSON::Parser{new Poco::JSON::ParseHandler(true)}.parse(content);
}

Poco::JSON::Object::Ptr entryJson(const AuditEntry& entry) {
    const tenants::AuditNote& note = entry.note;
    auto object = jsonObject();
    object->set("number", entry.number);
    object->set("at", tenants::rfc3339(note.at));
    object->set("actor", note.actor.text());
    object->set("action", note.action);
    object->set("merchant", note.merchant.empty() ? Poco::Dynamic::Var{} : Poco::Dynamic::Var{note.merchant.text()});
    object->set("target", note.target);
    object->set("reason", note.reason);
    object->set("request_id", note.request_id);
    object->set("content", entry.content ? inItsOrder(*entry.content) : Poco::Dynamic::Var{});
    object->set("hash", tenants::hexText(entry.hash));
    return object;
}

/// The number that a page token holds; the token was signed by us, so anything else is a fault of ours.
std::optional<std::int64_t> numberBefore(const std::string& key) {
    if (key.empty()) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (failure != std::errc{} || end != key.data() + key.size()) throw std::logic_error("page token without a number");
    return number;
}

}  // namespace

void AuditRoutes::addRoutes(http::Router& router, const AdminGuard& guard) {
    guard.addRoute(
        router, "GET", "/admin/v1/audit-entries", [this](http::Request request) { return list(std::move(request)); },
        listQuery({"merchant", "action"}));
}

tenants::Task<http::Response> AuditRoutes::list(http::Request request) {
    tenants::AuditFilter filter;
    if (const auto text = request.head.queryParameter("merchant"); text && !text->empty()) {
        filter.merchant = MerchantId{*text};
        // Of a mistyped merchant there would be an empty list, which looks as if nothing had been done.
        if (!merchants_.find(*filter.merchant)) {
            co_return problem(Error{ErrorCode::kNotFound, "no such merchant"}, request.head.request_id);
        }
    }
    filter.action = request.head.queryParameter("action").value_or("");
    if (!filter.action.empty() && !tenants::isAuditAction(filter.action)) {
        co_return problem(Error{ErrorCode::kInvalidInput, "action must be a word of the audit, such as key.create"},
                          request.head.request_id);
    }
    const std::string name =
        "audit-entries " + filter.action + " of " + (filter.merchant ? filter.merchant->text() : std::string{});
    const auto page = pages_.read(request.head, name);
    if (!page) co_return problem(page.error(), request.head.request_id);
    const auto before = numberBefore(page->after);
    const auto rows = co_await workers_.run([&] { return audit_.entries(filter, before, page->size + 1); });
    Poco::JSON::Array array;
    for (std::size_t i = 0; i < rows.size() && i < page->size; ++i) array.add(entryJson(rows[i]));
    auto object = jsonObject();
    object->set("audit_entries", array);
    const bool has_more = rows.size() > page->size;
    object->set("next_page_token",
                has_more ? pages_.token(name, std::to_string(rows[page->size - 1].number)) : std::string{});
    co_return jsonResponse(200, object);
}

}  // namespace gateway::admin
