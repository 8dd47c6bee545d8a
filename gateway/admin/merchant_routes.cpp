#include "gateway/admin/merchant_routes.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <string>
#include <utility>

#include "gateway/admin/json.h"
#include "gateway/admin/problem.h"
#include "tenants/scan/standing.h"

namespace gateway::admin {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::Merchant;
using tenants::MerchantId;

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kAppIdBytesMax = 64;
constexpr std::int64_t kUpstreamUnitsMax = 1'000'000'000'000;
constexpr std::int64_t kDayLimitMax = std::numeric_limits<std::int64_t>::max() / 2;  // sums of units must not overflow

std::string etagOf(const Merchant& merchant) {
    return "\"" + std::to_string(merchant.version) + "\"";
}

Poco::JSON::Object::Ptr merchantJson(const Merchant& merchant, const tenants::Authorization* authorization,
                                     tenants::UtcTime now) {
    const tenants::Standing standing = tenants::standingOf(merchant, authorization, now);
    auto object = jsonObject();
    object->set("id", merchant.id.text());
    object->set("name", merchant.name);
    object->set("component", merchant.component.text());
    object->set("appid",
                authorization != nullptr ? Poco::Dynamic::Var{authorization->appid.text()} : Poco::Dynamic::Var{});
    object->set("state", std::string{standing.state});
    object->set("state_reason", standing.state_reason);
    object->set("next_step", standing.next_step);
    Poco::JSON::Array sets;
    if (authorization != nullptr) {
        for (const int set : authorization->granted_sets) sets.add(set);
    }
    object->set("granted_sets", sets);
    object->set("account_kind",
                std::string{tenants::accountKindText(authorization != nullptr ? authorization->account.kind
                                                                              : tenants::AccountKind::kUnknown)});
    object->set("verified", authorization != nullptr && authorization->account.verified);
    object->set("day_limit", merchant.day_limit);
    object->set("upstream_day_free",
                merchant.upstream_day_free ? Poco::Dynamic::Var{*merchant.upstream_day_free} : Poco::Dynamic::Var{});
    object->set("upstream_pack_units", merchant.upstream_pack_units);
    object->set("created_at", tenants::rfc3339(merchant.created_at));
    object->set("etag", etagOf(merchant));
    return object;
}

/// What a body asks to be set; absent members stay as they are.
struct Changes {
    std::optional<std::string> name;
    std::optional<std::int64_t> day_limit;
    std::optional<bool> suspended;
    std::optional<std::string> suspended_reason;
    std::optional<std::string> component;
    tenants::UpstreamQuotaChange upstream;
};

tenants::Result<Changes> readChanges(std::string_view body, std::initializer_list<const char*> known) {
    const auto object = readJsonObject(body, known);
    if (!object) return object.error();
    auto name = readText(**object, "name", kNameBytesMax);
    if (!name) return name.error();
    if (*name && (*name)->find_first_not_of(' ') == std::string::npos) {
        return Error{ErrorCode::kInvalidInput, "name must not be blank"};  // statements have it
    }
    auto day_limit = readInteger(**object, "day_limit", 0, kDayLimitMax);
    if (!day_limit) return day_limit.error();
    auto suspended = readFlag(**object, "suspended");
    if (!suspended) return suspended.error();
    auto reason = readText(**object, "suspended_reason", kNameBytesMax);
    if (!reason) return reason.error();
    auto component = readText(**object, "component", kAppIdBytesMax);
    if (!component) return component.error();
    auto day_free = readIntegerOrNull(**object, "upstream_day_free", 0, kUpstreamUnitsMax);
    if (!day_free) return day_free.error();
    auto pack_units = readInteger(**object, "upstream_pack_units", 0, kUpstreamUnitsMax);
    if (!pack_units) return pack_units.error();
    return Changes{*std::move(name),        *day_limit, *suspended, *std::move(reason), *std::move(component),
                   {*day_free, *pack_units}};
}

/// As WeChat calls them in the link: which kinds of account it offers, and the one account that it is for.
tenants::Result<tenants::LinkOptions> readLinkOptions(std::string_view body) {
    const auto object = readJsonObject(body, {"auth_type", "biz_appid"});
    if (!object) return object.error();
    const auto choice = readInteger(**object, "auth_type", static_cast<int>(tenants::AccountChoice::kOfficialAccounts),
                                    static_cast<int>(tenants::AccountChoice::kBoth));
    if (!choice) return choice.error();
    auto only = readText(**object, "biz_appid", kAppIdBytesMax);
    if (!only) return only.error();
    tenants::LinkOptions options;
    if (*choice) options.choice = static_cast<tenants::AccountChoice>(**choice);
    if (*only) {
        const bool is_appid = !(*only)->empty() && std::ranges::all_of(**only, [](unsigned char character) {
            return std::isalnum(character) != 0 || character == '_' || character == '-';
        });
        if (!is_appid) return Error{ErrorCode::kInvalidInput, "biz_appid is not an appid"};
        options.only = tenants::AppId{**only};
    }
    return options;
}

void apply(const Changes& changes, Merchant& merchant) {
    if (changes.name) merchant.name = *changes.name;
    if (changes.day_limit) merchant.day_limit = *changes.day_limit;
    if (changes.suspended_reason) merchant.suspended_reason = *changes.suspended_reason;
    if (changes.suspended) {
        merchant.suspended = *changes.suspended;
        if (!merchant.suspended) merchant.suspended_reason.clear();
    }
}

}  // namespace

