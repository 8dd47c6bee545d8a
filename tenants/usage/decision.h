#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tenants/base/audit.h"
#include "tenants/base/error.h"
#include "tenants/usage/hold.h"

namespace tenants {

/// Takes a charge back by a new entry that names it.
struct Correction {
    MerchantId merchant;
    std::int64_t number = 0;  // of the charge
    std::string reason;       // 1 to 500 bytes
    UtcTime now;
    AuditNote note;
};

/// Says what an unknown scan shall count as.
struct Decision {
    MerchantId merchant;
    RequestId request;
    bool billed = false;
    std::string reason;  // 1 to 500 bytes
    UtcTime now;
    AuditNote note;
};

/// kInvalidInput where it has not 1 to 500 bytes.
std::optional<Error> faultOfReason(const std::string& reason);

}  // namespace tenants
