#include "tenants/sqlite/ledger_verifier.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tenants/sqlite/audit_check.h"
#include "tenants/sqlite/connection.h"
#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/failure.h"
#include "tenants/sqlite/ledger_sums.h"
#include "tenants/sqlite/migrator.h"
#include "tenants/sqlite/query.h"
#include "tenants/sqlite/reference_check.h"
#include "tenants/sqlite/schema_check.h"
#include "tenants/sqlite/statement_check.h"

namespace tenants {
namespace {

using namespace sqlite;

constexpr int kRow = 0, kPreviousRow = 1, kMerchantRow = 2, kOutcome = 3, kNumber = 4, kFirstOfEntry = 5;

std::string entriesSql(const char* condition, const char* order) {
    return "SELECT usage_entry.row, usage_entry.previous_row, usage_entry.merchant_row, usage_entry.outcome,"
           " usage_entry.number, " +
           std::string{kEntryColumns} + " FROM usage_entry" + std::string{kEntryNames} + condition + " ORDER BY " +
           order;
}

constexpr const char* kSelectMerchants = "SELECT row, id FROM merchant WHERE :id IS NULL OR id = :id";
constexpr const char* kSelectHeads = "SELECT merchant_row, last_number, last_entry_row, last_hash FROM ledger_head";
constexpr const char* kSelectPeriods = "SELECT period, first_row FROM ledger_period";
constexpr const char* kSelectNobodys =
    "SELECT row, number FROM usage_entry WHERE merchant_row NOT IN (SELECT row FROM merchant) ORDER BY row";

struct Head {
    std::int64_t number = 0;
    std::optional<std::int64_t> row;
    ChainHash hash{};
};

/// One merchant's part of the work.
struct Chain {
    MerchantId merchant;
    Head head;
    ChainWalk walk;
    bool doubtful = false;
};

PlacedEntry placedOf(const Query& row, const MerchantId& merchant) {
    PlacedEntry placed{entryOf(row, kFirstOfEntry, merchant), row.number(kRow), row.numberIfAny(kPreviousRow)};
    // The outcome follows from the kind, so that only this one could be changed without changing what is hashed.
    if (row.text(kOutcome) != entryOutcomeText(placed.entry.kind)) throw std::runtime_error("its outcome is another");
    return placed;
}

class Verification {
public:
    Verification(SQLite::Database& database, const LedgerVerification& asked)
        : database_(database), asked_(asked), audit_(database, report_) {}

    LedgerReport run() {
        checkSchema(database_, report_);
        try {
            runAll();
        } catch (const SQLite::Exception& failure) {
            if (report_.fault_count == 0) throw;
            // A table that is gone was named by then.
            report_.add("", std::string{"the rest cannot be read: "} + failure.what());
        }
        return std::move(report_);
    }

private:
    void runAll() {
        readKnown();
        readChains();
        walk();
        std::vector<std::pair<MerchantId, ChainDiagnosis>> diagnoses;
        for (auto& [row, chain] : chains_) {
            if (chain.doubtful) diagnoses.emplace_back(chain.merchant, diagnose(row, chain));
        }
        for (const auto& [here, lost] : diagnoses) {
            for (const auto& [there, found] : diagnoses)
                findMoved(here, lost.missing(), there, found.strays(), report_);
        }
        if (!asked_.merchant) {
            checkNobodys();
            checkPeriods();
        }
        known_.judge(report_);
        audit_.compareRows(asked_.merchant);
        checkReferences(database_, asked_.merchant, report_);
        checkLedgerSums(database_, asked_.merchant, report_);
        if (!asked_.merchant || !chains_.empty()) return;
        // Of a merchant that was taken away the audit or what is known from outside tells.
        report_.merchant_unknown = report_.fault_count == 0;
        if (!report_.merchant_unknown) report_.add(asked_.merchant->text(), "there is no such merchant");
    }

    /// What says how the ledger was, without being of it.
    void readKnown() {
        std::vector<KnownEntry> of_audit;
        for (const KnownEntry& entry : asked_.known) {
            if (entry.merchant.text() == kAuditChain) {
                of_audit.push_back(entry);
            } else {
                known_.add(entry);
            }
        }
        for (const KnownEntry& entry : audit_.walk(of_audit)) addIfAsked(entry);
        for (const KnownEntry& entry : checkStatements(database_, asked_.merchant, asked_.statement_keys, report_)) {
            addIfAsked(entry);
        }
    }

    void addIfAsked(const KnownEntry& entry) {
        if (!asked_.merchant || entry.merchant == *asked_.merchant) known_.add(entry);
    }

    void readChains() {
        PreparedStatement select{database_, kSelectMerchants};
        Query row{select};
        row.bind(":id", asked_.merchant);
        while (row.next()) chains_[row.number(0)].merchant = MerchantId{row.text(1)};
        PreparedStatement select_heads{database_, kSelectHeads};
        Query head{select_heads};
        while (head.next()) {
            const auto chain = chains_.find(head.number(0));
            if (chain == chains_.end()) continue;
            const std::string_view hash = head.blob(3);
            chain->second.head = {head.number(1), head.numberIfAny(2), hash.size() == 32 ? hashOf(hash) : ChainHash{}};
        }
    }

