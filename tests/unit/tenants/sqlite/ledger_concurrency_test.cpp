#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/tenants/sqlite/ledger_audit.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

using tenants::MerchantId;
using tenants::RequestId;
using tenants::runBlocking;

class LedgerConcurrencyTest : public StoreFixture {};

TEST_F(LedgerConcurrencyTest, SixtyFourThreadsGetExactlyTheHundredUnitsThatAreLeft) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    std::atomic<int> reserved{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;

    for (int thread = 0; thread < 64; ++thread) {
        threads.emplace_back([&, thread] {
            for (int scan = 0; scan < 4; ++scan) {
                const std::string request = std::to_string(thread) + "-" + std::to_string(scan);
                const auto outcome = runBlocking(store->ledger().reserve(reservation("mer_a", request)));
                if (outcome && std::holds_alternative<tenants::Reserved>(*outcome)) {
                    ++reserved;
                    EXPECT_TRUE(runBlocking(store->ledger().settle(settlement("mer_a", request))));
                } else {
                    EXPECT_TRUE(outcome && std::holds_alternative<tenants::WindowFull>(*outcome));
                    ++refused;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(reserved, 100);
    EXPECT_EQ(refused, 156);
    EXPECT_EQ(store->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 1000).size(), 100U);
    expectSoundLedger(databasePath());
}

TEST_F(LedgerConcurrencyTest, SixtyFourThreadsPassNoLimitOfDayMonthPackOrWeChat) {
    const auto store = openStore();
    addMerchant(*store, "mer_a", 70);
    tenants::PlanTerms terms;
    terms.tiers = {{std::nullopt, tenants::Money{50'000}}};
    terms.month_limit = 65;
    terms.packs_only = true;
    ASSERT_TRUE(runBlocking(store->plans().addPlan(tenants::PlanId{"std"}, "Standard", terms, beijingNoon())));
    const tenants::PlanVersionId version{tenants::PlanId{"std"}, 1};
    ASSERT_TRUE(runBlocking(store->plans().assign(MerchantId{"mer_a"}, version, {}, beijingNoon())));
    for (const char* id : {"pack_a", "pack_b"}) {
        tenants::Pack pack;
        pack.id = tenants::PackId{id};
        pack.merchant = MerchantId{"mer_a"};
        pack.units = 30;
        pack.starts_at = beijingNoon();
        pack.expires_at = beijingNoon() + std::chrono::hours{24};
        ASSERT_TRUE(runBlocking(store->plans().grantPack(pack)));
    }
    tenants::UpstreamQuotaChange upstream;
    upstream.day_free = 50;
    upstream.pack_units = 12;
    const auto merchant = store->merchants().find(MerchantId{"mer_a"});
    ASSERT_TRUE(runBlocking(store->merchants().update(*merchant, beijingNoon(), upstream)));
    std::atomic<int> charged{0};
    std::vector<std::thread> threads;

    // A third of the scans is given back, a third finds nothing: their units go to others, but WeChat's to nobody.
    for (int thread = 0; thread < 64; ++thread) {
        threads.emplace_back([&, thread] {
            for (int scan = 0; scan < 6; ++scan) {
                const std::string request = std::to_string(thread) + "-" + std::to_string(scan);
                const auto outcome = runBlocking(store->ledger().reserve(reservation("mer_a", request)));
                if (!outcome || !std::holds_alternative<tenants::Reserved>(*outcome)) continue;
                if (scan % 3 == 0) {
                    EXPECT_TRUE(runBlocking(store->ledger().release(
                        {MerchantId{"mer_a"}, RequestId{request}, "busy", false, beijingNoon()})));
                    continue;
                }
                tenants::Settlement settled = settlement("mer_a", request);
                if (scan % 3 == 1) settled.outcome = tenants::Outcome::kNotRecognised;
                if (scan % 3 == 2) ++charged;
                EXPECT_TRUE(runBlocking(store->ledger().settle(settled)));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    expectSoundLedger(databasePath());
    EXPECT_EQ(countRows(databasePath(), "SELECT sum(used + held) FROM quota_window WHERE policy = 'upstream_day'"), 62);
    EXPECT_EQ(countRows(databasePath(), "SELECT upstream_pack_units FROM merchant"), 0);
    EXPECT_EQ(countRows(databasePath(), "SELECT sum(used) FROM pack"), charged);
    EXPECT_EQ(store->merchants().find(MerchantId{"mer_a"})->upstream_pack_units, 0);
}

TEST_F(LedgerConcurrencyTest, OneKeyInSixtyFourThreadsIsReservedOnce) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    std::atomic<int> reserved{0};
    std::vector<std::thread> threads;

    for (int thread = 0; thread < 64; ++thread) {
        threads.emplace_back([&] {
            const auto outcome = runBlocking(store->ledger().reserve(reservation("mer_a", "r-1")));
            if (outcome && std::holds_alternative<tenants::Reserved>(*outcome)) ++reserved;
        });
    }
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(reserved, 1);
    expectSoundLedger(databasePath());
}

TEST_F(LedgerConcurrencyTest, RandomHistoriesOfManyMerchantsKeepTheLedgerSound) {
    auto store = openStore();
    for (int merchant = 0; merchant < 5; ++merchant) addMerchant(*store, "mer_" + std::to_string(merchant), 12);
    for (int version = 1; version <= 3; ++version) {
        tenants::PlanTerms terms;
        terms.tiers = {{std::nullopt, tenants::Money{50'000}}};
        terms.month_limit = 4 * version;
        const tenants::PlanId plan{"plan_" + std::to_string(version)};
        ASSERT_TRUE(runBlocking(store->plans().addPlan(plan, "Plan", terms, beijingNoon())));
    }
    const auto history = [&store](unsigned seed) {
        std::mt19937 random{seed};
        const auto below = [&random](unsigned end) { return random() % end; };
        for (int step = 0; step < 60; ++step) {
            const std::string merchant = "mer_" + std::to_string(below(5));
            const std::string request = "r-" + std::to_string(below(8));  // few, so that steps meet
            tenants::Reservation taken = reservation(merchant, request);
            taken.fingerprint.emplace();
            taken.units = 1 + static_cast<std::int64_t>(below(3));
            tenants::Settlement settled = settlement(merchant, request);
            if (below(2) == 0) settled.outcome = tenants::Outcome::kNotRecognised;
            tenants::Pack pack;
            pack.id = tenants::PackId{"pack_" + std::to_string(seed) + "_" + std::to_string(step)};
            pack.merchant = MerchantId{merchant};
            pack.units = 5;
            pack.starts_at = beijingNoon();
            pack.expires_at = beijingNoon() + std::chrono::hours{1 + below(3)};
            tenants::UpstreamQuotaChange upstream;
            upstream.day_free = static_cast<std::int64_t>(below(20));
            upstream.pack_units = static_cast<std::int64_t>(below(4));
            switch (below(8)) {
                case 5:
                    ASSERT_TRUE(runBlocking(store->plans().assign(
                        MerchantId{merchant},
                        tenants::PlanVersionId{tenants::PlanId{"plan_" + std::to_string(1 + below(3))}, 1}, {},
                        beijingNoon())));
                    break;
                case 6: ASSERT_TRUE(runBlocking(store->plans().grantPack(pack))); break;
                case 7:
                    // Somebody else's change may come first.
                    static_cast<void>(runBlocking(store->merchants().update(
                        *store->merchants().find(MerchantId{merchant}), beijingNoon(), upstream)));
                    break;
                case 0:
                case 1: ASSERT_TRUE(runBlocking(store->ledger().reserve(taken))); break;
                case 2: static_cast<void>(runBlocking(store->ledger().settle(settled))); break;
                case 3:
                    static_cast<void>(runBlocking(store->ledger().release(
                        {MerchantId{merchant}, RequestId{request}, "busy", below(10) == 0, beijingNoon()})));
                    break;
                default:
                    static_cast<void>(runBlocking(store->ledger().markUnknown(MerchantId{merchant}, RequestId{request},
                                                                              "upstream_timeout", beijingNoon())));
            }
        }
    };

    std::vector<std::thread> threads;
    for (unsigned seed = 1; seed <= 8; ++seed) threads.emplace_back(history, seed);
    for (std::thread& thread : threads) thread.join();
    expectSoundLedger(databasePath());
    ASSERT_TRUE(runBlocking(store->ledger().sweep(tenants::UtcTime::max(), beijingNoon())));
    store.reset();
    store = openStore();

    expectSoundLedger(databasePath());
    EXPECT_EQ(countRows(databasePath(), "SELECT count(*) FROM hold WHERE state = 'held'"), 0);
    EXPECT_GT(countRows(databasePath(), "SELECT count(*) FROM usage_entry"), 0);
}

}  // namespace
}  // namespace test_support