void MerchantRoutes::addRoutes(http::Router& router) {
    const auto add = guard_.routesOf(router, *this);
    add("GET", "/admin/v1/merchants", &MerchantRoutes::list, listQuery());
    add("POST", "/admin/v1/merchants", &MerchantRoutes::create);
    add("GET", "/admin/v1/merchants/{merchant}", &MerchantRoutes::show);
    add("PATCH", "/admin/v1/merchants/{merchant}", &MerchantRoutes::change);
    add("POST", "/admin/v1/merchants/{merchant}/authorization-links", &MerchantRoutes::createLink);
}

http::Response MerchantRoutes::render(int status, const Merchant& merchant) const {
    const auto authorization = platforms_.of(merchant).authorizations().find(merchant.id);
    auto response = jsonResponse(status, merchantJson(merchant, authorization.get(), clock_.now()));
    response.headers.set("ETag", etagOf(merchant));
    return response;
}

tenants::Task<http::Response> MerchantRoutes::list(http::Request request) {
    const auto page = pages_.read(request.head, "merchants");
    if (!page) co_return problem(page.error(), request.head.request_id);
    const auto found = merchants_.list(MerchantId{page->after}, page->size + 1);
    Poco::JSON::Array rows;
    for (std::size_t i = 0; i < found.size() && i < page->size; ++i) {
        const auto authorization = platforms_.of(*found[i]).authorizations().find(found[i]->id);
        rows.add(merchantJson(*found[i], authorization.get(), clock_.now()));
    }
    auto object = jsonObject();
    object->set("merchants", rows);
    const bool has_more = found.size() > page->size;
    object->set("next_page_token",
                has_more ? pages_.token("merchants", found[page->size - 1]->id.text()) : std::string{});
    co_return jsonResponse(200, object);
}

