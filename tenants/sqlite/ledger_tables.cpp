#include "tenants/sqlite/ledger_tables.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kAbandoned = "abandoned";

constexpr const char* kSelectFirstResult =
    "SELECT hold.x_request_id, hold.outcome, usage_entry.number, usage_entry.id, sealed_body, kept_reply.expires_ms,"
    " hold.reason, usage_entry.hash, usage_entry.period "
    "FROM hold LEFT JOIN usage_entry ON usage_entry.row = hold.entry_row "
    "LEFT JOIN kept_reply ON kept_reply.hold_row = hold.row WHERE hold.row = :row";
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

/// Of a row of kSelectFirstResult.
std::optional<Receipt> receiptOf(const Query& row) {
    if (row.isNull(2)) return std::nullopt;
    return Receipt{EntryId{row.text(3)}, row.number(2), hashOf(row.blob(7)), periodOf(row.number(8))};
}

}  // namespace

SealedPlace replyPlace(std::string_view application, const MerchantId& merchant, const RequestId& request) {
    return {application, "kept_reply", "sealed_body", merchant.text(), request.text(), 1};
}

LedgerTables::LedgerTables(SQLite::Database& database, AuditTable& audit, const KeyRing& ring, std::string application)
    : audit_(audit),
      ring_(ring),
      application_(std::move(application)),
      quotas_(database),
      heads_(database),
      entries_(database, heads_),
      holds_(database, heads_),
      closed_(database),
      decisions_({heads_, entries_, closed_, holds_, quotas_, audit}),
      select_first_result_(database, kSelectFirstResult),
      insert_reply_(database, kInsertReply),
      delete_replies_(database, kDeleteReplies) {}

Result<ReserveOutcome> LedgerTables::reserve(const Reservation& reservation) {
    LedgerHead* const head = heads_.find(reservation.merchant);
    if (head == nullptr) return noSuchMerchant();
    QuotaBook::Offer offer = quotas_.find(head->merchant_row, reservation);

    if (offer.full || !offer.opened()) {
        // A repeat is a repeat whether or not there is room, and it opens no window.
        const std::optional<HoldRow> known = holds_.find(*head, reservation.request);
        if (known && !known->reopensFor(reservation.fingerprint)) {
            return ReserveOutcome{repeatOf(*known, reservation)};
        }
    }
    if (offer.full) return ReserveOutcome{*offer.full};
    const HoldSources sources = quotas_.open(offer, reservation);

    if (!holds_.insert(*head, reservation, sources)) {
        const std::optional<HoldRow> known = holds_.find(*head, reservation.request);
        if (!known) throw std::runtime_error("a hold refused as a repeat cannot be found");
        if (!known->reopensFor(reservation.fingerprint)) {
            return ReserveOutcome{repeatOf(*known, reservation)};
        }
        holds_.reopen(*known, reservation, sources);
    }
    quotas_.take(offer, reservation.units);
    return ReserveOutcome{Reserved{}};
}

Result<std::optional<Repeat>> LedgerTables::findRepeat(const Reservation& reservation) {
    LedgerHead* const head = heads_.find(reservation.merchant);
    if (head == nullptr) return noSuchMerchant();
    const std::optional<HoldRow> known = holds_.find(*head, reservation.request);
    if (!known) return std::optional<Repeat>{};
    return std::optional{repeatOf(*known, reservation)};
}

Result<Settled> LedgerTables::settle(const Settlement& settlement, const EntryId& entry,
                                     const std::optional<std::string>& sealed_reply) {
    LedgerHead* const head = heads_.find(settlement.merchant);
    if (head == nullptr) return noSuchRequest();
    const std::optional<HoldRow> hold = holds_.find(*head, settlement.request);
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
    holds_.change(*hold, {HoldState::kSettled, "", settlement.now, settlement.outcome, entry_row});
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
    const Result<HoldRow> hold = heldHold(release.merchant, release.request);
    if (!hold) return hold.error();
    holds_.change(*hold, {HoldState::kReleased, release.reason, release.now});
    quotas_.giveBack(hold->sources, hold->units, false);
    if (release.upstream_full) quotas_.markUpstreamFull(hold->sources);
    return Done{};
}

Result<Done> LedgerTables::markUnknown(const MerchantId& merchant, const RequestId& request, const std::string& reason,
                                       UtcTime now) {
    const Result<HoldRow> hold = heldHold(merchant, request);
    if (!hold) return hold.error();
    holds_.change(*hold, {HoldState::kUnknown, reason, now});
    quotas_.markUnknown(hold->sources, hold->units);
    return Done{};
}

Result<std::int64_t> LedgerTables::abandon(UtcTime before, UtcTime now, std::int64_t count) {
    const std::vector<HoldRow> abandoned = holds_.expired(before, count);
    for (const HoldRow& hold : abandoned) {
        holds_.change(hold, {HoldState::kUnknown, kAbandoned, now});
        quotas_.markUnknown(hold.sources, hold.units);
    }
    return static_cast<std::int64_t>(abandoned.size());
}

Result<std::int64_t> LedgerTables::eraseReplies(UtcTime now, std::int64_t count) {
    return static_cast<std::int64_t>(Query{delete_replies_}.bind(":now", now).bind(":count", count).run());
}

Result<Done> LedgerTables::reopenUpstreamWindow(const MerchantId& merchant, UtcTime now, const AuditNote& note) {
    const LedgerHead* const head = heads_.find(merchant);
    if (head == nullptr) return noSuchMerchant();
    quotas_.reopenUpstream(head->merchant_row, now);
    audit_.append(note);
    return Done{};
}

Result<Done> LedgerTables::takeUpstreamQuota(const MerchantId& merchant, const UpstreamQuotaTold& told, UtcTime now) {
    const LedgerHead* const head = heads_.find(merchant);
    if (head == nullptr) return noSuchMerchant();
    quotas_.takeUpstreamQuota(head->merchant_row, told, now);
    return Done{};
}

Result<Done> LedgerTables::keepUpstreamWord(const MerchantId& merchant, const UpstreamQuotaTold& told, UtcTime now) {
    const LedgerHead* const head = heads_.find(merchant);
    if (head == nullptr) return noSuchMerchant();
    quotas_.keepUpstreamWord(head->merchant_row, told, now);
    return Done{};
}

Result<HoldRow> LedgerTables::heldHold(const MerchantId& merchant, const RequestId& request) {
    const LedgerHead* const head = heads_.find(merchant);
    if (head == nullptr) return noSuchRequest();
    const std::optional<HoldRow> hold = holds_.find(*head, request);
    if (!hold) return noSuchRequest();
    if (hold->state != HoldState::kHeld) return wrongState();
    return *hold;
}

Repeat LedgerTables::repeatOf(const HoldRow& hold, const Reservation& reservation) {
    Repeat repeat;
    repeat.state = hold.state;
    repeat.same_request = hold.isOf(reservation.fingerprint);
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

Settled LedgerTables::firstResult(const HoldRow& hold) {
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
