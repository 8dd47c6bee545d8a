#include "tenants/sqlite/sqlite_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <utility>
#include <vector>

#include "tenants/base/sealing.h"
#include "tenants/billing/running_sum.h"
#include "tests/unit/tenants/sqlite/ledger_audit.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

using tenants::KeyRing;
using tenants::MerchantId;
using tenants::runBlocking;
using tenants::SealBroken;
using tenants::SqliteStore;

class SqliteStoreTest : public StoreFixture {
protected:
    void execute(const std::string& sql) const {
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READWRITE};
        database.exec(sql);
    }
    /// What operators change, as it stands in the tables.
    std::string dump() const {
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READONLY};
        std::string text;
        for (const std::string table : {"merchant", "api_key", "plan", "plan_version", "plan_tier", "plan_assignment",
                                        "pack", "invitation", "quota_window", "period_closing", "audit_entry"}) {
            SQLite::Statement select{database, "SELECT * FROM " + table};
            while (select.executeStep()) {
                text += table;
                for (int column = 0; column < select.getColumnCount(); ++column) {
                    text += '|' + select.getColumn(column).getString();
                }
                text += '\n';
            }
        }
        return text;
    }
    std::string bytesOnDisk() const {
        std::string bytes;
        for (const auto& entry : std::filesystem::directory_iterator{folder_.path()}) {
            if (entry.path().filename() != "keys") bytes += fileBytes(entry.path());
        }
        return bytes;
    }
    std::string refusal() {
        try {
            openStore();
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "opened";
    }
};

TEST_F(SqliteStoreTest, EverythingIsThereAfterAReopen) {
    {
        const auto store = openStore();
        addMerchant(*store, "mer_a");
        tenants::ApiKey key;
        key.id = tenants::KeyId{"key_1"};
        key.merchant = MerchantId{"mer_a"};
        key.lookup = "tgk_1";
        key.created_at = beijingNoon();
        ASSERT_TRUE(runBlocking(store->merchants().addKey(key)));
        ASSERT_TRUE(runBlocking(store->merchants().addAdminToken({tenants::KeyId{"key_2"}, "tga_2", {}, "", {}, {}})));
        ASSERT_TRUE(runBlocking(store->authorizations(kComponent).save(authorization("mer_a", "wx1"))));
        ASSERT_TRUE(
            runBlocking(store->authorizations(kComponent).saveTicket(tenants::shareSecret("ticket"), beijingNoon())));
        ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-1"))));
        ASSERT_TRUE(runBlocking(store->ledger().settle(settlement("mer_a", "r-1"))));
        ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-2"))));
    }

    const auto store = openStore();

    ASSERT_NE(store->merchants().find(MerchantId{"mer_a"}), nullptr);
    EXPECT_EQ(store->merchants().list(MerchantId{}, 10).size(), 1U);
    EXPECT_EQ(store->merchants().findKey("tgk_1")->merchant, MerchantId{"mer_a"});
    EXPECT_EQ(store->merchants().adminTokens().size(), 1U);
    EXPECT_EQ(store->authorizations(kComponent).findByAppId(tenants::AppId{"wx1"})->access_token->expose(),
              "planted-access-mer_a");
    EXPECT_EQ(store->authorizations(kComponent).component()->ticket->expose(), "ticket");
    EXPECT_EQ(store->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 10).size(), 1U);
    EXPECT_EQ(store->ledger().holds(MerchantId{"mer_a"}, tenants::HoldState::kHeld, std::nullopt, 10).size(), 1U);
    EXPECT_EQ(runBlocking(store->ledger().settle(settlement("mer_a", "r-2")))->charge->number, 2);
}

TEST_F(SqliteStoreTest, FilesArePrivateToTheirOwner) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");

    for (const char* const suffix : {"", "-wal", "-shm", ".lock"}) {
        struct stat facts {};
        ASSERT_EQ(::stat((databasePath().string() + suffix).c_str(), &facts), 0) << suffix;
        EXPECT_EQ(facts.st_mode & 0777U, 0600U) << suffix;
    }
}