tenants::Task<http::Response> MerchantRoutes::create(http::Request request) {
    const auto changes = readChanges(request.body, {"name", "day_limit", "suspended", "suspended_reason", "component",
                                                    "upstream_day_free", "upstream_pack_units"});
    if (!changes) co_return problem(changes.error(), request.head.request_id);
    if (!changes->name) {
        co_return problem(Error{ErrorCode::kInvalidInput, "name is needed"}, request.head.request_id);
    }
    const tenants::ComponentPlatform* platform =
        changes->component ? platforms_.find(tenants::AppId{*changes->component}) : platforms_.all().front();
    if (platform == nullptr) {
        co_return problem(Error{ErrorCode::kInvalidInput, "component is none of the configured platforms"},
                          request.head.request_id);
    }
    Merchant merchant;
    merchant.component = platform->appid();
    merchant.id = MerchantId{tenants::randomIdText("mer_")};
    merchant.day_limit = settings_.day_limit_default;
    merchant.upstream_day_free = changes->upstream.day_free.value_or(settings_.upstream_day_free_default);
    merchant.upstream_pack_units = changes->upstream.pack_units.value_or(0);
    merchant.created_at = clock_.now();
    apply(*changes, merchant);
    const auto added = co_await merchants_.add(merchant, guard_.noteOf(request.head, merchant.created_at));
    if (!added) co_return problem(added.error(), request.head.request_id);
    log_.info("merchant_created", {{"request_id", request.head.request_id}, {"merchant", merchant.id.text()}});
    auto response = render(201, merchant);
    response.headers.set("Location", "/admin/v1/merchants/" + merchant.id.text());
    co_return response;
}

tenants::Task<http::Response> MerchantRoutes::show(http::Request request) {
    const auto merchant = merchants_.find(MerchantId{request.head.pathParameter("merchant")});
    if (!merchant) co_return problem(Error{ErrorCode::kNotFound, "no such merchant"}, request.head.request_id);
    co_return render(200, *merchant);
}

tenants::Task<http::Response> MerchantRoutes::change(http::Request request) {
    const auto merchant = merchants_.find(MerchantId{request.head.pathParameter("merchant")});
    if (!merchant) co_return problem(Error{ErrorCode::kNotFound, "no such merchant"}, request.head.request_id);
    const auto changes = readChanges(request.body, {"name", "day_limit", "suspended", "suspended_reason",
                                                    "upstream_day_free", "upstream_pack_units"});
    if (!changes) co_return problem(changes.error(), request.head.request_id);
    const std::string* if_match = request.head.headers.find("If-Match");
    if (if_match != nullptr && *if_match != "*" && *if_match != etagOf(*merchant)) {
        co_return problem(Error{ErrorCode::kPreconditionFailed, "the merchant was changed meanwhile"},
                          request.head.request_id);
    }
    Merchant changed = *merchant;
    apply(*changes, changed);
    const tenants::UtcTime now = clock_.now();
    auto note = guard_.noteOf(request.head, now, changes->suspended_reason.value_or(""));
    const auto updated = co_await merchants_.update(std::move(changed), now, changes->upstream, std::move(note));
    if (!updated) co_return problem(updated.error(), request.head.request_id);
    log_.info(
        "merchant_changed",
        {{"request_id", request.head.request_id}, {"merchant", updated->id.text()}, {"version", updated->version}});
    co_return render(200, *updated);
}

tenants::Task<http::Response> MerchantRoutes::createLink(http::Request request) {
    const auto options = readLinkOptions(request.body);
    if (!options) co_return problem(options.error(), request.head.request_id);
    const MerchantId merchant{request.head.pathParameter("merchant")};
    const auto known = merchants_.find(merchant);
    if (!known) co_return problem(Error{ErrorCode::kNotFound, "no such merchant"}, request.head.request_id);
    const auto issued = co_await platforms_.of(*known).onboarding().invite(merchant, *options,
                                                                           guard_.noteOf(request.head, clock_.now()));
    if (!issued) {
        log_.warning("authorization_link_failed", {{"request_id", request.head.request_id},
                                                   {"code", tenants::stableCode(issued.error().code)},
                                                   {"detail", issued.error().for_log}});
        co_return problem(issued.error(), request.head.request_id);
    }
    auto object = jsonObject();
    object->set("merchant", merchant.text());
    object->set("launch_url", issued->launch_url);
    object->set("launch_expires_at", tenants::rfc3339(issued->expires_at));
    object->set("pc_url", issued->link.pc_url);
    object->set("h5_url", issued->link.h5_url);
    object->set("expires_at", tenants::rfc3339(issued->link.expires_at));
    co_return jsonResponse(201, object);
}

}  // namespace gateway::admin
