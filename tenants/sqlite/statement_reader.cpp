#include "tenants/sqlite/statement_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <string>

#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"
#include "tenants/sqlite/statement_tables.h"
#include "tenants/sqlite/upstream_word_row.h"

namespace tenants::sqlite {
namespace {

constexpr std::int64_t kRowsAtOnce = 4'096;

constexpr const char* kSelectStatement =
    "SELECT statement.row, merchant.id, merchant_name, issuer, period, closed_ms, charges, corrections, waivers,"
    " first_number, last_number, chain_hash, released, pending, public_key, signature FROM statement "
    "JOIN merchant ON merchant.row = merchant_row JOIN statement_key ON statement_key.row = key_row WHERE ";
constexpr const char* kOne = "merchant.id = :merchant AND period = :period";
constexpr const char* kOfMerchant = "merchant.id = :merchant AND period < :before ORDER BY period DESC LIMIT :count";
constexpr const char* kOfPeriod =
    "period = :period AND merchant_row > coalesce((SELECT row FROM merchant WHERE id = :after), 0) "
    "ORDER BY merchant_row LIMIT :count";
constexpr const char* kSelectLines =
    "SELECT kind, plan.id, plan_version.number, pack.id, tier, unit_price_micro_yuan, statement_line.units,"
    " amount_micro_yuan FROM statement_line LEFT JOIN plan_version ON plan_version.row = plan_version_row "
    "LEFT JOIN plan ON plan.row = plan_version.plan_row LEFT JOIN pack ON pack.row = pack_row "
    "WHERE statement_row = :statement ORDER BY statement_line.number";
constexpr const char* kSelectLate =
    "SELECT day_ms, entries, units, first_number, last_number FROM statement_late_day "
    "WHERE statement_row = :statement ORDER BY day_ms";
constexpr const char* kSelectPending =
    "SELECT request_id, state, at_ms FROM statement_pending_hold WHERE statement_row = :statement ORDER BY number";
constexpr const char* kSelectKeys = "SELECT public_key FROM statement_key ORDER BY row";
constexpr const char* kSelectMerchants =
    "SELECT merchant.row, merchant.id, merchant.name, merchant.created_ms, coalesce(closed_through, 0) FROM merchant "
    "LEFT JOIN ledger_head ON ledger_head.merchant_row = merchant.row "
    "WHERE merchant.row > :after AND (:only IS NULL OR merchant.id = :only) ORDER BY merchant.row LIMIT :count";
// The first condition repeats what the second implies, because it is how SQLite recognises the index.
constexpr const char* kSelectHolds =
    "SELECT hold.row, merchant.id, hold.at_ms, hold.request_id, merchant_row FROM hold "
    "JOIN merchant ON merchant.row = merchant_row "
    "WHERE state <> 'settled' AND state = :state AND (merchant_row, hold.row) > (:merchant, :row) "
    "AND (:only IS NULL OR merchant_row = (SELECT row FROM merchant WHERE id = :only)) "
    "ORDER BY merchant_row, hold.row LIMIT :count";
constexpr const char* kSelectUndecided =
    "SELECT merchant.id, request_id, at_ms, w.starts_ms, w.ends_ms, heard_ms, day_free, upstream_word.used,"
    " used_before, used_here, held_here, unknown_here FROM hold JOIN merchant ON merchant.row = hold.merchant_row "
    "JOIN quota_window AS w ON w.row = upstream_window_row LEFT JOIN upstream_word ON window_row = w.row "
    "WHERE state <> 'settled' AND state = 'unknown' AND at_ms < :before LIMIT :count";
constexpr const char* kSelectMerchantsWithPacks =
    "SELECT DISTINCT merchant.row, merchant.id FROM pack JOIN merchant ON merchant.row = merchant_row "
    "WHERE :only IS NULL OR merchant.id = :only ORDER BY merchant.row";
// Of a merchant's assignments that had begun, the one that begins last counts, and of two that begin together the newer.
constexpr const char* kSelectMinimums =
    "SELECT merchant.id, plan.id, plan_version.number, monthly_minimum_micro_yuan FROM"
    " (SELECT merchant_row, plan_version_row, row_number() OVER"
    "  (PARTITION BY merchant_row ORDER BY starts_ms DESC, row DESC) AS place FROM plan_assignment"
    "  WHERE starts_ms < :ends AND cancelled_ms IS NULL) AS assignment "
    "JOIN merchant ON merchant.row = merchant_row JOIN plan_version ON plan_version.row = plan_version_row "
    "JOIN plan ON plan.row = plan_row WHERE place = 1 AND (:only IS NULL OR merchant.id = :only)";
constexpr const char* kSelectClosing =
    "SELECT period, started_ms, finished_ms FROM period_closing WHERE period = :period";
constexpr const char* kSelectUnfinished =
    "SELECT period, started_ms, finished_ms FROM period_closing WHERE finished_ms IS NULL ORDER BY period";

template <std::size_t kSize>
std::array<unsigned char, kSize> bytesFrom(std::string_view blob) {
    std::array<unsigned char, kSize> bytes{};
    if (blob.size() != kSize) throw std::runtime_error("a key or signature of a statement has the wrong length");
    std::copy(blob.begin(), blob.end(), bytes.begin());
    return bytes;
}

std::optional<std::string> textOf(const std::optional<MerchantId>& merchant) {
    return merchant ? std::optional{merchant->text()} : std::nullopt;
}

StatementLine lineOf(const Query& row) {
    StatementLine line;
    const std::optional<LineKind> kind = lineKindFromText(row.text(0));
    if (!kind) throw std::runtime_error("a statement has a line of a kind without a name");
    line.kind = *kind;
    if (!row.isNull(1)) line.plan_version = PlanVersionId{PlanId{row.text(1)}, row.number(2)};
    if (!row.isNull(3)) line.pack = PackId{row.text(3)};
    line.tier = row.number(4);
    line.unit_price = Money{row.number(5)};
    line.units = row.number(6);
    line.amount = Money{row.number(7)};
    return line;
}

void addParts(SQLite::Database& database, std::int64_t statement_row, Statement& statement) {
    PreparedStatement select_lines{database, kSelectLines};
    Query line{select_lines};
    line.bind(":statement", statement_row);
    while (line.next()) statement.lines.push_back(lineOf(line));
    PreparedStatement select_late{database, kSelectLate};
    Query late{select_late};
    late.bind(":statement", statement_row);
    while (late.next()) {
        statement.late.push_back({late.time(0), late.number(1), late.number(2), late.number(3), late.number(4)});
    }
    PreparedStatement select_pending{database, kSelectPending};
    Query pending{select_pending};
    pending.bind(":statement", statement_row);
    while (pending.next()) {
        const std::optional<HoldState> state = holdStateFromText(pending.text(1));
        if (!state) throw std::runtime_error("a hold is in a state without a name");
        statement.holds.named.push_back({RequestId{pending.text(0)}, *state, pending.time(2)});
    }
}

SignedStatement statementOf(SQLite::Database& database, const Query& row) {
    SignedStatement found;
    Statement& statement = found.statement;
    statement.merchant = MerchantId{row.text(1)};
    statement.merchant_name = row.text(2);
    statement.issuer = row.text(3);
    statement.period = periodOf(row.number(4));
    statement.closed_at = row.time(5);
    statement.charges = row.number(6);
    statement.corrections = row.number(7);
    statement.waivers = row.number(8);
    statement.first_number = row.numberIfAny(9);
    statement.last_number = row.numberIfAny(10);
    statement.chain_hash = hashOf(row.blob(11));
    statement.holds.released = row.number(12);
    statement.holds.pending = row.number(13);
    found.key = statementPublicKey(bytesFrom<32>(row.blob(14)));
    found.signature = bytesFrom<64>(row.blob(15));
    addParts(database, row.number(0), statement);
    return found;
}

std::vector<SignedStatement> statementsOf(SQLite::Database& database, Query& row) {
    std::vector<SignedStatement> statements;
    while (row.next()) statements.push_back(statementOf(database, row));
    return statements;
}

StatementStore::Closing closingOf(const Query& row) {
    return {periodOf(row.number(0)), row.time(1), row.timeIfAny(2)};
}

}  // namespace

std::optional<SignedStatement> StatementReader::find(const MerchantId& merchant, Period period) const {
    ReaderPool::Reader reader = readers_.read();
    return findStatement(reader.database(), merchant, period);
}

std::optional<SignedStatement> findStatement(SQLite::Database& database, const MerchantId& merchant, Period period) {
    PreparedStatement select{database, std::string{kSelectStatement} + kOne};
    Query row{select};
    row.bind(":merchant", merchant).bind(":period", std::int64_t{period.number()});
    std::vector<SignedStatement> found = statementsOf(database, row);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<SignedStatement> StatementReader::list(const MerchantId& merchant, std::optional<Period> before,
                                                   std::size_t count) const {
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), std::string{kSelectStatement} + kOfMerchant};
    Query row{select};
    const std::int64_t end = before ? before->number() : std::numeric_limits<std::int64_t>::max();
    row.bind(":merchant", merchant).bind(":before", end).bind(":count", static_cast<std::int64_t>(count));
    return statementsOf(reader.database(), row);
}

