#include "tenants/sqlite/ledger_heads.h"

#include <algorithm>
#include <utility>

#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr std::size_t kHeadsMax = 400'000;

constexpr const char* kSelect =
    "SELECT merchant.row, last_number, last_entry_row, last_hash, closed_through, last_hold_row, merchant.created_ms "
    "FROM merchant "
    "LEFT JOIN ledger_head ON ledger_head.merchant_row = merchant.row WHERE merchant.id = :merchant";
constexpr const char* kUpsert =
    "INSERT INTO ledger_head (merchant_row, last_number, last_entry_row, last_hash, closed_through, last_hold_row) "
    "VALUES (:merchant, :number, :entry, :hash, :closed, :hold) ON CONFLICT (merchant_row) DO UPDATE SET"
    " last_number = :number, last_entry_row = :entry, last_hash = :hash, closed_through = :closed, last_hold_row = "
    ":hold";

}  // namespace

Period LedgerHead::billedIn(Period period) const {
    // A clock that went back behind the merchant's making must not put entries where no statement will ever look.
    return std::max({period, made_in, closed_through ? closed_through->next() : made_in});
}

LedgerHeads::LedgerHeads(SQLite::Database& database) : select_(database, kSelect), upsert_(database, kUpsert) {}

LedgerHead* LedgerHeads::find(const MerchantId& merchant) {
    if (const auto known = heads_.find(merchant); known != heads_.end()) return &known->second;
    Query row{select_};
    row.bind(":merchant", merchant);
    if (!row.next()) return nullptr;
    LedgerHead head;
    head.merchant = merchant;
    head.merchant_row = row.number(0);
    if (!row.isNull(1)) {
        head.last_number = row.number(1);
        head.last_entry_row = row.numberIfAny(2);
        head.last_hash = hashOf(row.blob(3));
        head.closed_through = Period::ofNumber(static_cast<int>(row.number(4)));
        head.last_hold_row = row.numberIfAny(5);
    }
    head.made_in = Period{row.time(6)};
    return &heads_.emplace(merchant, std::move(head)).first->second;
}

void LedgerHeads::changed(LedgerHead& head) {
    if (!std::exchange(head.changed, true)) changed_.push_back(&head);
}

void LedgerHeads::write() {
    for (LedgerHead* const head : changed_) {
        Query{upsert_}
            .bind(":merchant", head->merchant_row)
            .bind(":number", head->last_number)
            .bind(":entry", head->last_entry_row)
            .bindBlob(":hash", bytesOf(head->last_hash))
            .bind(":closed", static_cast<std::int64_t>(head->closed_through ? head->closed_through->number() : 0))
            .bind(":hold", head->last_hold_row)
            .run();
        head->changed = false;
    }
    changed_.clear();
    if (heads_.size() > kHeadsMax) heads_.clear();
}

void LedgerHeads::forget() noexcept {
    changed_.clear();
    heads_.clear();
}

}  // namespace tenants::sqlite
