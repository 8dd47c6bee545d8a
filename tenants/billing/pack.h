#pragma once

#include <cstdint>
#include <string>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/base/money.h"
#include "tenants/base/result.h"

namespace tenants {

/// Units that a merchant paid for beforehand. A limit like a window: `used + held <= units` at every commit.
struct Pack {
    PackId id;
    MerchantId merchant;
    std::int64_t units = 0;  // from 1
    Money price;             // of the whole pack
    UtcTime starts_at;
    UtcTime expires_at;  // exclusive; units held before it are used up all the same
    UtcTime created_at;
    std::string note;                 // the operator's words
    std::int64_t used = 0;            // by charges
    std::int64_t held = 0;            // by scans that run, and by those of unknown outcome
    std::int64_t warned_percent = 0;  // 80 or 95, once so many are gone; 0: not yet

    std::int64_t left() const { return units - used - held; }
    bool openAt(UtcTime instant) const { return starts_at <= instant && instant < expires_at; }
};

/// kInvalidInput, with the field at fault, where a pack that is to be granted makes no sense.
Result<Done> checkPack(const Pack& pack);

}  // namespace tenants
