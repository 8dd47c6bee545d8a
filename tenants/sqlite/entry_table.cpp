#include "tenants/sqlite/entry_table.h"

#include <stdexcept>
#include <string>

#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"
#include "tenants/usage/entry_chain.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectHold =
    "SELECT hold.units, request_id, key_id, x_request_id, at_ms, plan_version_row, plan.id, plan_version.number, "
    "pack_row,"
    " pack.id FROM hold LEFT JOIN plan_version ON plan_version.row = plan_version_row "
    "LEFT JOIN plan ON plan.row = plan_row LEFT JOIN pack ON pack.row = pack_row WHERE hold.row = :row";
constexpr const char* kInsert =
    "INSERT INTO usage_entry (merchant_row, previous_row, number, id, kind, units, request_id, key_id, x_request_id,"
    " outcome, at_ms, recorded_ms, period, plan_version_row, pack_row, corrects_number, price_micro_yuan, reason, "
    "hash) "
    "VALUES (:merchant, :previous, :number, :id, :kind, :units, :request, :key, :x_request, :outcome, :at, :recorded,"
    " :period, :plan_version, :pack, :corrects, :price, :reason, :hash)";

// Rows ascend, so the first one stays the first.
constexpr const char* kBeginPeriod =
    "INSERT INTO ledger_period (period, first_row) VALUES (:period, :row) ON CONFLICT (period) DO NOTHING";

}  // namespace

EntryTable::EntryTable(SQLite::Database& database, LedgerHeads& heads)
    : database_(database),
      heads_(heads),
      select_hold_(database, kSelectHold),
      insert_(database, kInsert),
      begin_period_(database, kBeginPeriod) {}

EntryRow EntryTable::ofHold(const LedgerHead& head, std::int64_t hold_row) {
    Query row{select_hold_};
    row.bind(":row", hold_row);
    if (!row.next()) throw std::runtime_error("a hold that was just found is gone");
    EntryRow charge;
    charge.entry.merchant = head.merchant;
    charge.entry.units = row.number(0);
    charge.entry.request = RequestId{row.text(1)};
    charge.entry.key = KeyId{row.text(2)};
    charge.entry.x_request_id = row.text(3);
    charge.entry.at = row.time(4);
    charge.entry.period = Period{charge.entry.at};
    charge.plan_version_row = row.numberIfAny(5);
    if (charge.plan_version_row) charge.entry.plan_version = PlanVersionId{PlanId{row.text(6)}, row.number(7)};
    charge.pack_row = row.numberIfAny(8);
    if (charge.pack_row) charge.entry.pack = PackId{row.text(9)};
    return charge;
}

std::int64_t EntryTable::append(LedgerHead& head, EntryRow& added) {
    UsageEntry& entry = added.entry;
    entry.number = head.last_number + 1;
    entry.period = head.billedIn(entry.period);
    entry.hash = chainHash(head.last_hash, entry);
    const std::string kind{entryKindText(entry.kind)};
    const std::string outcome{entryOutcomeText(entry.kind)};
    Query insert{insert_};
    insert.bind(":merchant", head.merchant_row)
        .bind(":previous", head.last_entry_row)
        .bind(":number", entry.number)
        .bind(":id", entry.id)
        .bind(":kind", kind)
        .bind(":units", entry.units)
        .bind(":request", entry.request)
        .bind(":key", entry.key)
        .bind(":x_request", entry.x_request_id)
        .bind(":outcome", outcome)
        .bind(":at", entry.at)
        .bind(":recorded", entry.recorded_at)
        .bind(":period", std::int64_t{entry.period.number()})
        .bind(":plan_version", added.plan_version_row)
        .bind(":pack", added.pack_row)
        .bind(":corrects", entry.corrects)
        .bind(":reason", entry.reason)
        .bindBlob(":hash", bytesOf(entry.hash));
    const auto price = entry.price ? std::optional{entry.price->microYuan()} : std::nullopt;
    insert.bind(":price", price).run();
    head.last_number = entry.number;
    head.last_entry_row = database_.getLastInsertRowid();
    head.last_hash = entry.hash;
    beginPeriod(entry.period, *head.last_entry_row);
    heads_.changed(head);
    return *head.last_entry_row;
}

/// A month's first entry is remembered, so that the month can be summed without reading those before it.
void EntryTable::beginPeriod(Period period, std::int64_t row) {
    if (!begun_periods_.insert(period).second) return;
    Query{begin_period_}.bind(":period", std::int64_t{period.number()}).bind(":row", row).run();
}

}  // namespace tenants::sqlite
