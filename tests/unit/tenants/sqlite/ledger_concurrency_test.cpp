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
    const auto history = [&store](unsigned seed) {
        std::mt19937 random{seed};
        const auto below = [&random](unsigned end) { return random() % end; };
        for (int step = 0; step < 60; ++step) {
            const std::string merchant = "mer_" + std::to_string(below(5));
            const std::string request = "r-" + std::to_string(below(40));
            tenants::Reservation taken = reservation(merchant, request);
            taken.fingerprint.emplace();
            taken.units = 1 + static_cast<std::int64_t>(below(3));
            tenants::Settlement settled = settlement(merchant, request);
            if (below(2) == 0) settled.outcome = tenants::Outcome::kNotRecognised;
            switch (below(5)) {
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
