#include "tenants/sqlite/sqlite_ledger_scan.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/ledger_names.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr std::int64_t kRowsAtOnce = 512;     // of the table: less than a millisecond
constexpr std::int64_t kMilestoneEvery = 64;  // as the index usage_entry_milestone has it
constexpr std::int64_t kMilestonesAtOnce = 8;

constexpr const char* kSelectSpan =
    "SELECT coalesce((SELECT min(first_row) FROM ledger_period WHERE period BETWEEN :first AND :last), 0),"
    " coalesce((SELECT max(row) FROM usage_entry), 0)";
constexpr const char* kSelectHead =
    "SELECT merchant_row, last_number, last_entry_row FROM ledger_head "
    "WHERE merchant_row = (SELECT row FROM merchant WHERE id = :merchant)";
constexpr const char* kSelectBefore =
    "SELECT coalesce(max(number), 0) FROM usage_entry INDEXED BY usage_entry_milestone "
    "WHERE merchant_row = :merchant AND number % 64 = 0 AND row < :row";
constexpr const char* kSelectMilestone =
    "SELECT row FROM usage_entry WHERE merchant_row = :merchant AND number = :number AND number % 64 = 0";

constexpr const char* kSelectPrevious = "SELECT previous_row FROM usage_entry WHERE row = :row";
constexpr const char* kMoneyColumns =
    "row, merchant_row, previous_row, number, kind, units, at_ms, recorded_ms, period, plan_version_row, pack_row,"
    " price_micro_yuan, hash";
constexpr const char* kOtherColumns = ", id, request_id, key_id, x_request_id, corrects_number, reason";
constexpr const char* kByRow =
    " FROM usage_entry WHERE row > :after AND row <= :through AND period BETWEEN :first AND :last ORDER BY row";
constexpr const char* kOneRow = " FROM usage_entry WHERE row = :row AND merchant_row = :merchant";

std::string selectText(EntryDetail detail, const char* which) {
    return std::string{"SELECT "} + kMoneyColumns + (detail == EntryDetail::kAll ? kOtherColumns : "") + which;
}

constexpr int kPreviousColumn = 2;
constexpr int kNumberColumn = 3;

UsageEntry entryOfScan(SQLite::Database& database, LedgerNames& names, const Query& row, EntryDetail detail) {
    UsageEntry entry;
    entry.merchant = names.merchant(database, row.number(1));
    entry.number = row.number(kNumberColumn);
    const std::optional<EntryKind> kind = entryKindFromText(row.text(4));
    if (!kind) throw std::runtime_error("a usage entry is of a kind without a name");
    entry.kind = *kind;
    entry.units = row.number(5);
    entry.at = row.time(6);
    entry.recorded_at = row.time(7);
    entry.period = periodOf(row.number(8));
    if (const auto version = row.numberIfAny(9)) entry.plan_version = names.planVersion(database, *version);
    if (const auto pack = row.numberIfAny(10)) entry.pack = names.pack(database, *pack);
    if (const auto price = row.numberIfAny(11)) entry.price = Money{*price};
    entry.hash = hashOf(row.blob(12));
    if (detail == EntryDetail::kMoney) return entry;
    entry.id = EntryId{row.text(13)};
    entry.request = RequestId{row.text(14)};
    entry.key = KeyId{row.text(15)};
    entry.x_request_id = row.text(16);
    entry.corrects = row.numberIfAny(17);
    entry.reason = row.text(18);
    return entry;
}

/// Where the table begins to have entries of the periods, and where it ends now.
struct Span {
    std::int64_t first = 0;  // 0: it has none of them
    std::int64_t last = 0;
};

Span spanOf(SQLite::Database& database, const LedgerRange& range) {
    PreparedStatement select{database, kSelectSpan};
    Query row{select};
    row.bind(":first", std::int64_t{range.first.number()}).bind(":last", std::int64_t{range.last.number()});
    row.next();
    return {row.number(0), row.number(1)};
}

class TableCursor final : public LedgerCursor {
public:
    TableCursor(ReaderPool& readers, LedgerRange range) : readers_(readers), range_(std::move(range)) {
        ReaderPool::Reader reader = readers_.read();
        span_ = spanOf(reader.database(), range_);
        if (range_.through) span_.last = std::min(span_.last, *range_.through);
        if (span_.first == 0) span_.first = span_.last + 1;
        after_ = span_.first - 1;
    }

    bool next(std::vector<UsageEntry>& batch) override {
        batch.clear();
        if (after_ >= span_.last) return false;
        const std::int64_t through = std::min(span_.last, after_ + kRowsAtOnce);
        ReaderPool::Reader reader = readers_.read();
        PreparedStatement select{reader.database(), selectText(range_.detail, kByRow)};
        Query row{select};
        row.bind(":after", after_)
            .bind(":through", through)
            .bind(":first", std::int64_t{range_.first.number()})
            .bind(":last", std::int64_t{range_.last.number()});
        while (row.next()) batch.push_back(entryOfScan(reader.database(), names_, row, range_.detail));
        after_ = through;
        return true;
    }