TEST_F(SqliteStoreTest, SecondInstanceIsRefusedUntilTheFirstIsGone) {
    auto first = openStore();

    EXPECT_NE(refusal().find("in use by another Tollgate"), std::string::npos);

    first.reset();
    EXPECT_EQ(refusal(), "opened");
}

TEST_F(SqliteStoreTest, CleanCloseLeavesOneFileWithoutALog) {
    {
        const auto store = openStore();
        addMerchant(*store, "mer_a");
    }

    EXPECT_FALSE(std::filesystem::exists(databasePath().string() + "-wal"));
}

TEST_F(SqliteStoreTest, PlantedSecretsAreNowhereInPlain) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    tenants::Authorization granted = authorization("mer_a", "wx1");
    granted.previous_refresh_token = tenants::shareSecret("planted-previous");
    ASSERT_TRUE(runBlocking(store->authorizations(kComponent).save(granted)));
    ASSERT_TRUE(runBlocking(
        store->authorizations(kComponent).saveTicket(tenants::shareSecret("planted-ticket"), beijingNoon())));
    ASSERT_TRUE(runBlocking(store->authorizations(kComponent)
                                .saveComponentToken(tenants::shareSecret("planted-component"), beijingNoon())));
    tenants::PlatformEvent event;
    event.dedupe_key = "e-1";
    event.authorization_code = tenants::shareSecret("planted-code");
    ASSERT_TRUE(runBlocking(store->authorizations(kComponent).addEvent(event)));
    ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-1"))));
    tenants::Settlement settled = settlement("mer_a", "r-1");
    settled.reply_body = tenants::shareSecret("{\"plate_num\":\"planted-plate\"}");
    settled.reply_expires_at = beijingNoon() + std::chrono::minutes{10};
    ASSERT_TRUE(runBlocking(store->ledger().settle(settled)));

    const std::string bytes = bytesOnDisk();

    EXPECT_NE(bytes.find("mer_a"), std::string::npos);  // the search would find what is there
    EXPECT_EQ(bytes.find("planted"), std::string::npos);
}

TEST_F(SqliteStoreTest, ExpiredReplyIsGoneFromTheFileAfterTheSweep) {
    std::string sealed;
    {
        const auto store = openStore();
        addMerchant(*store, "mer_a");
        ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-1"))));
        tenants::Settlement settled = settlement("mer_a", "r-1");
        settled.reply_body = tenants::shareSecret("{}");
        settled.reply_expires_at = beijingNoon() + std::chrono::minutes{10};
        ASSERT_TRUE(runBlocking(store->ledger().settle(settled)));
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READONLY};
        sealed = database.execAndGet("SELECT sealed_body FROM kept_reply").getString();
        ASSERT_NE(bytesOnDisk().find(sealed), std::string::npos);
        ASSERT_TRUE(runBlocking(store->ledger().sweep(beijingNoon(), beijingNoon() + std::chrono::minutes{11})));
    }

    EXPECT_EQ(bytesOnDisk().find(sealed), std::string::npos);
}

TEST_F(SqliteStoreTest, TokenMovedToAnotherMerchantRowStopsTheStart) {
    {
        const auto store = openStore();
        for (const char* const id : {"mer_a", "mer_b"}) addMerchant(*store, id);
        ASSERT_TRUE(runBlocking(store->authorizations(kComponent).save(authorization("mer_a", "wx1"))));
        ASSERT_TRUE(runBlocking(store->authorizations(kComponent).save(authorization("mer_b", "wx2"))));
    }

    execute(
        "UPDATE authorization SET sealed_access_token = (SELECT sealed_access_token FROM authorization "
        "WHERE appid = 'wx1') WHERE appid = 'wx2'");

    EXPECT_THROW(openStore(), SealBroken);
}

TEST_F(SqliteStoreTest, TokenMovedToAnotherColumnStopsTheStart) {
    {
        const auto store = openStore();
        addMerchant(*store, "mer_a");
        ASSERT_TRUE(runBlocking(store->authorizations(kComponent).save(authorization("mer_a", "wx1"))));
    }

    execute("UPDATE authorization SET sealed_refresh_token = sealed_access_token");

    EXPECT_THROW(openStore(), SealBroken);
}

