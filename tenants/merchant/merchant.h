#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"

namespace tenants {

/// One customer of the provider. Whether it can scan also depends on its authorization: see tenants/scan/standing.h.
struct Merchant {
    MerchantId id;
    std::string name;        // shown to the operator; at most 200 bytes of UTF-8
    bool suspended = false;  // by the operator
    std::string suspended_reason;
    std::int64_t day_limit = 0;  // units per Beijing day, 0 and more
    UtcTime created_at;
    std::int64_t version = 1;                            // goes up by one with each change; the etag
    AppId component;                                     // the third-party platform whose merchant it is; never changes
    std::optional<std::int64_t> upstream_day_free = {};  // WeChat's free calls of a day, as far as we were told
    std::int64_t upstream_pack_units = 0;                // bought at WeChat and left; scans count them down
};

/// What an operator tells of WeChat's quota. What is left out stays as it is, since scans change it meanwhile.
struct UpstreamQuotaChange {
    std::optional<std::optional<std::int64_t>> day_free = {};  // none within: not known
    std::optional<std::int64_t> pack_units = {};
    bool any() const { return day_free || pack_units; }
};

}  // namespace tenants
