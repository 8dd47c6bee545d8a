#include "tenants/sqlite/ledger_tables.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

const std::string kNoReason;
const std::string kAbandoned = "abandoned";

constexpr const char* kSelectHold =
    "SELECT merchant_row, day_window_row, month_window_row, upstream_window_row, pack_row, plan_version_row, row, "
    "units,"
    " state, fingerprint FROM hold WHERE request_id = :request AND merchant_row = :merchant";
constexpr const char* kSelectFirstResult =
    "SELECT hold.x_request_id, hold.outcome, usage_entry.number, usage_entry.id, sealed_body, kept_reply.expires_ms,"
    " hold.reason, usage_entry.hash, usage_entry.period "
    "FROM hold LEFT JOIN usage_entry ON usage_entry.row = hold.entry_row "
    "LEFT JOIN kept_reply ON kept_reply.hold_row = hold.row WHERE hold.row = :row";
// The second condition repeats what the first implies, because it is how SQLite recognises the index.
constexpr const char* kSelectAbandoned =
    "SELECT merchant_row, day_window_row, month_window_row, upstream_window_row, pack_row, plan_version_row, row, "
    "units "
    "FROM hold WHERE state = 'held' AND state <> 'settled' AND expires_ms < :before LIMIT :count";
constexpr const char* kInsertHold =
    "INSERT INTO hold (merchant_row, previous_row, request_id, key_id, x_request_id, fingerprint, units, state, reason,"
    " plan_version_row, pack_row, day_window_row, month_window_row, upstream_window_row, at_ms, expires_ms, "
    "changed_ms) "
    "VALUES (:merchant, :previous, :request, :key, :x_request, :fingerprint, :units, 'held', '', :plan, :pack, :day,"
    " :month, :upstream, :at, :expires, :at) "
    "ON CONFLICT (request_id, merchant_row) DO NOTHING";
constexpr const char* kReopenHold =
    "UPDATE hold SET state = 'held', reason = '', key_id = :key, x_request_id = :x_request, units = :units,"
    " plan_version_row = :plan, pack_row = :pack, day_window_row = :day, month_window_row = :month,"
    " upstream_window_row = :upstream, at_ms = :at, expires_ms = :expires, changed_ms = :at WHERE row = :row AND state "
    "= 'released'";
constexpr const char* kUpdateState =
    "UPDATE hold SET state = :state, reason = :reason, outcome = :outcome, entry_row = :entry, changed_ms = :now "
    "WHERE row = :row";
constexpr const char* kInsertReply =
    "INSERT INTO kept_reply (hold_row, sealed_body, expires_ms) VALUES (:hold, :body, :expires)";
constexpr const char* kDeleteReplies =
    "DELETE FROM kept_reply WHERE hold_row IN "
    "(SELECT hold_row FROM kept_reply WHERE expires_ms <= :now ORDER BY expires_ms LIMIT :count)";

Error noSuchMerchant() {
    return {ErrorCode::kNotFound, "There is no such merchant."};
}
Error noSuchRequest() {
    return {ErrorCode::kNotFound, "There is no such request."};
}
Error wrongState() {
    return {ErrorCode::kConflict, "The request is in another state."};
}

bool sameRequest(const Fingerprint& stored, const Fingerprint& asked) {
    return stored && asked && *stored == *asked;
}

Fingerprint fingerprintOf(std::string_view bytes) {
    std::array<unsigned char, 32> fingerprint{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), fingerprint.size()), fingerprint.begin());
    return fingerprint;
}

/// Of the first six columns of kSelectHold and kSelectAbandoned.
HoldSources sourcesOf(const Query& row) {
    return {row.number(0), row.number(1), row.numberIfAny(2), row.number(3), row.numberIfAny(4), row.numberIfAny(5)};
}

std::optional<std::string> textOf(std::optional<Outcome> outcome) {
    return outcome ? std::optional{std::string{outcomeText(*outcome)}} : std::nullopt;
}

Receipt receiptOf(const UsageEntry& entry) {
    return {entry.id, entry.number, entry.hash, entry.period};
}
/// Of a row of kSelectFirstResult.
std::optional<Receipt> receiptOf(const Query& row) {
    if (row.isNull(2)) return std::nullopt;
    return Receipt{EntryId{row.text(3)}, row.number(2), hashOf(row.blob(7)), periodOf(row.number(8))};
}

}  // namespace

SealedPlace replyPlace(std::string_view application, const MerchantId& merchant, const RequestId& request) {
    return {application, "kept_reply", "sealed_body", merchant.text(), request.text(), 1};
}

LedgerTables::LedgerTables(SQLite::Database& database, const KeyRing& ring, std::string application)
    : database_(database),
      ring_(ring),
      application_(std::move(application)),
      quotas_(database),
      heads_(database),
      entries_(database, heads_),
      select_hold_(database, kSelectHold),
      select_first_result_(database, kSelectFirstResult),
      select_abandoned_(database, kSelectAbandoned),
      insert_hold_(database, kInsertHold),
      reopen_hold_(database, kReopenHold),
      update_state_(database, kUpdateState),
      insert_reply_(database, kInsertReply),
      delete_replies_(database, kDeleteReplies) {}

