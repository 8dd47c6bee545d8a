#include "tenants/sqlite/sqlite_statement_store.h"

#include "tenants/sqlite/write.h"

namespace tenants::sqlite {

Task<Result<CloseOutcome>> SqliteStatementStore::close(ClosedSum sum, std::optional<AuditNote> note) {
    const Statement& closed = sum.signed_statement.statement;
    if (note) note = note->on("statement.close", closed.merchant, "statements/" + closed.period.text());
    Write write{writer_, [&]() -> Result<CloseOutcome> {
                    const CloseOutcome outcome = tables_.close(sum);
                    if (note && outcome == CloseOutcome::kClosed) audit_.appendChange(*note);
                    return outcome;
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

Task<Result<Done>> SqliteStatementStore::endClosing(Period period, UtcTime now, AuditNote note) {
    note = note.on("period.finish", MerchantId{}, "closed-periods/" + period.text());
    Write write{writer_, [&]() -> Result<Done> {
                    if (tables_.endClosing(period, now)) audit_.appendChange(note);
                    return Done{};
                }};
    co_return co_await write;
}

}  // namespace tenants::sqlite
