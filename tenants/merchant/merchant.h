#pragma once

#include <cstdint>
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
    std::int64_t version = 1;  // goes up by one with each change; the etag
    AppId component;           // the third-party platform whose merchant it is; never changes
};

}  // namespace tenants
