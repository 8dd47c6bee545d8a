#include "tenants/sqlite/sqlite_statement_store.h"

#include "tenants/sqlite/write.h"

namespace tenants::sqlite {

Task<Result<std::vector<CloseOutcome>>> SqliteStatementStore::close(std::vector<ClosedSum> sums,
                                                                    std::optional<AuditNote> note) {
    Write write{
        writer_, [&]() -> Result<std::vector<CloseOutcome>> {
            std::vector<CloseOutcome> outcomes;
            for (const ClosedSum& sum : sums) {
                outcomes.push_back(tables_.close(sum));
                if (!note || outcomes.back() != CloseOutcome::kClosed) continue;
                const Statement& closed = sum.signed_statement.statement;
                audit_.appendChange(note->on("statement.close", closed.merchant, "statements/" + closed.period.text()));
            }
            return outcomes;
        }};
    co_return co_await write;
}

Task<Result<Done>> SqliteStatementStore::beginClosing(Period period, UtcTime now, AuditNote note) {
    note = note.on("period.close", MerchantId{}, "periods/" + period.text());
    Write write{writer_, [&]() -> Result<Done> {
                    tables_.beginClosing(period, now);
                    audit_.appendChange(note);
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
