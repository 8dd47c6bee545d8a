#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tenants/sqlite/ledger_verifier.h"
#include "tests/unit/tenants/sqlite/books_fixture.h"

namespace test_support {

struct Change {
    const char* sql;
    const char* named;  // a regular expression of the fault's line
};

/// Books of two merchants with a closed month, and a copy of the file that is put back before it is tampered with.
class LedgerTamperingFixture : public BooksFixture {
protected:
    LedgerTamperingFixture() {
        openBooks();
        clock_.jumpWall(november().starts() - clock_.now());
        addMerchants();
        clock_.jumpWall(november().ends() - clock_.now());
        closeNovember();
        store_.reset();
        original_ = fileBytes(databasePath());
    }

    void addMerchants() {
        const auto now = clock_.now();
        need(store_->plans().addPlan(tenants::PlanId{"std"}, "Standard", graduated(), now));
        need(store_->plans().addVersion(tenants::PlanId{"std"}, graduated(), now));
        for (const std::string id : {"mer_a", "mer_b"}) {
            const tenants::Merchant merchant{tenants::MerchantId{id}, "shop", false, "", 1000, now, 1, kComponent};
            need(store_->merchants().add(merchant));
            need(store_->plans().assign(merchant.id, version("std"), std::nullopt, now));
        }
        const tenants::MerchantId merchant{"mer_a"};
        need(store_->plans().assign(merchant, version("std", 2), now + std::chrono::hours{24 * 300}, now));
        tenants::Pack pack;
        pack.id = tenants::PackId{"pack_1"};
        pack.merchant = merchant;
        pack.units = 2;
        pack.price = tenants::Money{150'000};
        pack.starts_at = pack.created_at = now;
        pack.expires_at = now + std::chrono::hours{24 * 200};
        need(store_->plans().grantPack(pack));
        tenants::ApiKey key;
        key.id = tenants::KeyId{"key_1"};
        key.merchant = merchant;
        key.lookup = "lookup_1";
        key.created_at = now;
        need(store_->merchants().addKey(key));
    }

    void closeNovember() {
        for (int number = 1; number <= 6; ++number) {
            scan("mer_a", "a-" + std::to_string(number), "2026-11-05T01:00:00Z");
            scan("mer_b", "b-" + std::to_string(number), "2026-11-06T01:00:00Z");
        }
        hold("mer_a", "a-late", "2026-11-30T15:59:59Z");
        tenants::Correction correction;
        correction.merchant = tenants::MerchantId{"mer_b"};
        correction.number = 2;
        correction.reason = "twice";
        correction.now = clock_.now();
        correction.note.at = clock_.now();
        correction.note = correction.note.on("usage_entry.correct", correction.merchant, "usage-entries/2");
        need(store_->ledger().correct(correction));
        tenants::PeriodClosing books = closing();
        tenants::ClosingProgress progress;
        const auto report = books.closeAll(november(), progress);
        if (!report || report->closed != 2) throw std::runtime_error("November was not closed");
        scan("mer_a", "a-7", "2026-12-02T01:00:00Z");
    }

    template <class T>
    static T need(tenants::Task<tenants::Result<T>> task) {
        tenants::Result<T> result = tenants::runBlocking(std::move(task));
        if (!result) throw std::runtime_error(result.error().for_caller);
        return *std::move(result);
    }

    void restore() const { std::ofstream{databasePath(), std::ios::binary} << original_; }

    /// Past every guard that the schema has; the schema is the same afterwards.
    void tamper(const std::string& sql) const {
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READWRITE};
        database.exec("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
        std::vector<std::pair<std::string, std::string>> triggers;
        {
            SQLite::Statement select{database, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"};
            while (select.executeStep())
                triggers.emplace_back(select.getColumn(0).getString(), select.getColumn(1).getString());
        }
        for (const auto& [name, definition] : triggers) database.exec("DROP TRIGGER " + name);
        database.exec(sql);
        for (const auto& [name, definition] : triggers) database.exec(definition);
    }
    void tamperWithSchema(const std::string& sql) const {
        restore();
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READWRITE};
        database.exec("PRAGMA foreign_keys = OFF; PRAGMA writable_schema = ON");
        database.exec(sql);
    }

    tenants::LedgerReport verify(const tenants::LedgerVerification& asked = {}) const {
        return tenants::verifyLedger(databasePath(), asked);
    }
    std::string faults(const tenants::LedgerVerification& asked = {}) const {
        std::string texts;
        for (const auto& fault : verify(asked).faults) texts += fault.merchant + ": " + fault.text + "\n";
        return texts;
    }
    /// What `verify` names that was not so before.
    void expectNamed(const std::string& sql, const std::string& expression) const {
        SCOPED_TRACE(sql);
        restore();
        tamper(sql);
        EXPECT_THAT(faults(), testing::ContainsRegex(expression));
    }

    std::string original_;
};

}  // namespace test_support
