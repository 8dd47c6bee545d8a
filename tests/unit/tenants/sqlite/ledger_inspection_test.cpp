#include "tenants/sqlite/ledger_inspection.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <latch>
#include <string>
#include <thread>

#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

using namespace tenants;
using namespace std::chrono_literals;

constexpr int kScans = 6000;  // more than what every start looks at
constexpr int kPageBytes = 4096;

class LedgerInspectionTest : public StoreFixture {
protected:
    LedgerInspectionTest() {
        SqliteSettings settings;
        settings.queue_changes_max = 2 * kScans;
        const auto store = openStore(std::move(settings));
        addMerchant(*store, "mer_a", kScans);
        std::latch ended{kScans};
        for (int number = 0; number < kScans; ++number) {
            const std::string digits = std::to_string(number);
            spawn(scan(store->ledger(), "req-" + std::string(6 - digits.size(), '0') + digits, ended));
        }
        ended.wait();
    }

    Task<void> scan(UsageLedger& ledger, std::string request, std::latch& ended) {
        const auto reserved = co_await ledger.reserve(reservation("mer_a", request));
        EXPECT_TRUE(reserved && std::holds_alternative<Reserved>(*reserved)) << request;
        const auto settled = co_await ledger.settle(settlement("mer_a", request));
        EXPECT_TRUE(settled) << request;
        ended.count_down();
    }

    std::filesystem::path mark() const { return databasePath().string() + ".damaged"; }

    /// Overwrites a leaf of that table or index, from the oldest third.
    void damageOldPageOf(const std::string& name) const {
        std::int64_t page = 0;
        {
            SQLite::Database database{databasePath().string()};
            const std::string leaves = "FROM dbstat WHERE name = '" + name + "' AND pagetype = 'leaf'";
            page = database.execAndGet("SELECT pageno " + leaves +
                                       " ORDER BY path LIMIT 1 OFFSET (SELECT count(*) / 4 " + leaves + ")");
        }
        std::fstream file{databasePath(), std::ios::in | std::ios::out | std::ios::binary};
        file.seekp((page - 1) * kPageBytes);
        file << std::string(kPageBytes, '\xA5');
    }

    void execute(const std::string& sql) const {
        SQLite::Database{databasePath().string(), SQLite::OPEN_READWRITE}.exec(sql);
    }

    std::string refusal() {
        try {
            openStore();
            return "it was opened";
        } catch (const std::runtime_error& failure) {
            return failure.what();
        }
    }
};

TEST_F(LedgerInspectionTest, SoundLedgerIsFoundSoundWhileTheStoreServes) {
    const auto store = openStore();
    EXPECT_TRUE(store->ready());

    const auto patience = std::chrono::steady_clock::now() + 60s;
    while (store->inspection() == SqliteStore::Inspection::kRunning && std::chrono::steady_clock::now() < patience) {
        std::this_thread::yield();
    }

    EXPECT_EQ(store->inspection(), SqliteStore::Inspection::kSound);
    EXPECT_FALSE(std::filesystem::exists(mark()));
}

class OldDamage : public LedgerInspectionTest, public testing::WithParamInterface<const char*> {};

TEST_P(OldDamage, IsFoundInTheBackgroundAndRefusedByTheNextStart) {
    const std::filesystem::path sound = folder_.path() / "sound.db";
    std::filesystem::copy_file(databasePath(), sound);
    damageOldPageOf(GetParam());

    std::promise<std::string> told;
    {
        SqliteSettings settings;
        settings.fatal = [&told](std::string_view reason) { told.set_value(std::string{reason}); };
        const auto store = openStore(std::move(settings));
        auto reason = told.get_future();
        ASSERT_EQ(reason.wait_for(60s), std::future_status::ready);
        EXPECT_NE(reason.get().find("damaged"), std::string::npos);
        EXPECT_EQ(store->inspection(), SqliteStore::Inspection::kDamaged);
    }

    EXPECT_TRUE(std::filesystem::exists(mark()));
    EXPECT_NE(refusal().find("is damaged"), std::string::npos) << refusal();
    std::filesystem::copy_file(sound, databasePath(), std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(refusal(), "it was opened");
    EXPECT_FALSE(std::filesystem::exists(mark()));
}

INSTANTIATE_TEST_SUITE_P(Places, OldDamage, testing::Values("hold", "sqlite_autoindex_hold_1", "usage_entry"));

TEST_F(LedgerInspectionTest, HeadThatIsAheadOfItsChainStopsTheStart) {
    execute("UPDATE ledger_head SET last_number = last_number + 1");

    EXPECT_NE(refusal().find("ledger_head"), std::string::npos) << refusal();
}

TEST_F(LedgerInspectionTest, EntryThatIsGoneStopsTheStart) {
    execute(
        "DROP TRIGGER usage_entry_kept; DELETE FROM usage_entry WHERE row = (SELECT max(row) - 10 FROM usage_entry)");

    EXPECT_NE(refusal().find("usage_entry"), std::string::npos) << refusal();
}

TEST_F(LedgerInspectionTest, EntryThatNoHeadKnowsStopsTheStart) {
    execute("UPDATE ledger_head SET last_number = last_number - 1, last_entry_row = last_entry_row - 1");

    EXPECT_NE(refusal().find("ledger_head"), std::string::npos) << refusal();
}

TEST_F(LedgerInspectionTest, DamageOfASmallTableStopsTheStart) {
    damageOldPageOf("merchant");

    EXPECT_NE(refusal().find("is damaged"), std::string::npos) << refusal();
}

}  // namespace
}  // namespace test_support
