#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tenants/base/task.h"
#include "tenants/usage/entry_chain.h"
#include "tests/support/contract/stores_under_test.h"
#include "tests/support/receipts.h"

/// What the contract tests of UsageLedger share; include usage_ledger_contract.h for the tests.
namespace test_support {

using namespace tenants;  // the tests' own vocabulary is the domain's

class UsageLedgerContract : public testing::TestWithParam<StoresFactory> {
protected:
    static constexpr std::chrono::hours kDay{24};

    UsageLedgerContract() : stores_(GetParam().make()) {
        for (const MerchantId& merchant : {kMerchant, kOther}) {
            const Merchant added{merchant, "shop", false, "", 100, kNoon, 1, kComponent};
            EXPECT_TRUE(runBlocking(stores_->merchants().add(added)));
        }
    }

    UsageLedger& ledger() { return stores_->ledger(); }
    /// 100 until then. Windows that are open at noon follow, as MerchantStore says.
    void setDayLimit(const MerchantId& merchant, std::int64_t limit) {
        Merchant changed = *stores_->merchants().find(merchant);
        changed.day_limit = limit;
        EXPECT_TRUE(runBlocking(stores_->merchants().update(changed, kNoon)));
    }

    Reservation reservation(const std::string& request) const {
        Reservation reservation;
        reservation.merchant = kMerchant;
        reservation.request = RequestId{request};
        reservation.key = KeyId{"key_1"};
        reservation.x_request_id = "x-" + request;
        reservation.at = kNoon;
        reservation.expires_at = kNoon + std::chrono::seconds{13};
        reservation.day = beijingDay(kNoon);
        reservation.upstream_day = beijingDay(kNoon);
        return reservation;
    }
    static Fingerprint fingerprint(unsigned char content) {
        std::array<unsigned char, 32> bytes{};
        bytes.fill(content);
        return bytes;
    }
    Settlement settlement(const std::string& request, Outcome outcome = Outcome::kRecognised) const {
        return {kMerchant, RequestId{request}, outcome, kNoon + std::chrono::seconds{1}, nullptr, std::nullopt};
    }
    Release releaseOf(const std::string& request) const {
        return {kMerchant, RequestId{request}, "upstream_busy", false, kNoon};
    }

    ReserveOutcome reserve(Reservation reservation) {
        const Result<ReserveOutcome> outcome = runBlocking(ledger().reserve(std::move(reservation)));
        EXPECT_TRUE(outcome);
        return *outcome;
    }
    bool reserved(Reservation reservation) { return std::holds_alternative<Reserved>(reserve(std::move(reservation))); }
    Settled settle(Settlement settlement) {
        const Result<Settled> settled = runBlocking(ledger().settle(std::move(settlement)));
        EXPECT_TRUE(settled);
        return *settled;
    }
    void release(Release release) { EXPECT_TRUE(runBlocking(ledger().release(std::move(release)))); }
    void markUnknown(const std::string& request) {
        EXPECT_TRUE(runBlocking(ledger().markUnknown(kMerchant, RequestId{request}, "upstream_timeout", kNoon)));
    }

    WindowView window(std::string_view policy, UtcTime now) {
        for (const WindowView& window : ledger().openWindows(kMerchant, now)) {
            if (window.policy == policy) return window;
        }
        ADD_FAILURE() << "no open window of policy " << policy;
        return {};
    }
    WindowView day() { return window(kDayPolicy, kNoon); }
    WindowView upstreamDay() { return window(kUpstreamDayPolicy, kNoon); }
    std::vector<HoldView> holds(std::optional<HoldState> state = std::nullopt) {
        return ledger().holds(kMerchant, state, std::nullopt, 1000);
    }
    std::vector<UsageEntry> entries() { return ledger().entries(kMerchant, std::nullopt, 1000); }

    const UtcTime kNoon = UtcTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}} + std::chrono::hours{4};
    const MerchantId kMerchant{"mer_a"};
    const MerchantId kOther{"mer_b"};
    std::unique_ptr<StoresUnderTest> stores_;
};

}  // namespace test_support
