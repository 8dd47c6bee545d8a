#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tenants/base/concurrently.h"
#include "tenants/billing/closing.h"
#include "tenants/billing/statement_text.h"
#include "tests/unit/tenants/billing/billing_fixture.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {

/// A store with plan `std@1` (see `graduated`) whose clock stands at the first instant after November, and scans that
/// are held and settled as the gateway does it.
class BooksFixture : public StoreFixture {
protected:
    BooksFixture() : signer_(keys_) { plans_.terms[version("std")] = graduated(); }

    void openBooks() {
        store_ = openStore();
        clock_.jumpWall(november().ends() - clock_.now());
    }

    tenants::PeriodClosing closing(tenants::StatementStore* store = nullptr) {
        return tenants::PeriodClosing{{store_->ledgerScan(), store != nullptr ? *store : store_->statements(), plans_,
                                       signer_, clock_, "Provider Ltd"}};
    }

    void hold(const std::string& merchant, const std::string& request, std::string_view at) {
        tenants::Reservation held = reservation(merchant, request);
        held.at = utc(at);
        held.expires_at = held.at + std::chrono::seconds{13};
        held.day = tenants::beijingDay(held.at);
        held.upstream_day = tenants::beijingDay(held.at);
        const auto outcome = tenants::runBlocking(store_->ledger().reserve(held));
        ASSERT_TRUE(outcome && std::holds_alternative<tenants::Reserved>(*outcome)) << request;
    }

    void settle(const std::string& merchant, const std::string& request, std::string_view now) {
        tenants::Settlement settled = settlement(merchant, request);
        settled.now = utc(now);
        ASSERT_TRUE(tenants::runBlocking(store_->ledger().settle(settled))) << request;
    }

    void scan(const std::string& merchant, const std::string& request, std::string_view at) {
        hold(merchant, request, at);
        settle(merchant, request, at);
    }

    struct Scan {
        std::string merchant;
        std::string request;
    };
    /// Scans that are held and settled at the same time, so that they share their commits.
    void scanAll(const std::vector<Scan>& scans, std::string_view at) {
        std::vector<tenants::Task<void>> tasks;
        for (const Scan& scan : scans) {
            tenants::Reservation held = reservation(scan.merchant, scan.request);
            held.at = utc(at);
            held.expires_at = held.at + std::chrono::seconds{13};
            held.day = tenants::beijingDay(held.at);
            held.upstream_day = tenants::beijingDay(held.at);
            tenants::Settlement settled = settlement(scan.merchant, scan.request);
            settled.now = held.at;
            tasks.push_back(scanOnce(&store_->ledger(), std::move(held), std::move(settled)));
        }
        tenants::runBlocking(tenants::concurrently(std::move(tasks)));
    }

    tenants::SignedStatement closed(const std::string& merchant, tenants::Period period = november()) {
        auto statement = closing().closeOne(tenants::MerchantId{merchant}, period);
        if (!statement) throw std::runtime_error(statement.error().for_caller);
        return *std::move(statement);
    }

    static tenants::Task<void> scanOnce(tenants::UsageLedger* ledger, tenants::Reservation held,
                                        tenants::Settlement settled) {
        const auto reserved = co_await ledger->reserve(std::move(held));
        if (!reserved) throw std::runtime_error(reserved.error().for_log);
        const auto done = co_await ledger->settle(std::move(settled));
        if (!done) throw std::runtime_error(done.error().for_log);
    }

    FixedPlans plans_;
    tenants::StatementSigner signer_;
    std::unique_ptr<tenants::SqliteStore> store_;
};

}  // namespace test_support