TEST_F(SqliteStoreTest, OlderTokenPutBackIntoANewerRowStopsTheStart) {
    std::string older;
    {
        const auto store = openStore();
        addMerchant(*store, "mer_a");
        const auto first = runBlocking(store->authorizations(kComponent).save(authorization("mer_a", "wx1")));
        execute("CREATE TABLE stolen AS SELECT sealed_access_token AS token FROM authorization");
        ASSERT_TRUE(runBlocking(store->authorizations(kComponent).save(**first)));
    }

    execute("UPDATE authorization SET sealed_access_token = (SELECT token FROM stolen)");

    EXPECT_THROW(openStore(), SealBroken);
}

TEST_F(SqliteStoreTest, ReplyMovedToAnotherRequestIsAnAlarmAndNotAnAnswer) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    for (const char* const request : {"r-1", "r-2"}) {
        tenants::Reservation reserved = reservation("mer_a", request);
        reserved.fingerprint.emplace();
        ASSERT_TRUE(runBlocking(store->ledger().reserve(reserved)));
        tenants::Settlement settled = settlement("mer_a", request);
        settled.reply_body = tenants::shareSecret(request);
        settled.reply_expires_at = beijingNoon() + std::chrono::minutes{10};
        ASSERT_TRUE(runBlocking(store->ledger().settle(settled)));
    }
    execute("UPDATE kept_reply SET sealed_body = (SELECT sealed_body FROM kept_reply WHERE hold_row = 1)");

    tenants::Reservation again = reservation("mer_a", "r-2");
    again.fingerprint.emplace();

    EXPECT_THROW(static_cast<void>(runBlocking(store->ledger().reserve(again))), SealBroken);
    EXPECT_TRUE(store->ready());
}

TEST_F(SqliteStoreTest, ReplyIsForTheSameRequestOnly) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    tenants::Reservation first = reservation("mer_a", "r-1");
    first.fingerprint.emplace();
    ASSERT_TRUE(runBlocking(store->ledger().reserve(first)));
    tenants::Settlement settled = settlement("mer_a", "r-1");
    settled.reply_body = tenants::shareSecret("{}");
    settled.reply_expires_at = beijingNoon() + std::chrono::minutes{10};
    ASSERT_TRUE(runBlocking(store->ledger().settle(settled)));

    tenants::Reservation other = first;
    other.fingerprint->fill(7);
    const auto outcome = runBlocking(store->ledger().reserve(other));

    ASSERT_TRUE(std::holds_alternative<tenants::Repeat>(*outcome));
    EXPECT_FALSE(std::get<tenants::Repeat>(*outcome).reply);
}

TEST_F(SqliteStoreTest, DatabaseOfAnotherKeyRingDoesNotOpen) {
    {
        const auto store = openStore();
        ASSERT_TRUE(
            runBlocking(store->authorizations(kComponent).saveTicket(tenants::shareSecret("ticket"), beijingNoon())));
        addMerchant(*store, "mer_a");
        ASSERT_TRUE(runBlocking(store->authorizations(kComponent).save(authorization("mer_a", "wx1"))));
    }
    const KeyRing other = newKeyRing(folder_.path() / "other");

    EXPECT_THROW(SqliteStore::open(databasePath(), other, {kComponent}, clock_, {}), SealBroken);
}

TEST_F(SqliteStoreTest, LedgerRefusesEveryUpdateAndDelete) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", "r-1"))));
    ASSERT_TRUE(runBlocking(store->ledger().settle(settlement("mer_a", "r-1"))));

    EXPECT_THROW(execute("UPDATE usage_entry SET units = 2"), SQLite::Exception);
    EXPECT_THROW(execute("DELETE FROM usage_entry"), SQLite::Exception);

    EXPECT_EQ(store->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 10).at(0).units, 1);
}

