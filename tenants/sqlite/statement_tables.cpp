#include "tenants/sqlite/statement_tables.h"

#include <stdexcept>
#include <string>
#include <string_view>

#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr int kLookedBackMax = 4'096;  // entries since the sum; where there are more it is made again

constexpr const char* kSelectCreated = "SELECT created_ms FROM merchant WHERE row = :merchant";
constexpr const char* kSelectEntry = "SELECT period, previous_row FROM usage_entry WHERE row = :row";
constexpr const char* kSelectKey = "SELECT row FROM statement_key WHERE public_key = :key";
constexpr const char* kInsertKey = "INSERT INTO statement_key (public_key, created_ms) VALUES (:key, :now)";
constexpr const char* kInsertStatement =
    "INSERT INTO statement (period, merchant_row, merchant_name, issuer, closed_ms, charges, corrections, waivers,"
    " first_number, last_number, chain_hash, released, pending, key_row, signature) "
    "VALUES (:period, :merchant, :name, :issuer, :closed, :charges, :corrections, :waivers, :first, :last, :hash,"
    " :released, :pending, :key, :signature)";
constexpr const char* kInsertLine =
    "INSERT INTO statement_line (statement_row, number, kind, plan_version_row, pack_row, tier, unit_price_micro_yuan,"
    " units, amount_micro_yuan) VALUES (:statement, :number, :kind, :version, :pack, :tier, :price, :units, :amount)";
constexpr const char* kInsertLate =
    "INSERT INTO statement_late_day (statement_row, day_ms, entries, units, first_number, last_number) "
    "VALUES (:statement, :day, :entries, :units, :first, :last)";
constexpr const char* kInsertPending =
    "INSERT INTO statement_pending_hold (statement_row, number, request_id, state, at_ms) "
    "VALUES (:statement, :number, :request, :state, :at)";
constexpr const char* kSelectVersion =
    "SELECT plan_version.row FROM plan_version JOIN plan ON plan.row = plan_row WHERE plan.id = :plan AND number = "
    ":number";
constexpr const char* kSelectPack = "SELECT row FROM pack WHERE id = :pack";
constexpr const char* kBeginClosing =
    "INSERT INTO period_closing (period, started_ms) VALUES (:period, :now) ON CONFLICT (period) DO NOTHING";
constexpr const char* kEndClosing =
    "UPDATE period_closing SET finished_ms = :now WHERE period = :period AND finished_ms IS NULL";

template <class Bytes>
std::string_view viewOf(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::int64_t rowFound(Query& row, const std::string& what) {
    if (!row.next()) throw std::runtime_error("a statement names " + what + ", which is not there");
    return row.number(0);
}

}  // namespace

Period firstOpenPeriod(const std::optional<Period>& closed_through, UtcTime created_at) {
    return closed_through ? closed_through->next() : Period{created_at};
}

StatementTables::StatementTables(SQLite::Database& database, LedgerHeads& heads)
    : database_(database),
      heads_(heads),
      select_created_(database, kSelectCreated),
      select_entry_(database, kSelectEntry),
      select_unbilled_(database, kSelectUnbilledPacks),
      select_key_(database, kSelectKey),
      insert_key_(database, kInsertKey),
      insert_statement_(database, kInsertStatement),
      insert_line_(database, kInsertLine),
      insert_late_(database, kInsertLate),
      insert_pending_(database, kInsertPending),
      select_version_(database, kSelectVersion),
      select_pack_(database, kSelectPack),
      begin_closing_(database, kBeginClosing),
      end_closing_(database, kEndClosing) {}

CloseOutcome StatementTables::close(const ClosedSum& sum) {
    const Statement& statement = sum.signed_statement.statement;
    LedgerHead* const head = heads_.find(statement.merchant);
    if (head == nullptr) throw std::runtime_error("a statement of a merchant that is not there");
    if (head->closed_through && *head->closed_through >= statement.period) return CloseOutcome::kAlreadyClosed;
    Query created{select_created_};
    created.bind(":merchant", head->merchant_row);
    created.next();
    if (firstOpenPeriod(head->closed_through, created.time(0)) != statement.period) return CloseOutcome::kNotNext;
    if (hasMoved(*head, sum) || packsDiffer(*head, statement)) return CloseOutcome::kMoved;

    Query{insert_statement_}
        .bind(":period", std::int64_t{statement.period.number()})
        .bind(":merchant", head->merchant_row)
        .bind(":name", statement.merchant_name)
        .bind(":issuer", statement.issuer)
        .bind(":closed", statement.closed_at)
        .bind(":charges", statement.charges)
        .bind(":corrections", statement.corrections)
        .bind(":waivers", statement.waivers)
        .bind(":first", statement.first_number)
        .bind(":last", statement.last_number)
        .bindBlob(":hash", viewOf(statement.chain_hash))
        .bind(":released", statement.holds.released)
        .bind(":pending", statement.holds.pending)
        .bind(":key", keyRow(sum.signed_statement.key, statement.closed_at))
        .bindBlob(":signature", viewOf(sum.signed_statement.signature))
        .run();
    insertParts(database_.getLastInsertRowid(), statement);
    head->closed_through = statement.period;
    heads_.changed(*head);
    return CloseOutcome::kClosed;
}