Result<ReserveOutcome> LedgerTables::reserve(const Reservation& reservation) {
    LedgerHead* const head = heads_.find(reservation.merchant);
    if (head == nullptr) return noSuchMerchant();
    QuotaBook::Offer offer = quotas_.find(head->merchant_row, reservation);

    if (offer.full || !offer.opened()) {
        // A repeat is a repeat whether or not there is room, and it opens no window.
        const std::optional<Hold> known = findHold(*head, reservation.request);
        if (known &&
            !(known->state == HoldState::kReleased && sameRequest(known->fingerprint, reservation.fingerprint))) {
            return ReserveOutcome{repeatOf(*known, reservation)};
        }
    }
    if (offer.full) return ReserveOutcome{*offer.full};
    const HoldSources sources = quotas_.open(offer, reservation);

    if (!insertHold(*head, reservation, sources)) {
        const std::optional<Hold> known = findHold(*head, reservation.request);
        if (!known) throw std::runtime_error("a hold refused as a repeat cannot be found");
        if (known->state != HoldState::kReleased || !sameRequest(known->fingerprint, reservation.fingerprint)) {
            return ReserveOutcome{repeatOf(*known, reservation)};
        }
        reopenHold(*known, reservation, sources);
    }
    quotas_.take(offer, reservation.units);
    return ReserveOutcome{Reserved{}};
}

Result<Settled> LedgerTables::settle(const Settlement& settlement, const EntryId& entry,
                                     const std::optional<std::string>& sealed_reply) {
    LedgerHead* const head = heads_.find(settlement.merchant);
    if (head == nullptr) return noSuchRequest();
    const std::optional<Hold> hold = findHold(*head, settlement.request);
    if (!hold) return noSuchRequest();
    if (hold->state == HoldState::kSettled) return firstResult(*hold);
    if (hold->state == HoldState::kReleased) return wrongState();

    const bool charged = settlement.outcome == Outcome::kRecognised;
    Settled settled;
    std::optional<std::int64_t> entry_row;
    if (charged) {
        EntryRow charge = entries_.ofHold(*head, hold->row);
        charge.entry.id = entry;
        charge.entry.recorded_at = settlement.now;
        entry_row = entries_.append(*head, charge);
        settled.charge = receiptOf(charge.entry);
    }
    changeState(*hold, {HoldState::kSettled, kNoReason, settlement.now, settlement.outcome, entry_row});
    quotas_.settle(hold->sources, hold->units, charged, hold->state == HoldState::kUnknown);
    if (sealed_reply && settlement.reply_expires_at) {
        Query{insert_reply_}
            .bind(":hold", hold->row)
            .bindBlob(":body", std::string_view{*sealed_reply})
            .bind(":expires", *settlement.reply_expires_at)
            .run();
    }
    return settled;
}

Result<Done> LedgerTables::release(const Release& release) {
    const Result<Hold> hold = heldHold(release.merchant, release.request);
    if (!hold) return hold.error();
    changeState(*hold, {HoldState::kReleased, release.reason, release.now});
    quotas_.giveBack(hold->sources, hold->units, false);
    if (release.upstream_full) quotas_.markUpstreamFull(hold->sources);
    return Done{};
}

Result<Done> LedgerTables::markUnknown(const MerchantId& merchant, const RequestId& request, const std::string& reason,
                                       UtcTime now) {
    const Result<Hold> hold = heldHold(merchant, request);
    if (!hold) return hold.error();
    changeState(*hold, {HoldState::kUnknown, reason, now});
    quotas_.markUnknown(hold->sources, hold->units);
    return Done{};
}

Result<std::int64_t> LedgerTables::abandon(UtcTime before, UtcTime now, std::int64_t count) {
    std::vector<Hold> abandoned;
    {
        Query row{select_abandoned_};
        row.bind(":before", before).bind(":count", count);
        while (row.next()) {
            abandoned.push_back({row.number(6), HoldState::kHeld, row.number(7), {}, sourcesOf(row)});
        }
    }
    for (const Hold& hold : abandoned) {
        changeState(hold, {HoldState::kUnknown, kAbandoned, now});
        quotas_.markUnknown(hold.sources, hold.units);
    }
    return static_cast<std::int64_t>(abandoned.size());
}

Result<std::int64_t> LedgerTables::eraseReplies(UtcTime now, std::int64_t count) {
    return static_cast<std::int64_t>(Query{delete_replies_}.bind(":now", now).bind(":count", count).run());
}

Result<Done> LedgerTables::reopenUpstreamWindow(const MerchantId& merchant, UtcTime now) {
    const LedgerHead* const head = heads_.find(merchant);
    if (head == nullptr) return noSuchMerchant();
    quotas_.reopenUpstream(head->merchant_row, now);
    return Done{};
}

