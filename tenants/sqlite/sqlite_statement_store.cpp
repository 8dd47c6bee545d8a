#include "tenants/sqlite/sqlite_statement_store.h"

#include "tenants/sqlite/write.h"

namespace tenants::sqlite {

Task<Result<std::vector<CloseOutcome>>> SqliteStatementStore::close(std::vector<ClosedSum> sums) {
    Write write{writer_, [&]() -> Result<std::vector<CloseOutcome>> {
                    std::vector<CloseOutcome> outcomes;
                    outcomes.reserve(sums.size());
                    for (const ClosedSum& sum : sums) outcomes.push_back(tables_.close(sum));
                    return outcomes;
                }};
    co_return co_await write;
}

Task<Result<Done>> SqliteStatementStore::beginClosing(Period period, UtcTime now) {
    Write write{writer_, [&]() -> Result<Done> {
                    tables_.beginClosing(period, now);
                    return Done{};
                }};
    co_return co_await write;
}

Task<Result<Done>> SqliteStatementStore::endClosing(Period period, UtcTime now) {
    Write write{writer_, [&]() -> Result<Done> {
                    tables_.endClosing(period, now);
                    return Done{};
                }};
    co_return co_await write;
}

}  // namespace tenants::sqlite