    /// In the order in which the entries lie, which is that of each chain.
    void walk() {
        PreparedStatement select{database_, entriesSql("", "usage_entry.row")};
        Query row{select};
        while (row.next()) {
            const auto found = chains_.find(row.number(kMerchantRow));
            if (found == chains_.end()) continue;
            Chain& chain = found->second;
            report_.entries += 1;
            try {
                const PlacedEntry placed = placedOf(row, chain.merchant);
                known_.see(placed.entry);
                first_rows_.try_emplace(placed.entry.period.number(), placed.row);
                if (asked_.each) asked_.each(placed.entry);
                if (!chain.doubtful) chain.doubtful = !chain.walk.follows(placed);
            } catch (const std::runtime_error&) {
                chain.doubtful = true;  // named by the diagnosis
            }
        }
        for (auto& [merchant_row, chain] : chains_) {
            if (chain.walk.end().number > 0) report_.ends[chain.merchant] = chain.walk.end();
            if (!chain.doubtful && chain.walk.end().number == chain.head.number)
                checkHead(chain);
            else
                chain.doubtful = true;
        }
    }

    void checkHead(const Chain& chain) {
        if (chain.walk.end().hash != chain.head.hash || chain.walk.lastRow() != chain.head.row) {
            report_.add(chain.merchant.text(),
                        "the head was changed: it does not name entry " + std::to_string(chain.head.number));
        }
    }

    ChainDiagnosis diagnose(std::int64_t merchant_row, const Chain& chain) {
        ChainDiagnosis diagnosis{chain.merchant, chain.head.number, report_};
        const std::string sql =
            entriesSql("WHERE usage_entry.merchant_row = :merchant", "usage_entry.number, usage_entry.row");
        PreparedStatement select{database_, sql};
        Query row{select};
        row.bind(":merchant", merchant_row);
        while (row.next()) {
            try {
                diagnosis.take(placedOf(row, chain.merchant));
            } catch (const std::runtime_error& fault) {
                diagnosis.takeUnreadable(row.number(kNumber), row.number(kRow), fault.what());
            }
        }
        diagnosis.finish();
        if (diagnosis.end().number > chain.head.number) {
            report_.add(chain.merchant.text(), "the ledger ends at entry " + std::to_string(diagnosis.end().number) +
                                                   ", but its head at " + std::to_string(chain.head.number));
        }
        return diagnosis;
    }

    /// Where sums of a period begin to read: what lies before would be left out of them.
    void checkPeriods() {
        std::map<int, std::int64_t> stored;
        PreparedStatement select{database_, kSelectPeriods};
        Query row{select};
        while (row.next()) stored[static_cast<int>(row.number(0))] = row.number(1);
        for (const auto& [period, first_row] : first_rows_) {
            const auto known = stored.find(period);
            if (known == stored.end() || known->second > first_row) {
                report_.add("", "ledger_period was changed: the entries of " + std::to_string(period) +
                                    " begin in row " + std::to_string(first_row));
            }
        }
        // Rows are kept as they are: one that was put there beforehand would be where that period's sums begin.
        for (const auto& [period, first_row] : stored) {
            if (!first_rows_.contains(period)) {
                report_.add("", "ledger_period was changed: " + std::to_string(period) + " has no entries");
            }
        }
    }

    void checkNobodys() {
        PreparedStatement select{database_, kSelectNobodys};
        Query row{select};
        while (row.next()) {
            report_.add("", "entry " + std::to_string(row.number(1)) + " (row " + std::to_string(row.number(0)) +
                                ") was moved: it belongs to no merchant");
        }
    }

    SQLite::Database& database_;
    const LedgerVerification& asked_;
    KnownEntries known_;
    std::map<std::int64_t, Chain> chains_;
    std::map<int, std::int64_t> first_rows_;  // of each period
    LedgerReport report_;
    AuditCheck audit_;
};

}  // namespace

LedgerReport verifyLedger(const std::filesystem::path& path, const LedgerVerification& asked) {
    if (!std::filesystem::is_regular_file(path)) throw DatabaseRefused("there is no database " + path.string());
    const std::span<const Migration> migrations = builtInMigrations();
    const int version = examineSchema(path, migrations, "");
    if (static_cast<std::size_t>(version) != migrations.size()) {
        throw DatabaseRefused("database " + path.string() + " has schema version " + std::to_string(version) +
                              ", this program's is " + std::to_string(migrations.size()));
    }
    try {
        SQLite::Database database = openReader(path, "");
        SQLite::Transaction one_commit{database};
        return Verification{database, asked}.run();
    } catch (const SQLite::Exception& failure) {
        throw DatabaseRefused("database " + path.string() + " cannot be read: " + failure.what());
    }
}

}  // namespace tenants