TEST_F(SqliteStoreTest, DeedThatCannotBeWrittenIntoTheAuditIsNotDone) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    for (const char* request : {"r-1", "r-2"}) {
        ASSERT_TRUE(runBlocking(store->ledger().reserve(reservation("mer_a", request))));
    }
    ASSERT_TRUE(runBlocking(store->ledger().settle(settlement("mer_a", "r-1"))));
    ASSERT_TRUE(
        runBlocking(store->ledger().markUnknown(MerchantId{"mer_a"}, tenants::RequestId{"r-2"}, "x", beijingNoon())));
    execute("CREATE TRIGGER refused BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'refused'); END");
    tenants::Correction correction;
    correction.merchant = MerchantId{"mer_a"};
    correction.number = 1;
    correction.reason = "why";
    correction.now = beijingNoon();
    correction.note.action = "usage_entry.correct";
    tenants::Decision decision{correction.merchant, tenants::RequestId{"r-2"}, true, "why", beijingNoon(), {}};
    decision.note.action = "hold.billed";

    EXPECT_THROW(static_cast<void>(runBlocking(store->ledger().correct(correction))), SQLite::Exception);
    EXPECT_THROW(static_cast<void>(runBlocking(store->ledger().decide(decision))), SQLite::Exception);

    EXPECT_EQ(store->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 10).size(), 1U);
    EXPECT_EQ(store->ledger().holds(MerchantId{"mer_a"}, tenants::HoldState::kUnknown, std::nullopt, 10).size(), 1U);
    expectSoundLedger(databasePath());
    execute("DROP TRIGGER refused");
    EXPECT_EQ(runBlocking(store->ledger().decide(decision))->number, 2);
}

TEST_F(SqliteStoreTest, NoChangeOfAnOperatorIsStoredWithoutItsLineOfTheAudit) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    tenants::ApiKey key;
    key.id = tenants::KeyId{"key_1"};
    key.merchant = MerchantId{"mer_a"};
    key.lookup = "lookup";
    ASSERT_TRUE(runBlocking(store->merchants().addKey(key)));
    const std::string before = dump();
    execute("CREATE TRIGGER refused BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'refused'); END");
    const tenants::UtcTime now = beijingNoon();
    const MerchantId merchant{"mer_a"};
    tenants::PlanTerms terms;
    terms.tiers = {{std::nullopt, tenants::Money{1}}};
    tenants::Pack pack;
    pack.id = tenants::PackId{"pack_1"};
    pack.merchant = merchant;
    pack.units = 9;
    pack.starts_at = pack.created_at = now;
    pack.expires_at = now + std::chrono::hours{1};
    tenants::Merchant changed = *store->merchants().find(merchant);
    changed.name = "other";
    tenants::Merchant another = changed;
    another.id = MerchantId{"mer_b"};
    tenants::ApiKey second = key;
    second.id = tenants::KeyId{"key_2"};
    second.lookup = "lookup_2";
    tenants::Invitation invitation;
    invitation.state_hash = std::string(64, 'a');
    invitation.merchant = merchant;
    auto& authorizations = store->authorizations(kComponent);

    EXPECT_THROW((void)runBlocking(store->merchants().add(another)), SQLite::Exception);
    EXPECT_THROW((void)runBlocking(store->merchants().update(changed, now)), SQLite::Exception);
    EXPECT_THROW((void)runBlocking(store->merchants().addKey(second)), SQLite::Exception);
    EXPECT_THROW((void)runBlocking(store->merchants().revokeKey(merchant, key.id, now)), SQLite::Exception);
    EXPECT_THROW((void)runBlocking(store->plans().addPlan(tenants::PlanId{"std"}, "Standard", terms, now)),
                 SQLite::Exception);
    EXPECT_THROW((void)runBlocking(store->plans().assign(merchant, std::nullopt, std::nullopt, now)),
                 SQLite::Exception);
    EXPECT_THROW((void)runBlocking(store->plans().grantPack(pack)), SQLite::Exception);
    EXPECT_THROW((void)runBlocking(store->ledger().reopenUpstreamWindow(merchant, now)), SQLite::Exception);
    EXPECT_THROW((void)runBlocking(authorizations.addInvitation(invitation)), SQLite::Exception);
    EXPECT_THROW((void)runBlocking(store->statements().beginClosing(tenants::Period{now}, now)), SQLite::Exception);

    execute("DROP TRIGGER refused");
    EXPECT_EQ(dump(), before);
    EXPECT_EQ(store->merchants().find(merchant)->name, "shop") << "nor in memory";
    EXPECT_FALSE(store->plans().findPlan(tenants::PlanId{"std"}));
}