Result<Done> LedgerTables::takeUpstreamQuota(const MerchantId& merchant, const UpstreamQuotaTold& told, UtcTime now) {
    const LedgerHead* const head = heads_.find(merchant);
    if (head == nullptr) return noSuchMerchant();
    quotas_.takeUpstreamQuota(head->merchant_row, told, now);
    return Done{};
}

std::optional<LedgerTables::Hold> LedgerTables::findHold(const LedgerHead& head, const RequestId& request) {
    Query row{select_hold_};
    row.bind(":merchant", head.merchant_row).bind(":request", request);
    if (!row.next()) return std::nullopt;
    const std::optional<HoldState> state = holdStateFromText(row.text(8));
    if (!state) throw std::runtime_error("a hold is in a state without a name");
    const Fingerprint fingerprint = row.isNull(9) ? Fingerprint{} : fingerprintOf(row.blob(9));
    return Hold{row.number(6), *state, row.number(7), fingerprint, sourcesOf(row)};
}

Result<LedgerTables::Hold> LedgerTables::heldHold(const MerchantId& merchant, const RequestId& request) {
    const LedgerHead* const head = heads_.find(merchant);
    if (head == nullptr) return noSuchRequest();
    const std::optional<Hold> hold = findHold(*head, request);
    if (!hold) return noSuchRequest();
    if (hold->state != HoldState::kHeld) return wrongState();
    return *hold;
}

bool LedgerTables::insertHold(LedgerHead& head, const Reservation& reservation, const HoldSources& sources) {
    Query insert{insert_hold_};
    insert.bind(":merchant", head.merchant_row)
        .bind(":previous", head.last_hold_row)
        .bind(":request", reservation.request)
        .bind(":key", reservation.key)
        .bind(":x_request", reservation.x_request_id)
        .bind(":units", reservation.units)
        .bind(":plan", sources.plan_version_row)
        .bind(":pack", sources.pack_row)
        .bind(":day", sources.day_window_row)
        .bind(":month", sources.month_window_row)
        .bind(":upstream", sources.upstream_window_row)
        .bind(":at", reservation.at)
        .bind(":expires", reservation.expires_at);
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

void LedgerTables::reopenHold(const Hold& hold, const Reservation& reservation, const HoldSources& sources) {
    Query{reopen_hold_}
        .bind(":key", reservation.key)
        .bind(":x_request", reservation.x_request_id)
        .bind(":units", reservation.units)
        .bind(":plan", sources.plan_version_row)
        .bind(":pack", sources.pack_row)
        .bind(":day", sources.day_window_row)
        .bind(":month", sources.month_window_row)
        .bind(":upstream", sources.upstream_window_row)
        .bind(":at", reservation.at)
        .bind(":expires", reservation.expires_at)
        .bind(":row", hold.row)
        .run();
}

void LedgerTables::changeState(const Hold& hold, const StateChange& change) {
    const std::string state{holdStateText(change.state)};
    const std::optional<std::string> outcome = textOf(change.outcome);
    Query{update_state_}
        .bind(":state", state)
        .bind(":reason", change.reason)
        .bind(":outcome", outcome)
        .bind(":entry", change.entry_row)
        .bind(":now", change.now)
        .bind(":row", hold.row)
        .run();
}

Repeat LedgerTables::repeatOf(const Hold& hold, const Reservation& reservation) {
    Repeat repeat;
    repeat.state = hold.state;
    repeat.same_request = sameRequest(hold.fingerprint, reservation.fingerprint);
    Query row{select_first_result_};
    row.bind(":row", hold.row);
    if (!row.next()) throw std::runtime_error("a hold that was just found is gone");
    repeat.x_request_id = row.text(0);
    repeat.charge = receiptOf(row);
    repeat.reason = row.text(6);
    const bool kept = !row.isNull(4) && row.time(5) > reservation.at;
    // Only the one who made the request gets its answer: another request under the same name learns nothing of it.
    if (kept && repeat.same_request) {
        const SealedPlace place = replyPlace(application_, reservation.merchant, reservation.request);
        const Outcome outcome =
            row.text(1) == outcomeText(Outcome::kRecognised) ? Outcome::kRecognised : Outcome::kNotRecognised;
        repeat.reply = KeptReply{outcome, std::make_shared<const Secret>(openSealed(ring_, place, row.blob(4)))};
    }
    return repeat;
}

Settled LedgerTables::firstResult(const Hold& hold) {
    Query row{select_first_result_};
    row.bind(":row", hold.row);
    if (!row.next()) throw std::runtime_error("a hold that was just found is gone");
    return {receiptOf(row)};
}

void LedgerTables::beforeCommit() {
    quotas_.write();
    heads_.write();
}

void LedgerTables::afterRollback() noexcept {
    quotas_.forget();
    heads_.forget();
    entries_.forget();
}

}  // namespace tenants::sqlite
