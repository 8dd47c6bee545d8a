#include "tenants/authorization/retention.h"

#include <utility>

namespace tenants {

Task<Result<std::size_t>> Retention::eraseEnded() {
    const UtcTime before = clock_.now() - settings_.keep;
    std::size_t erased = 0;
    for (std::size_t batch = 0; batch < settings_.batches_max; ++batch) {
        auto rows = co_await store_.eraseEnded(before, settings_.batch_rows_max);
        if (!rows) co_return std::move(rows).error();
        if (*rows == 0) break;
        erased += *rows;
    }
    co_return erased;
}

}  // namespace tenants
