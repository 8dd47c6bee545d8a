#include "tenants/sqlite/writer.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/tenants/sqlite/fault_vfs.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

using tenants::ErrorCode;
using tenants::MerchantId;
using tenants::Result;
using tenants::runBlocking;
using tenants::SqliteSettings;
using tenants::SqliteStore;
using tenants::Task;

class WriterTest : public StoreFixture {
protected:
    WriterTest() { FaultVfs::instance().reset(); }
    ~WriterTest() override { FaultVfs::instance().reset(); }

    SqliteSettings faultySettings() {
        SqliteSettings settings;
        settings.vfs = FaultVfs::kName;
        settings.probe_interval = std::chrono::milliseconds{1};
        settings.fatal = [this](std::string_view reason) {
            fatal_reason_ = reason;
            ++fatal_calls_;
        };
        return settings;
    }
    static void waitUntilReady(const SqliteStore& store) {
        while (!store.ready()) std::this_thread::yield();  // ctest's time limit ends a test that never gets there
    }
    static tenants::Merchant merchant(const std::string& id, std::int64_t day_limit = 100) {
        return {MerchantId{id}, "shop", false, "", day_limit, beijingNoon(), 1, kComponent};
    }
    static ErrorCode addRefused(SqliteStore& store, const std::string& id) {
        return runBlocking(store.merchants().add(merchant(id))).error().code;
    }

    /// Runs `together` on the writer's thread while it can take no job: everything that it submits waits in the queue,
    /// and the writer then takes it as one group.
    static void asOneGroup(SqliteStore& store, std::function<void()> together) {
        std::binary_semaphore done{0};
        const auto run = [](SqliteStore& at, std::function<void()> body,
                            std::binary_semaphore& finished) -> Task<void> {
            EXPECT_TRUE(co_await at.merchants().add(merchant("mer_first")));
            body();
            finished.release();
        };
        tenants::spawn(run(store, std::move(together), done));
        done.acquire();
    }

    static Task<void> addAndTell(SqliteStore& store, tenants::Merchant added,
                                 std::promise<Result<tenants::Done>> told) {
        try {
            told.set_value(co_await store.merchants().add(added));
        } catch (...) {
            told.set_exception(std::current_exception());
        }
    }
    static std::future<Result<tenants::Done>> startAdding(SqliteStore& store, tenants::Merchant added) {
        std::promise<Result<tenants::Done>> told;
        std::future<Result<tenants::Done>> result = told.get_future();
        tenants::spawn(addAndTell(store, std::move(added), std::move(told)));
        return result;
    }

    std::string fatal_reason_;
    std::atomic<int> fatal_calls_{0};
};

TEST_F(WriterTest, FullDiskRefusesChangesUntilThereIsRoomAgain) {
    const auto store = openStore(faultySettings());
    addMerchant(*store, "mer_a");
    ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-1"))));

    FaultVfs::instance().failWrites(SQLITE_FULL);
    const auto settled = runBlocking(store->ledger().settle(settlement("mer_a", "r-1")));
    EXPECT_EQ(settled.error().code, ErrorCode::kStoreUnavailable);
    EXPECT_FALSE(store->ready());
    EXPECT_EQ(addRefused(*store, "mer_b"), ErrorCode::kStoreUnavailable);
    EXPECT_EQ(store->ledger().holds(MerchantId{"mer_a"}, tenants::HoldState::kHeld, std::nullopt, 10).size(), 1U);
    EXPECT_EQ(store->merchants().find(MerchantId{"mer_b"}), nullptr);

    FaultVfs::instance().failWrites(SQLITE_OK);
    waitUntilReady(*store);
    EXPECT_EQ(runBlocking(store->ledger().settle(settlement("mer_a", "r-1")))->charge->number, 1);
    addMerchant(*store, "mer_b");
    EXPECT_EQ(fatal_calls_, 0);
}

TEST_F(WriterTest, FailedSyncStopsTheWriterForGood) {
    const auto store = openStore(faultySettings());
    addMerchant(*store, "mer_a");

    FaultVfs::instance().failSyncs(SQLITE_IOERR_FSYNC);
    const ErrorCode at_the_failure = addRefused(*store, "mer_b");
    FaultVfs::instance().failSyncs(SQLITE_OK);

    EXPECT_EQ(at_the_failure, ErrorCode::kStoreUnavailable);
    EXPECT_EQ(fatal_calls_, 1);
    EXPECT_FALSE(fatal_reason_.empty());
    EXPECT_FALSE(store->ready());
    EXPECT_EQ(addRefused(*store, "mer_c"), ErrorCode::kStoreUnavailable);
    EXPECT_EQ(store->merchants().find(MerchantId{"mer_b"}), nullptr);
}

TEST_F(WriterTest, FailedWriteStopsTheWriterForGood) {
    const auto store = openStore(faultySettings());

    FaultVfs::instance().failWrites(SQLITE_IOERR_WRITE);
    EXPECT_EQ(addRefused(*store, "mer_a"), ErrorCode::kStoreUnavailable);
    FaultVfs::instance().failWrites(SQLITE_OK);

    EXPECT_EQ(fatal_calls_, 1);
    EXPECT_FALSE(store->ready());
}

TEST_F(WriterTest, ChangesThatWaitTogetherCommitWithOneSync) {
    const auto store = openStore(faultySettings());
    std::vector<std::future<Result<tenants::Done>>> results;

    int syncs_before = 0;
    asOneGroup(*store, [&] {
        syncs_before = FaultVfs::instance().syncs();
        for (int number = 0; number < 64; ++number) {
            results.push_back(startAdding(*store, merchant("mer_" + std::to_string(number))));
        }
    });
    for (auto& result : results) EXPECT_TRUE(result.get());

    EXPECT_EQ(FaultVfs::instance().syncs() - syncs_before, 1);
}