std::vector<SignedStatement> StatementReader::ofPeriod(Period period, const std::optional<MerchantId>& after,
                                                       std::size_t count) const {
    const std::optional<std::string> after_text = textOf(after);
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), std::string{kSelectStatement} + kOfPeriod};
    Query row{select};
    row.bind(":period", std::int64_t{period.number()})
        .bind(":after", after_text)
        .bind(":count", static_cast<std::int64_t>(count));
    return statementsOf(reader.database(), row);
}

std::vector<StatementPublicKey> StatementReader::keys() const {
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), kSelectKeys};
    Query row{select};
    std::vector<StatementPublicKey> keys;
    while (row.next()) keys.push_back(statementPublicKey(bytesFrom<32>(row.blob(0))));
    return keys;
}

std::vector<OpenAccount> StatementReader::openAccounts(Period period, const std::optional<MerchantId>& only) const {
    const std::optional<std::string> only_text = textOf(only);
    std::vector<OpenAccount> accounts;
    std::int64_t after = 0;
    for (std::int64_t got = kRowsAtOnce; got == kRowsAtOnce;) {
        ReaderPool::Reader reader = readers_.read();
        PreparedStatement select{reader.database(), kSelectMerchants};
        Query row{select};
        row.bind(":after", after).bind(":only", only_text).bind(":count", kRowsAtOnce);
        for (got = 0; row.next(); ++got) {
            after = row.number(0);
            const std::int64_t closed = row.number(4);
            const Period first_open =
                firstOpenPeriod(closed == 0 ? std::nullopt : std::optional{periodOf(closed)}, row.time(3));
            if (first_open <= period) accounts.push_back({MerchantId{row.text(1)}, row.text(2), first_open});
        }
    }
    return accounts;
}

