#include "tenants/sqlite/hold_table.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelect =
    "SELECT merchant_row, day_window_row, month_window_row, upstream_window_row, pack_row, plan_version_row, row, "
    "units,"
    " state, fingerprint, entry_row FROM hold WHERE request_id = :request AND merchant_row = :merchant";
// The second condition repeats what the first implies, because it is how SQLite recognises the index.
constexpr const char* kSelectExpired =
    "SELECT merchant_row, day_window_row, month_window_row, upstream_window_row, pack_row, plan_version_row, row, "
    "units "
    "FROM hold WHERE state = 'held' AND state <> 'settled' AND expires_ms < :before LIMIT :count";
constexpr const char* kInsert =
    "INSERT INTO hold (merchant_row, previous_row, request_id, key_id, x_request_id, fingerprint, units, state, reason,"
    " plan_version_row, pack_row, day_window_row, month_window_row, upstream_window_row, at_ms, expires_ms, "
    "changed_ms) "
    "VALUES (:merchant, :previous, :request, :key, :x_request, :fingerprint, :units, 'held', '', :plan, :pack, :day,"
    " :month, :upstream, :at, :expires, :at) "
    "ON CONFLICT (request_id, merchant_row) DO NOTHING";
constexpr const char* kReopen =
    "UPDATE hold SET state = 'held', reason = '', key_id = :key, x_request_id = :x_request, units = :units,"
    " plan_version_row = :plan, pack_row = :pack, day_window_row = :day, month_window_row = :month,"
    " upstream_window_row = :upstream, at_ms = :at, expires_ms = :expires, changed_ms = :at WHERE row = :row AND state "
    "= 'released'";
constexpr const char* kUpdate =
    "UPDATE hold SET state = :state, reason = :reason, outcome = :outcome, entry_row = :entry, changed_ms = :now "
    "WHERE row = :row";

Fingerprint fingerprintOf(std::string_view bytes) {
    std::array<unsigned char, 32> fingerprint{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), fingerprint.size()), fingerprint.begin());
    return fingerprint;
}

/// Of the first six columns of kSelect and kSelectExpired.
HoldSources sourcesOf(const Query& row) {
    return {row.number(0), row.number(1), row.numberIfAny(2), row.number(3), row.numberIfAny(4), row.numberIfAny(5)};
}

std::optional<std::string> textOf(std::optional<Outcome> outcome) {
    return outcome ? std::optional{std::string{outcomeText(*outcome)}} : std::nullopt;
}

/// What a hold has from its reservation, the first time and when it is opened again.
void bindWhatIsHeld(Query& statement, const Reservation& reservation, const HoldSources& sources) {
    statement.bind(":key", reservation.key)
        .bind(":x_request", reservation.x_request_id)
        .bind(":units", reservation.units)
        .bind(":plan", sources.plan_version_row)
        .bind(":pack", sources.pack_row)
        .bind(":day", sources.day_window_row)
        .bind(":month", sources.month_window_row)
        .bind(":upstream", sources.upstream_window_row)
        .bind(":at", reservation.at)
        .bind(":expires", reservation.expires_at);
}

}  // namespace

HoldTable::HoldTable(SQLite::Database& database, LedgerHeads& heads)
    : database_(database),
      heads_(heads),
      select_(database, kSelect),
      select_expired_(database, kSelectExpired),
      insert_(database, kInsert),
      reopen_(database, kReopen),
      update_(database, kUpdate) {}

std::optional<HoldRow> HoldTable::find(const LedgerHead& head, const RequestId& request) {
    Query row{select_};
    row.bind(":merchant", head.merchant_row).bind(":request", request);
    if (!row.next()) return std::nullopt;
    const std::optional<HoldState> state = holdStateFromText(row.text(8));
    if (!state) throw std::runtime_error("a hold is in a state without a name");
    const Fingerprint fingerprint = row.isNull(9) ? Fingerprint{} : fingerprintOf(row.blob(9));
    return HoldRow{row.number(6), *state, row.number(7), fingerprint, sourcesOf(row), row.numberIfAny(10)};
}

std::vector<HoldRow> HoldTable::expired(UtcTime before, std::int64_t count) {
    std::vector<HoldRow> holds;
    Query row{select_expired_};
    row.bind(":before", before).bind(":count", count);
    while (row.next()) holds.push_back({row.number(6), HoldState::kHeld, row.number(7), {}, sourcesOf(row)});
    return holds;
}

bool HoldTable::insert(LedgerHead& head, const Reservation& reservation, const HoldSources& sources) {
    Query insert{insert_};
    insert.bind(":merchant", head.merchant_row)
        .bind(":previous", head.last_hold_row)
        .bind(":request", reservation.request);
    bindWhatIsHeld(insert, reservation, sources);
    if (const Fingerprint& fingerprint = reservation.fingerprint) {
        insert.bindBlob(":fingerprint", {reinterpret_cast<const char*>(fingerprint->data()), fingerprint->size()});
    } else {
        insert.bindNull(":fingerprint");
    }
    if (insert.run() == 0) return false;
    head.last_hold_row = database_.getLastInsertRowid();
    heads_.changed(head);
    return true;
}

void HoldTable::reopen(const HoldRow& hold, const Reservation& reservation, const HoldSources& sources) {
    Query reopen{reopen_};
    bindWhatIsHeld(reopen, reservation, sources);
    reopen.bind(":row", hold.row).run();
}

void HoldTable::change(const HoldRow& hold, const HoldChange& change) {
    const std::string state{holdStateText(change.state)};
    const std::optional<std::string> outcome = textOf(change.outcome);
    Query{update_}
        .bind(":state", state)
        .bind(":reason", change.reason)
        .bind(":outcome", outcome)
        .bind(":entry", change.entry_row)
        .bind(":now", change.now)
        .bind(":row", hold.row)
        .run();
}

}  // namespace tenants::sqlite