TEST_F(WriterTest, FaultyChangeFailsAloneAndTheGroupIsStored) {
    const auto store = openStore(faultySettings());
    addMerchant(*store, "mer_a");
    std::vector<std::future<Result<tenants::Done>>> results;

    asOneGroup(*store, [&] {
        results.push_back(startAdding(*store, merchant("mer_1")));
        results.push_back(startAdding(*store, merchant("mer_2", -1)));  // refused by a CHECK
        results.push_back(startAdding(*store, merchant("mer_3")));
    });

    EXPECT_TRUE(results[0].get());
    EXPECT_THROW(static_cast<void>(results[1].get()), SQLite::Exception);
    EXPECT_TRUE(results[2].get());
    EXPECT_NE(store->merchants().find(MerchantId{"mer_1"}), nullptr);
    EXPECT_EQ(store->merchants().find(MerchantId{"mer_2"}), nullptr);
    EXPECT_NE(store->merchants().find(MerchantId{"mer_3"}), nullptr);
    EXPECT_TRUE(store->ready());
}

TEST_F(WriterTest, WindowsInMemoryFollowARolledBackGroup) {
    const auto store = openStore(faultySettings());
    addMerchant(*store, "mer_a", 3);
    ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-0"))));
    std::atomic<int> reserved{0};
    std::counting_semaphore<> done{0};
    std::future<Result<tenants::Done>> faulty;
    const auto reserve = [](SqliteStore& at, tenants::Reservation taken, std::atomic<int>& count,
                            std::counting_semaphore<>& finished) -> Task<void> {
        const Result<tenants::ReserveOutcome> outcome = co_await at.ledger().reserve(taken);
        if (outcome && std::holds_alternative<tenants::Reserved>(*outcome)) ++count;
        finished.release();
    };

    asOneGroup(*store, [&] {
        for (int number = 1; number <= 4; ++number) {
            tenants::spawn(reserve(*store, reservation("mer_a", "r-" + std::to_string(number)), reserved, done));
        }
        faulty = startAdding(*store, merchant("mer_2", -1));
    });
    for (int number = 1; number <= 4; ++number) done.acquire();

    EXPECT_THROW(static_cast<void>(faulty.get()), SQLite::Exception);
    EXPECT_EQ(reserved, 2);
    EXPECT_EQ(store->ledger().openWindows(MerchantId{"mer_a"}, beijingNoon()).at(0).held, 3);
    EXPECT_EQ(store->ledger().holds(MerchantId{"mer_a"}, std::nullopt, std::nullopt, 10).size(), 3U);
}

TEST_F(WriterTest, ChangeThatFindsTheQueueFullIsRefusedAtOnce) {
    SqliteSettings settings = faultySettings();
    settings.queue_changes_max = 2;
    const auto store = openStore(std::move(settings));
    std::vector<std::future<Result<tenants::Done>>> results;

    asOneGroup(*store, [&] {
        for (const char* const id : {"mer_1", "mer_2", "mer_3"}) results.push_back(startAdding(*store, merchant(id)));
    });

    EXPECT_TRUE(results[0].get());
    EXPECT_TRUE(results[1].get());
    EXPECT_EQ(results[2].get().error().code, ErrorCode::kStoreUnavailable);
    EXPECT_TRUE(store->ready());
}

TEST_F(WriterTest, ClosingCommitsWhatWaits) {
    std::vector<std::future<Result<tenants::Done>>> results;
    auto store = openStore();
    for (int number = 0; number < 50; ++number) {
        results.push_back(startAdding(*store, merchant("mer_" + std::to_string(number))));
    }

    store.reset();

    for (auto& result : results) EXPECT_TRUE(result.get());
    EXPECT_EQ(openStore()->merchants().list(MerchantId{}, 100).size(), 50U);
}

TEST_F(WriterTest, LogIsWrittenBackBeforeItGrows) {
    SqliteSettings settings;
    settings.checkpoint_bytes = 64 << 10;
    settings.truncate_bytes = 512 << 10;
    const auto store = openStore(std::move(settings));
    addMerchant(*store, "mer_a", 1000);

    for (int number = 0; number < 200; ++number) {
        ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-" + std::to_string(number)))));
    }

    EXPECT_LT(std::filesystem::file_size(databasePath().string() + "-wal"), 1U << 20U);
}

TEST_F(WriterTest, LogThatAReaderKeptIsCutWhenTheReaderIsGone) {
    SqliteSettings settings;
    settings.checkpoint_bytes = 32 << 10;
    settings.truncate_bytes = 64 << 10;
    const auto store = openStore(std::move(settings));
    addMerchant(*store, "mer_a", 1000);
    const std::filesystem::path log = databasePath().string() + "-wal";
    int number = 0;
    const auto reserveMany = [&](int count) {
        for (const int end = number + count; number < end; ++number) {
            ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-" + std::to_string(number)))));
        }
    };
    std::uintmax_t kept_bytes = 0;
    {
        SQLite::Database reader{databasePath().string(), SQLite::OPEN_READONLY};
        reader.exec("BEGIN; SELECT count(*) FROM hold");
        reserveMany(20);
        kept_bytes = std::filesystem::file_size(log);
    }

    reserveMany(20);

    EXPECT_GT(kept_bytes, 64U << 10U);
    EXPECT_LT(std::filesystem::file_size(log), kept_bytes);
}

}  // namespace
}  // namespace test_support
