#include "gateway/admin/key_routes.h"

#include <string>
#include <utility>

#include "gateway/admin/json.h"
#include "gateway/admin/problem.h"

namespace gateway::admin {
namespace {

using tenants::ApiKey;
using tenants::Error;
using tenants::ErrorCode;
using tenants::MerchantId;

constexpr std::size_t kLabelBytesMax = 100;
constexpr std::size_t kKeysMax = 200;  // of one merchant, revoked ones included

Poco::JSON::Object::Ptr keyJson(const ApiKey& key, tenants::UtcTime now) {
    auto object = jsonObject();
    object->set("id", key.id.text());
    object->set("label", key.label);
    object->set("prefix", key.lookup);
    object->set("state", std::string{key.revoked_at ? "revoked" : key.usableAt(now) ? "active" : "expired"});
    object->set("created_at", tenants::rfc3339(key.created_at));
    object->set("expires_at", jsonTime(key.expires_at));
    object->set("revoked_at", jsonTime(key.revoked_at));
    return object;
}

http::Response noSuchMerchant(const http::Request& request) {
    return problem(Error{ErrorCode::kNotFound, "no such merchant"}, request.head.request_id);
}

}  // namespace

void KeyRoutes::addRoutes(http::Router& router) {
    const auto add = guard_.routesOf(router, *this);
    add("GET", "/admin/v1/merchants/{merchant}/keys", &KeyRoutes::list);
    add("POST", "/admin/v1/merchants/{merchant}/keys", &KeyRoutes::create);
    add("POST", "/admin/v1/merchants/{merchant}/keys/{key}:revoke", &KeyRoutes::revoke);
}

tenants::Task<http::Response> KeyRoutes::list(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    Poco::JSON::Array rows;
    for (const auto& key : merchants_.keysOf(merchant)) rows.add(keyJson(*key, clock_.now()));
    auto object = jsonObject();
    object->set("keys", rows);  // bounded by kKeysMax: always one page
    object->set("next_page_token", std::string{});
    co_return jsonResponse(200, object);
}

tenants::Task<http::Response> KeyRoutes::create(http::Request request) {
    const MerchantId merchant{request.head.pathParameter("merchant")};
    if (!merchants_.find(merchant)) co_return noSuchMerchant(request);
    const auto body = readJsonObject(request.body, {"label", "expires_at"});
    if (!body) co_return problem(body.error(), request.head.request_id);
    const auto label = readText(**body, "label", kLabelBytesMax);
    if (!label) co_return problem(label.error(), request.head.request_id);
    const auto expires_at = readTime(**body, "expires_at");
    if (!expires_at) co_return problem(expires_at.error(), request.head.request_id);
    if (*expires_at && **expires_at <= clock_.now()) {
        co_return problem(Error{ErrorCode::kInvalidInput, "expires_at is not in the future"}, request.head.request_id);
    }
    if (merchants_.keysOf(merchant).size() >= kKeysMax) {
        co_return problem(Error{ErrorCode::kConflict, "the merchant has as many keys as one may have"},
                          request.head.request_id);
    }

    const auto minted = tenants::mintCredential(tenants::CredentialKind::kApiKey);
    ApiKey key;
    key.id = tenants::KeyId{tenants::randomIdText("key_")};
    key.merchant = merchant;
    key.lookup = minted.lookup;
    key.hash = hasher_.hash(minted.text.expose());
    key.label = label->value_or("");
    key.created_at = clock_.now();
    key.expires_at = *expires_at;
    const auto added = co_await merchants_.addKey(key, guard_.noteOf(request.head, key.created_at));
    if (!added) co_return problem(added.error(), request.head.request_id);
    log_.info("key_created",
              {{"request_id", request.head.request_id}, {"merchant", merchant.text()}, {"key", key.id.text()}});
    auto object = keyJson(key, clock_.now());
    object->set("key", std::string{minted.text.expose()});  // shown this once
    auto response = jsonResponse(201, object);
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

tenants::Task<http::Response> KeyRoutes::revoke(http::Request request) {
    const tenants::UtcTime now = clock_.now();
    const auto revoked = co_await merchants_.revokeKey(MerchantId{request.head.pathParameter("merchant")},
                                                       tenants::KeyId{request.head.pathParameter("key")}, now,
                                                       guard_.noteOf(request.head, now));
    if (!revoked) co_return problem(revoked.error(), request.head.request_id);
    log_.info(
        "key_revoked",
        {{"request_id", request.head.request_id}, {"merchant", revoked->merchant.text()}, {"key", revoked->id.text()}});
    co_return jsonResponse(200, keyJson(*revoked, clock_.now()));
}

}  // namespace gateway::admin