TEST_F(SqliteStoreTest, UsageIsSummedByPeriodAndBeijingDay) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    addMerchant(*store, "mer_b");
    const auto scanAt = [&](const std::string& merchant, const std::string& request, tenants::UtcTime at) {
        tenants::Reservation made = reservation(merchant, request);
        made.at = at;
        made.day = made.upstream_day = tenants::beijingDay(at);
        ASSERT_TRUE(runBlocking(store->ledger().reserve(made)));
        tenants::Settlement settled = settlement(merchant, request);
        settled.now = at + std::chrono::seconds{1};
        ASSERT_TRUE(runBlocking(store->ledger().settle(settled)));
    };
    const tenants::Period december = *tenants::Period::parse("2026-12");
    scanAt("mer_a", "r-1", december.starts() - std::chrono::milliseconds{1});  // Beijing's last moment of November
    scanAt("mer_a", "r-2", december.starts());
    scanAt("mer_a", "r-3", december.starts() + std::chrono::hours{23});
    scanAt("mer_a", "r-4", december.starts() + std::chrono::hours{24});
    scanAt("mer_b", "r-1", december.starts());
    tenants::Correction correction;
    correction.merchant = MerchantId{"mer_a"};
    correction.number = 3;
    correction.reason = "why";
    correction.note.action = "usage_entry.correct";
    correction.now = december.starts() + std::chrono::hours{50};
    ASSERT_TRUE(runBlocking(store->ledger().correct(correction)));

    const auto daysOf = [&](const char* merchant, tenants::Period period) {
        return tenants::runningSum(store->ledgerScan(), store->plans(), MerchantId{merchant}, period).days;
    };
    const auto days = daysOf("mer_a", december);

    ASSERT_EQ(days.size(), 2U);
    EXPECT_EQ(days[0].starts, december.starts());
    EXPECT_EQ(days[0].units, 1);
    EXPECT_EQ(days[0].entries, 3) << "a correction counts on the day of its scan";
    EXPECT_EQ(days[1].units, 1);
    ASSERT_EQ(daysOf("mer_a", december.previous()).size(), 1U);
    EXPECT_EQ(daysOf("mer_a", december.previous())[0].units, 1);
    EXPECT_EQ(daysOf("mer_b", december)[0].entries, 1);
    EXPECT_TRUE(daysOf("mer_c", december).empty());
    EXPECT_TRUE(daysOf("mer_a", december.next()).empty());
}

TEST_F(SqliteStoreTest, AuditRefusesEveryUpdateAndDelete) {
    const auto store = openStore();
    tenants::AuditNote note;
    note.actor = tenants::KeyId{"adm_1"};
    ASSERT_TRUE(runBlocking(store->audit().append(note.on("export.create", MerchantId{"mer_a"}, "exports/exp_1"))));

    EXPECT_THROW(execute("UPDATE audit_entry SET actor = 'adm_2'"), SQLite::Exception);
    EXPECT_THROW(execute("DELETE FROM audit_entry"), SQLite::Exception);
    EXPECT_EQ(store->audit().entries({}, std::nullopt, 10).at(0).note.actor, tenants::KeyId{"adm_1"});
}

TEST_F(SqliteStoreTest, MalformedReservationsAreRefusedAndNothingIsWritten) {
    const auto store = openStore();
    addMerchant(*store, "mer_a");
    std::vector<tenants::Reservation> malformed(5, reservation("mer_a", "r-1"));
    malformed[0].units = 0;
    malformed[1].units = 1'000'001;
    malformed[2].request = tenants::RequestId{};
    malformed[3].request = tenants::RequestId{std::string(256, 'x')};
    malformed[4].day.ends = malformed[4].day.starts;

    for (const tenants::Reservation& each : malformed) {
        EXPECT_EQ(runBlocking(store->ledger().reserve(each)).error().code, tenants::ErrorCode::kInvalidInput);
    }
    EXPECT_EQ(runBlocking(store->ledger().reserve(reservation("mer_none", "r-1"))).error().code,
              tenants::ErrorCode::kNotFound);

    EXPECT_TRUE(store->ledger().holds(MerchantId{"mer_a"}, std::nullopt, std::nullopt, 10).empty());
}

}  // namespace
}  // namespace test_support
