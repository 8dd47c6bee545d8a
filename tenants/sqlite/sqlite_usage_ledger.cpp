#include "tenants/sqlite/sqlite_usage_ledger.h"

#include <optional>
#include <utility>

#include "tenants/base/sealing.h"
#include "tenants/sqlite/write.h"

namespace tenants::sqlite {
namespace {

constexpr std::int64_t kUnitsMax = 1'000'000;  // of one hold: sums stay far from the end of 64 bits
constexpr std::size_t kRequestIdBytesMax = 255;
constexpr std::int64_t kSweptAtOnce = 256;  // scans wait behind each portion, not behind the whole sweep

std::optional<Error> faultOf(const Reservation& reservation) {
    if (reservation.units < 1 || reservation.units > kUnitsMax) {
        return Error{ErrorCode::kInvalidInput, "The number of units is out of range."};
    }
    if (reservation.request.empty() || reservation.request.text().size() > kRequestIdBytesMax) {
        return Error{ErrorCode::kInvalidInput, "A request id has 1 to 255 bytes."};
    }
    for (const DaySpan& span : {reservation.day, reservation.upstream_day}) {
        if (span.ends <= span.starts) return Error{ErrorCode::kInvalidInput, "A window is empty."};
    }
    return std::nullopt;
}

}  // namespace

SqliteUsageLedger::SqliteUsageLedger(Writer& writer, LedgerTables& tables, ReaderPool& readers, const KeyRing& ring,
                                     std::string application)
    : writer_(writer), tables_(tables), reader_(readers), ring_(ring), application_(std::move(application)) {}

Task<Result<ReserveOutcome>> SqliteUsageLedger::reserve(Reservation reservation) {
    if (std::optional<Error> fault = faultOf(reservation)) co_return std::move(*fault);
    Write write{writer_, [&] { return tables_.reserve(reservation); }};
    co_return co_await write;
}

/// By the writer, whose statements and heads are warm: a group that changes nothing is not synced.
Task<Result<std::optional<Repeat>>> SqliteUsageLedger::findRepeat(Reservation reservation) {
    Write write{writer_, [&] { return tables_.findRepeat(reservation); }};
    co_return co_await write;
}

Task<Result<Settled>> SqliteUsageLedger::settle(Settlement settlement) {
    // What costs time and needs no database is done here, and not while everybody waits for the writer.
    const EntryId entry{randomIdText("ent_")};
    std::optional<std::string> sealed_reply;
    if (settlement.reply_body != nullptr) {
        const SealedPlace place = replyPlace(application_, settlement.merchant, settlement.request);
        sealed_reply = seal(ring_, place, settlement.reply_body->expose());
    }
    Write write{writer_, [&] { return tables_.settle(settlement, entry, sealed_reply); }};
    co_return co_await write;
}

Task<Result<Done>> SqliteUsageLedger::release(Release release) {
    Write write{writer_, [&] { return tables_.release(release); }};
    co_return co_await write;
}

Task<Result<Done>> SqliteUsageLedger::markUnknown(MerchantId merchant, RequestId request, std::string reason,
                                                  UtcTime now) {
    Write write{writer_, [&] { return tables_.markUnknown(merchant, request, reason, now); }};
    co_return co_await write;
}

Task<Result<std::int64_t>> SqliteUsageLedger::sweep(UtcTime before, UtcTime now) {
    std::int64_t turned = 0;
    for (bool more = true; more;) {
        Write write{writer_, [&] { return tables_.abandon(before, now, kSweptAtOnce); }};
        const Result<std::int64_t> portion = co_await write;
        if (!portion) co_return portion.error();
        turned += *portion;
        more = *portion == kSweptAtOnce;
    }
    for (bool more = true; more;) {
        Write write{writer_, [&] { return tables_.eraseReplies(now, kSweptAtOnce); }};
        const Result<std::int64_t> portion = co_await write;
        if (!portion) co_return portion.error();
        more = *portion == kSweptAtOnce;
    }
    co_return turned;
}

Task<Result<Done>> SqliteUsageLedger::takeUpstreamQuota(MerchantId merchant, UpstreamQuotaTold told, UtcTime now) {
    Write write{writer_, [&] { return tables_.takeUpstreamQuota(merchant, told, now); }};
    co_return co_await write;
}

Task<Result<Done>> SqliteUsageLedger::reopenUpstreamWindow(MerchantId merchant, UtcTime now, AuditNote note) {
    note = note.on("quota.reopen", merchant, "quota");
    Write write{writer_, [&] { return tables_.reopenUpstreamWindow(merchant, now, note); }};
    co_return co_await write;
}

Task<Result<Receipt>> SqliteUsageLedger::correct(Correction correction) {
    if (std::optional<Error> fault = faultOfReason(correction.reason)) co_return std::move(*fault);
    const EntryId entry{randomIdText("ent_")};
    Write write{writer_, [&] { return tables_.correct(correction, entry); }};
    co_return co_await write;
}

Task<Result<Receipt>> SqliteUsageLedger::decide(Decision decision) {
    if (std::optional<Error> fault = faultOfReason(decision.reason)) co_return std::move(*fault);
    const EntryId entry{randomIdText("ent_")};
    Write write{writer_, [&] { return tables_.decide(decision, entry); }};
    co_return co_await write;
}

std::vector<UsageEntry> SqliteUsageLedger::entries(const MerchantId& merchant, std::optional<std::int64_t> before,
                                                   std::size_t count) const {
    return reader_.entries(merchant, before, count);
}

std::vector<HoldView> SqliteUsageLedger::holds(const MerchantId& merchant, std::optional<HoldState> state,
                                               std::optional<std::int64_t> before, std::size_t count) const {
    return reader_.holds(merchant, state, before, count);
}

std::vector<WindowView> SqliteUsageLedger::openWindows(const MerchantId& merchant, UtcTime now) const {
    return reader_.openWindows(merchant, now);
}

}  // namespace tenants::sqlite
