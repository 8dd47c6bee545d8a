#include "tenants/sqlite/ledger_reader.h"

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectHead =
    "SELECT merchant_row, last_entry_row, last_hold_row FROM ledger_head "
    "WHERE merchant_row = (SELECT row FROM merchant WHERE id = :merchant)";
constexpr const char* kSelectMilestone =
    "SELECT row FROM usage_entry WHERE merchant_row = :merchant AND number % 64 = 0 AND number >= :before "
    "ORDER BY number LIMIT 1";
const std::string kSelectEntry = "SELECT previous_row, " + std::string{kEntryColumns} + " FROM usage_entry" +
                                 std::string{kEntryNames} +
                                 "WHERE usage_entry.row = :row AND usage_entry.merchant_row = :merchant";
constexpr const char* kSelectHold =
    "SELECT row, previous_row, request_id, state, units, at_ms, reason, x_request_id "
    "FROM hold WHERE row = :row AND merchant_row = :merchant";
// The second condition repeats what the first implies, because it is how SQLite recognises the index.
constexpr const char* kSelectHoldsInState =
    "SELECT row, previous_row, request_id, state, units, at_ms, reason, x_request_id FROM hold "
    "WHERE state = :state AND state <> 'settled' AND merchant_row = :merchant AND row < :before "
    "ORDER BY row DESC LIMIT :count";
constexpr const char* kSelectOpenWindows =
    "SELECT policy, starts_ms, ends_ms, limit_units, used, held, unknown, used_elsewhere,"
    " warned_percent FROM quota_window "
    "WHERE merchant_row = (SELECT row FROM merchant WHERE id = :merchant) AND starts_ms <= :now AND ends_ms > :now "
    "ORDER BY policy, starts_ms";

struct Head {
    std::int64_t merchant_row = 0;
    std::optional<std::int64_t> last_entry_row;
    std::optional<std::int64_t> last_hold_row;
};

std::optional<Head> headOf(SQLite::Database& database, const MerchantId& merchant) {
    PreparedStatement select{database, kSelectHead};
    Query row{select};
    row.bind(":merchant", merchant);
    if (!row.next()) return std::nullopt;
    return Head{row.number(0), row.numberIfAny(1), row.numberIfAny(2)};
}

HoldView holdOf(const Query& row) {
    const std::optional<HoldState> state = holdStateFromText(row.text(3));
    if (!state) throw std::runtime_error("a hold is in a state without a name");
    return {RequestId{row.text(2)}, *state, row.number(4), row.time(5), row.text(6), row.text(7), row.number(0)};
}

/// Holds that are not settled are few: an index has them.
std::vector<HoldView> holdsInState(SQLite::Database& database, const Head& head, HoldState state, std::int64_t before,
                                   std::size_t count) {
    const std::string state_text{holdStateText(state)};
    PreparedStatement select{database, kSelectHoldsInState};
    Query row{select};
    row.bind(":state", state_text)
        .bind(":merchant", head.merchant_row)
        .bind(":before", before)
        .bind(":count", static_cast<std::int64_t>(count));
    std::vector<HoldView> holds;
    while (row.next()) holds.push_back(holdOf(row));
    return holds;
}

}  // namespace

std::vector<UsageEntry> LedgerReader::entries(const MerchantId& merchant, std::optional<std::int64_t> before,
                                              std::size_t count) const {
    ReaderPool::Reader reader = readers_.read();
    const std::optional<Head> head = headOf(reader.database(), merchant);
    if (!head) return {};
    std::optional<std::int64_t> next = head->last_entry_row;
    if (before) {
        PreparedStatement select{reader.database(), kSelectMilestone};
        Query milestone{select};
        milestone.bind(":merchant", head->merchant_row).bind(":before", *before);
        if (milestone.next()) next = milestone.number(0);
    }

    PreparedStatement select{reader.database(), kSelectEntry};
    std::vector<UsageEntry> entries;
    while (next && entries.size() < count) {
        Query row{select};
        row.bind(":row", *next).bind(":merchant", head->merchant_row);
        if (!row.next()) throw std::runtime_error("the chain of usage entries of " + merchant.text() + " is broken");
        UsageEntry entry = entryOf(row, 1, merchant);
        if (!before || entry.number < *before) entries.push_back(std::move(entry));
        next = row.numberIfAny(0);
    }
    return entries;
}

std::vector<HoldView> LedgerReader::holds(const MerchantId& merchant, std::optional<HoldState> state,
                                          std::optional<std::int64_t> before, std::size_t count) const {
    ReaderPool::Reader reader = readers_.read();
    const std::optional<Head> head = headOf(reader.database(), merchant);
    if (!head) return {};
    const std::int64_t end = before.value_or(std::numeric_limits<std::int64_t>::max());
    if (state && *state != HoldState::kSettled) return holdsInState(reader.database(), *head, *state, end, count);

    PreparedStatement select{reader.database(), kSelectHold};
    std::optional<std::int64_t> next = head->last_hold_row;
    if (before) {
        // The row that a page ended with is one of the chain: the walk goes on there and not at the head.
        Query row{select};
        row.bind(":row", *before).bind(":merchant", head->merchant_row);
        if (row.next()) next = row.numberIfAny(1);
    }
    std::vector<HoldView> holds;
    while (next && holds.size() < count) {
        Query row{select};
        row.bind(":row", *next).bind(":merchant", head->merchant_row);
        if (!row.next()) throw std::runtime_error("the chain of holds of " + merchant.text() + " is broken");
        HoldView hold = holdOf(row);
        next = row.numberIfAny(1);
        if (hold.row < end && (!state || hold.state == *state)) holds.push_back(std::move(hold));
    }
    return holds;
}

std::vector<WindowView> LedgerReader::openWindows(const MerchantId& merchant, UtcTime now) const {
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), kSelectOpenWindows};
    Query row{select};
    row.bind(":merchant", merchant).bind(":now", now);
    std::vector<WindowView> windows;
    while (row.next()) {
        windows.push_back({row.text(0),
                           {row.time(1), row.time(2)},
                           row.numberIfAny(3),
                           row.number(4),
                           row.number(5),
                           row.number(6),
                           row.number(7),
                           row.number(8)});
    }
    return windows;
}

}  // namespace tenants::sqlite
