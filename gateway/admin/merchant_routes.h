#pragma once

#include <cstdint>
#include <optional>

#include "gateway/admin/admin_guard.h"
#include "gateway/admin/page.h"
#include "gateway/log/log.h"
#include "tenants/authorization/component_platform.h"
#include "tenants/merchant/merchant_store.h"

namespace gateway::admin {

/// `/admin/v1/merchants`: list, create, show, change, and links by which a merchant authorizes its account.
class MerchantRoutes {
public:
    struct Settings {
        std::int64_t day_limit_default = 0;                     // of a merchant created without one
        std::optional<std::int64_t> upstream_day_free_default;  // likewise; none: not known
    };
    MerchantRoutes(tenants::MerchantStore& merchants, const tenants::ComponentPlatforms& platforms, const Pages& pages,
                   const AdminGuard& guard, const tenants::Clock& clock, log::Log& log, Settings settings)
        : merchants_(merchants),
          platforms_(platforms),
          pages_(pages),
          guard_(guard),
          clock_(clock),
          log_(log),
          settings_(settings) {}

    void addRoutes(http::Router& router);

private:
    tenants::Task<http::Response> list(http::Request request);
    tenants::Task<http::Response> create(http::Request request);
    tenants::Task<http::Response> show(http::Request request);
    tenants::Task<http::Response> change(http::Request request);
    tenants::Task<http::Response> createLink(http::Request request);
    http::Response render(int status, const tenants::Merchant& merchant) const;

    tenants::MerchantStore& merchants_;
    const tenants::ComponentPlatforms& platforms_;
    const Pages& pages_;
    const AdminGuard& guard_;
    const tenants::Clock& clock_;
    log::Log& log_;
    const Settings settings_;
};

}  // namespace gateway::admin