/// Whether the ledger got an entry since the sum that belongs into the period, or so many that nobody looks.
bool StatementTables::hasMoved(const LedgerHead& head, const ClosedSum& sum) {
    std::optional<std::int64_t> at = head.last_entry_row;
    for (int looked = 0; at && *at > sum.summed_through; ++looked) {
        if (looked == kLookedBackMax) return true;
        Query row{select_entry_};
        row.bind(":row", *at);
        if (!row.next()) throw std::runtime_error("the chain of usage entries is broken");
        if (periodOf(row.number(0)) <= sum.signed_statement.statement.period) return true;
        at = row.numberIfAny(1);
    }
    return false;
}

/// Whether other packs are to be billed now than were when the statement was made.
bool StatementTables::packsDiffer(const LedgerHead& head, const Statement& statement) {
    Query row{select_unbilled_};
    row.bind(":merchant", head.merchant_row).bind(":ends", statement.period.ends());
    std::vector<PackId> now;
    while (row.next()) now.emplace_back(row.text(0));
    std::vector<PackId> then;
    for (const StatementLine& line : statement.lines) {
        if (line.kind == LineKind::kPurchase) then.push_back(*line.pack);
    }
    return now != then;
}

std::int64_t StatementTables::keyRow(const StatementPublicKey& key, UtcTime now) {
    Query known{select_key_};
    known.bindBlob(":key", viewOf(key.bytes));
    if (known.next()) return known.number(0);
    Query{insert_key_}.bindBlob(":key", viewOf(key.bytes)).bind(":now", now).run();
    return database_.getLastInsertRowid();
}

void StatementTables::insertParts(std::int64_t statement_row, const Statement& statement) {
    std::int64_t number = 0;
    for (const StatementLine& line : statement.lines) {
        const std::string kind{lineKindText(line.kind)};
        Query{insert_line_}
            .bind(":statement", statement_row)
            .bind(":number", ++number)
            .bind(":kind", kind)
            .bind(":version", planVersionRow(line.plan_version))
            .bind(":pack", packRow(line.pack))
            .bind(":tier", line.tier)
            .bind(":price", line.unit_price.microYuan())
            .bind(":units", line.units)
            .bind(":amount", line.amount.microYuan())
            .run();
    }
    for (const LateDay& late : statement.late) {
        Query{insert_late_}
            .bind(":statement", statement_row)
            .bind(":day", late.day_starts)
            .bind(":entries", late.entries)
            .bind(":units", late.units)
            .bind(":first", late.first_number)
            .bind(":last", late.last_number)
            .run();
    }
    number = 0;
    for (const PendingHold& hold : statement.holds.named) {
        const std::string state{holdStateText(hold.state)};
        Query{insert_pending_}
            .bind(":statement", statement_row)
            .bind(":number", ++number)
            .bind(":request", hold.request)
            .bind(":state", state)
            .bind(":at", hold.at)
            .run();
    }
}

std::optional<std::int64_t> StatementTables::planVersionRow(const std::optional<PlanVersionId>& version) {
    if (!version) return std::nullopt;
    Query row{select_version_};
    row.bind(":plan", version->plan).bind(":number", version->number);
    return rowFound(row, version->text());
}

std::optional<std::int64_t> StatementTables::packRow(const std::optional<PackId>& pack) {
    if (!pack) return std::nullopt;
    Query row{select_pack_};
    row.bind(":pack", *pack);
    return rowFound(row, pack->text());
}

void StatementTables::beginClosing(Period period, UtcTime now) {
    Query{begin_closing_}.bind(":period", std::int64_t{period.number()}).bind(":now", now).run();
}

bool StatementTables::endClosing(Period period, UtcTime now) {
    return Query{end_closing_}.bind(":period", std::int64_t{period.number()}).bind(":now", now).run() != 0;
}

}  // namespace tenants::sqlite
