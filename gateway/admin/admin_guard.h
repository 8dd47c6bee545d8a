#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway/http/query_names.h"
#include "gateway/http/router.h"
#include "tenants/base/audit.h"
#include "tenants/merchant/merchant_store.h"

namespace gateway::admin {

/// Lets a request through that carries a usable admin token; answers every other one 401 before its body is read.
class AdminGuard {
public:
    AdminGuard(const tenants::MerchantStore& store, const tenants::CredentialHasher& hasher)
        : store_(store), hasher_(hasher) {}

    std::optional<http::Response> check(const http::RequestHead& head) const;

    /// The beginning of an audit's line about what this request does, which passed the guard: who, when and why; the store
    /// says what. A token that was revoked meanwhile is named all the same: its request was let through.
    tenants::AuditNote noteOf(const http::RequestHead& head, tenants::UtcTime now, std::string reason = {}) const;

    /// Adds a route behind the guard. `handler` is called with requests that passed it and whose query holds nothing but
    /// parameters that are in `query`, each once: all others are 400.
    void addRoute(http::Router& router, std::string method, std::string pattern, http::Handler handler,
                  http::QueryNames query = {}) const;
    /// What adds routes that member functions of `owner` handle, called as `addRoute` is. Borrows all three.
    template <class Owner>
    auto routesOf(http::Router& router, Owner& owner) const {
        return
            [this, &router, &owner](const char* method, const char* pattern, auto member, http::QueryNames query = {}) {
                const auto handler = [&owner, member](http::Request request) {
                    return (owner.*member)(std::move(request));
                };
                addRoute(router, method, pattern, handler, std::move(query));
            };
    }

private:
    std::shared_ptr<const tenants::AdminToken> tokenOf(const http::RequestHead& head) const;

    const tenants::MerchantStore& store_;
    const tenants::CredentialHasher& hasher_;
};

}  // namespace gateway::admin
