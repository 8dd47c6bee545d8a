#pragma once

#include "gateway/admin/admin_guard.h"
#include "gateway/log/log.h"
#include "tenants/merchant/merchant_store.h"

namespace gateway::admin {

/// `/admin/v1/merchants/{merchant}/keys`: create (the text is shown this once), list, revoke.
class KeyRoutes {
public:
    KeyRoutes(tenants::MerchantStore& merchants, const tenants::CredentialHasher& hasher, const AdminGuard& guard,
              const tenants::Clock& clock, log::Log& log)
        : merchants_(merchants), hasher_(hasher), guard_(guard), clock_(clock), log_(log) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> list(http::Request request);
    tenants::Task<http::Response> create(http::Request request);
    tenants::Task<http::Response> revoke(http::Request request);

    tenants::MerchantStore& merchants_;
    const tenants::CredentialHasher& hasher_;
    const AdminGuard& guard_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::admin
