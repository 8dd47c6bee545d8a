#pragma once

#include <cstdint>
#include <optional>

#include "tenants/usage/hold.h"

namespace test_support {

/// The number of the entry that a scan was charged by; none where it was not charged.
inline std::optional<std::int64_t> entryNumber(const std::optional<tenants::Receipt>& charge) {
    return charge ? std::optional{charge->number} : std::nullopt;
}

}  // namespace test_support
