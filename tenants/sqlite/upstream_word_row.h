#pragma once

#include <optional>

#include "tenants/sqlite/query.h"
#include "tenants/usage/upstream_days.h"

namespace tenants::sqlite {

/// Of heard_ms, day_free, used, used_before, used_here, held_here, unknown_here of upstream_word, from column `first` on; empty where
/// the join found none.
inline std::optional<UpstreamWord> upstreamWordOf(const Query& row, int first) {
    if (row.isNull(first)) return std::nullopt;
    return UpstreamWord{{row.number(first + 1), row.number(first + 2), row.number(first + 3)},
                        row.time(first),
                        row.number(first + 4),
                        row.number(first + 5),
                        row.number(first + 6)};
}

}  // namespace tenants::sqlite