    ScanProgress progress() const override { return {after_ - span_.first + 1, span_.last - span_.first + 1}; }
    std::int64_t end() const override { return span_.last; }

private:
    ReaderPool& readers_;
    const LedgerRange range_;
    LedgerNames names_;
    Span span_;
    std::int64_t after_ = 0;
};

/// The entries of one merchant are no neighbours in the table; each names the row of the one before it. So a portion is
/// walked backwards from a milestone, and then turned round.
class MerchantCursor final : public LedgerCursor {
public:
    MerchantCursor(ReaderPool& readers, LedgerRange range) : readers_(readers), range_(std::move(range)) {
        ReaderPool::Reader reader = readers_.read();
        const Span span = spanOf(reader.database(), range_);
        end_ = range_.through ? std::min(span.last, *range_.through) : span.last;
        PreparedStatement select{reader.database(), kSelectHead};
        Query head{select};
        head.bind(":merchant", *range_.merchant);
        if (!head.next() || span.first == 0) return;
        merchant_row_ = head.number(0);
        last_number_ = head.number(1);
        last_row_ = head.numberIfAny(2).value_or(0);
        leaveOutLaterOnes(reader.database());
        PreparedStatement select_before{reader.database(), kSelectBefore};
        Query before{select_before};
        before.bind(":merchant", merchant_row_).bind(":row", span.first);
        before.next();
        first_number_ = after_number_ = before.number(0);
    }

    bool next(std::vector<UsageEntry>& batch) override {
        batch.clear();
        if (after_number_ >= last_number_) return false;
        ReaderPool::Reader reader = readers_.read();
        for (std::int64_t portion = 0; portion < kMilestonesAtOnce && after_number_ < last_number_; ++portion) {
            addPortion(reader.database(), batch);
        }
        return true;
    }

    ScanProgress progress() const override { return {after_number_ - first_number_, last_number_ - first_number_}; }
    std::int64_t end() const override { return end_; }

private:
    void leaveOutLaterOnes(SQLite::Database& database) {
        PreparedStatement select{database, kSelectPrevious};
        while (last_number_ > 0 && last_row_ > end_) {
            Query row{select};
            row.bind(":row", last_row_);
            if (!row.next()) throw std::runtime_error("the chain of usage entries is broken");
            --last_number_;
            last_row_ = row.numberIfAny(0).value_or(0);
        }
    }

    void addPortion(SQLite::Database& database, std::vector<UsageEntry>& batch) {
        const std::int64_t through = std::min(last_number_, after_number_ + kMilestoneEvery);
        std::optional<std::int64_t> at = through == last_number_ ? last_row_ : milestone(database, through);
        const auto first = static_cast<std::ptrdiff_t>(batch.size());
        PreparedStatement select{database, selectText(range_.detail, kOneRow)};
        for (std::int64_t number = through; number > after_number_; --number) {
            Query row{select};
            if (at) row.bind(":row", *at).bind(":merchant", merchant_row_);
            if (!at || !row.next() || row.number(kNumberColumn) != number) {
                throw std::runtime_error("the chain of usage entries of " + range_.merchant->text() + " is broken at " +
                                         std::to_string(number));
            }
            UsageEntry entry = entryOfScan(database, names_, row, range_.detail);
            at = row.numberIfAny(kPreviousColumn);
            if (entry.period >= range_.first && entry.period <= range_.last) batch.push_back(std::move(entry));
        }
        std::reverse(batch.begin() + first, batch.end());
        after_number_ = through;
    }

    std::optional<std::int64_t> milestone(SQLite::Database& database, std::int64_t number) const {
        PreparedStatement select{database, kSelectMilestone};
        Query row{select};
        row.bind(":merchant", merchant_row_).bind(":number", number);
        return row.next() ? std::optional{row.number(0)} : std::nullopt;
    }

    ReaderPool& readers_;
    const LedgerRange range_;
    LedgerNames names_;
    std::int64_t merchant_row_ = 0;
    std::int64_t first_number_ = 0;  // one before the first that is looked at; a multiple of 64
    std::int64_t after_number_ = 0;
    std::int64_t last_number_ = 0;
    std::int64_t last_row_ = 0;
    std::int64_t end_ = 0;
};

}  // namespace

std::unique_ptr<LedgerCursor> SqliteLedgerScan::open(const LedgerRange& range) const {
    if (range.merchant) return std::make_unique<MerchantCursor>(readers_, range);
    return std::make_unique<TableCursor>(readers_, range);
}

}  // namespace tenants::sqlite
