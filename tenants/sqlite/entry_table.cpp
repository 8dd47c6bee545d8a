#include "tenants/sqlite/entry_table.h"

#include <stdexcept>
#include <string>
#include <string_view>

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
constexpr const char* kSelectMilestone =
    "SELECT row FROM usage_entry WHERE merchant_row = :merchant AND number % 64 = 0 AND number >= :number "
    "ORDER BY number LIMIT 1";
std::string selectSql(std::string_view condition) {
    return "SELECT usage_entry.previous_row, usage_entry.plan_version_row, usage_entry.pack_row, " +
           std::string{kEntryColumns} + " FROM usage_entry" + std::string{kEntryNames} + "WHERE " +
           std::string{condition};
}
constexpr std::string_view kOfRow = "usage_entry.row = :row";
constexpr std::string_view kCorrecting =
    "usage_entry.merchant_row = :merchant AND usage_entry.corrects_number = :number";
constexpr std::string_view kWaiving =
    "usage_entry.merchant_row = :merchant AND usage_entry.request_id = :request AND usage_entry.kind = 'waiver' "
    "ORDER BY usage_entry.row DESC LIMIT 1";
constexpr int kFirstOfEntry = 3;

constexpr const char* kInsert =
    "INSERT INTO usage_entry (merchant_row, previous_row, number, id, kind, units, request_id, key_id, x_request_id,"
    " outcome, at_ms, recorded_ms, period, plan_version_row, pack_row, corrects_number, price_micro_yuan, reason, "
    "hash) "
    "VALUES (:merchant, :previous, :number, :id, :kind, :units, :request, :key, :x_request, :outcome, :at, :recorded,"
    " :period, :plan_version, :pack, :corrects, :price, :reason, :hash)";

// Rows ascend, so the first one stays the first.
constexpr const char* kBeginPeriod =
    "INSERT INTO ledger_period (period, first_row) VALUES (:period, :row) ON CONFLICT (period) DO NOTHING";
EntryRow entryRowOf(const Query& row, const MerchantId& merchant) {
    return {entryOf(row, kFirstOfEntry, merchant), row.numberIfAny(1), row.numberIfAny(2)};
}

}  // namespace

EntryTable::EntryTable(SQLite::Database& database, LedgerHeads& heads)
    : database_(database),
      heads_(heads),
      select_hold_(database, kSelectHold),
      select_milestone_(database, kSelectMilestone),
      select_row_(database, selectSql(kOfRow)),
      select_correction_(database, selectSql(kCorrecting)),
      select_waiver_(database, selectSql(kWaiving)),
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

std::optional<EntryRow> EntryTable::find(const LedgerHead& head, std::int64_t number) {
    if (number < 1 || number > head.last_number) return std::nullopt;
    std::optional<std::int64_t> next = head.last_entry_row;
    {
        Query milestone{select_milestone_};
        milestone.bind(":merchant", head.merchant_row).bind(":number", number);
        if (milestone.next()) next = milestone.number(0);
    }
    while (next) {
        Query row{select_row_};
        row.bind(":row", *next);
        if (!row.next()) break;
        if (row.number(kFirstOfEntry) == number) return entryRowOf(row, head.merchant);
        next = row.numberIfAny(0);
    }
    throw std::runtime_error("the chain of usage entries of " + head.merchant.text() + " is broken");
}

EntryRow EntryTable::at(const LedgerHead& head, std::int64_t row_number) {
    Query row{select_row_};
    row.bind(":row", row_number);
    if (!row.next()) throw std::runtime_error("usage entry " + std::to_string(row_number) + " is missing");
    return entryRowOf(row, head.merchant);
}

std::optional<EntryRow> EntryTable::correctionOf(const LedgerHead& head, std::int64_t number) {
    Query row{select_correction_};
    row.bind(":merchant", head.merchant_row).bind(":number", number);
    return row.next() ? std::optional{entryRowOf(row, head.merchant)} : std::nullopt;
}

std::optional<EntryRow> EntryTable::waiverOf(const LedgerHead& head, const RequestId& request) {
    Query row{select_waiver_};
    row.bind(":merchant", head.merchant_row).bind(":request", request);
    return row.next() ? std::optional{entryRowOf(row, head.merchant)} : std::nullopt;
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