std::map<MerchantId, HoldTally> StatementReader::holds(Period period, const std::optional<MerchantId>& only) const {
    const std::optional<std::string> only_text = textOf(only);
    std::map<MerchantId, HoldTally> tallies;
    for (const HoldState state : {HoldState::kReleased, HoldState::kHeld, HoldState::kUnknown}) {
        const std::string state_text{holdStateText(state)};
        std::int64_t merchant = 0;
        std::int64_t hold = 0;
        for (std::int64_t got = kRowsAtOnce; got == kRowsAtOnce;) {
            ReaderPool::Reader reader = readers_.read();
            PreparedStatement select{reader.database(), kSelectHolds};
            Query row{select};
            row.bind(":state", state_text).bind(":merchant", merchant).bind(":row", hold);
            row.bind(":only", only_text).bind(":count", kRowsAtOnce);
            for (got = 0; row.next(); ++got) {
                hold = row.number(0);
                merchant = row.number(4);
                if (Period{row.time(2)} != period) continue;
                tallies[MerchantId{row.text(1)}].add(state, row.time(2), RequestId{row.text(3)});
            }
        }
    }
    return tallies;
}

std::map<MerchantId, std::vector<SoldPack>> StatementReader::unbilledPacks(
    Period period, const std::optional<MerchantId>& only) const {
    const std::optional<std::string> only_text = textOf(only);
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), kSelectMerchantsWithPacks};
    PreparedStatement select_packs{reader.database(), kSelectUnbilledPacks};
    Query merchant{select};
    merchant.bind(":only", only_text);
    std::map<MerchantId, std::vector<SoldPack>> packs;
    while (merchant.next()) {
        Query row{select_packs};
        row.bind(":merchant", merchant.number(0)).bind(":ends", period.ends());
        while (row.next()) packs[MerchantId{merchant.text(1)}].push_back({PackId{row.text(0)}, Money{row.number(1)}});
    }
    return packs;
}

std::vector<UndecidedScan> StatementReader::undecided(UtcTime before, std::size_t count) const {
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), kSelectUndecided};
    Query row{select};
    row.bind(":before", before).bind(":count", static_cast<std::int64_t>(count));
    std::vector<UndecidedScan> scans;
    while (row.next()) {
        scans.push_back({MerchantId{row.text(0)},
                         RequestId{row.text(1)},
                         row.time(2),
                         {row.time(3), row.time(4)},
                         upstreamWordOf(row, 5)});
    }
    return scans;
}

std::map<MerchantId, MonthlyMinimum> StatementReader::minimums(Period period,
                                                               const std::optional<MerchantId>& only) const {
    const std::optional<std::string> only_text = textOf(only);
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), kSelectMinimums};
    Query row{select};
    row.bind(":ends", period.ends()).bind(":only", only_text);
    std::map<MerchantId, MonthlyMinimum> minimums;
    while (row.next()) {
        minimums.emplace(MerchantId{row.text(0)},
                         MonthlyMinimum{{PlanId{row.text(1)}, row.number(2)}, Money{row.number(3)}});
    }
    return minimums;
}

std::optional<StatementStore::Closing> StatementReader::closing(Period period) const {
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), kSelectClosing};
    Query row{select};
    row.bind(":period", std::int64_t{period.number()});
    return row.next() ? std::optional{closingOf(row)} : std::nullopt;
}

std::vector<StatementStore::Closing> StatementReader::unfinishedClosings() const {
    ReaderPool::Reader reader = readers_.read();
    PreparedStatement select{reader.database(), kSelectUnfinished};
    Query row{select};
    std::vector<StatementStore::Closing> closings;
    while (row.next()) closings.push_back(closingOf(row));
    return closings;
}

}  // namespace tenants::sqlite
