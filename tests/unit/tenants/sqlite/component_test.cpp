#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tenants/base/sealing.h"
#include "tenants/sqlite/connection.h"
#include "tenants/sqlite/migrator.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

/// Several third-party platforms in one store: nothing of one is seen or touched by another.
namespace test_support {
namespace {

using tenants::AppId;
using tenants::AuthorizationStore;
using tenants::ErrorCode;
using tenants::MerchantId;
using tenants::runBlocking;
using tenants::shareSecret;
using tenants::SqliteStore;

const AppId kOther{"wxother"};

class ComponentTest : public StoreFixture {
protected:
    std::unique_ptr<SqliteStore> openBoth() {
        return SqliteStore::open(databasePath(), keys_, {kComponent, kOther}, clock_, {});
    }
    void addMerchantOf(SqliteStore& store, const std::string& id, const AppId& component) const {
        const tenants::Merchant merchant{MerchantId{id}, "shop", false, "", 100, beijingNoon(), 1, component};
        ASSERT_TRUE(runBlocking(store.merchants().add(merchant)));
    }
    void execute(const std::string& sql) const {
        SQLite::Database database{databasePath().string(), SQLite::OPEN_READWRITE};
        database.exec(sql);
    }
};

TEST_F(ComponentTest, OneAccountCanBeAuthorizedToBothPlatforms) {
    {
        const auto store = openBoth();
        addMerchantOf(*store, "mer_a", kComponent);
        addMerchantOf(*store, "mer_b", kOther);
        ASSERT_TRUE(runBlocking(store->authorizations(kComponent).save(authorization("mer_a", "wx1"))));
        ASSERT_TRUE(runBlocking(store->authorizations(kOther).save(authorization("mer_b", "wx1"))));
    }

    const auto store = openBoth();

    EXPECT_EQ(store->authorizations(kComponent).findByAppId(AppId{"wx1"})->merchant, MerchantId{"mer_a"});
    EXPECT_EQ(store->authorizations(kOther).findByAppId(AppId{"wx1"})->merchant, MerchantId{"mer_b"});
    EXPECT_EQ(store->authorizations(kComponent).find(MerchantId{"mer_b"}), nullptr);
    EXPECT_EQ(store->merchants().find(MerchantId{"mer_b"})->component, kOther);
}

TEST_F(ComponentTest, AuthorizationOfAnotherPlatformsMerchantIsRefused) {
    const auto store = openBoth();
    addMerchantOf(*store, "mer_a", kComponent);

    const auto saved = runBlocking(store->authorizations(kOther).save(authorization("mer_a", "wx1")));

    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code, ErrorCode::kNotFound);
}

TEST_F(ComponentTest, TicketAndTokenAreOfOnePlatform) {
    {
        const auto store = openBoth();
        ASSERT_TRUE(runBlocking(store->authorizations(kComponent).saveTicket(shareSecret("one"), beijingNoon())));
        ASSERT_TRUE(runBlocking(store->authorizations(kOther).saveTicket(shareSecret("two"), beijingNoon())));
        ASSERT_TRUE(runBlocking(store->authorizations(kOther).saveComponentToken(shareSecret("token"), beijingNoon())));
    }

    const auto store = openBoth();

    EXPECT_EQ(store->authorizations(kComponent).component()->ticket->expose(), "one");
    EXPECT_EQ(store->authorizations(kComponent).component()->access_token, nullptr);
    EXPECT_EQ(store->authorizations(kOther).component()->ticket->expose(), "two");
    EXPECT_EQ(store->authorizations(kOther).component()->access_token->expose(), "token");
}

TEST_F(ComponentTest, LinksCodesAndEventsAreOfOnePlatform) {
    const auto store = openBoth();
    addMerchantOf(*store, "mer_a", kComponent);
    AuthorizationStore& one = store->authorizations(kComponent);
    AuthorizationStore& other = store->authorizations(kOther);
    ASSERT_TRUE(runBlocking(one.addLink({"state", "code", MerchantId{"mer_a"}, beijingNoon(), beijingNoon(), ""})));
    tenants::PlatformEvent event;
    event.dedupe_key = "same";
    event.info_type = "authorized";
    const auto first = runBlocking(one.addEvent(event));
    const auto second = runBlocking(other.addEvent(event));
    ASSERT_TRUE(first && *first && second && *second) << "the same event of two platforms is two events";

    EXPECT_TRUE(runBlocking(one.findLinkByState("state")));
    EXPECT_FALSE(runBlocking(other.findLinkByState("state")));
    EXPECT_FALSE(runBlocking(other.findLinkByPreAuthCode("code")));
    ASSERT_TRUE(runBlocking(one.rememberCode("c", beijingNoon())));
    EXPECT_TRUE(runBlocking(one.knowsCode("c")));
    EXPECT_FALSE(runBlocking(other.knowsCode("c")));
    EXPECT_EQ(runBlocking(other.markEventHandled((*first)->id, beijingNoon())).error().code, ErrorCode::kNotFound);
    ASSERT_TRUE(runBlocking(one.markEventHandled((*first)->id, beijingNoon())));
    EXPECT_EQ(runBlocking(one.unhandledEvents()).size(), 0U);
    EXPECT_EQ(runBlocking(other.unhandledEvents()).size(), 1U);
}

TEST_F(ComponentTest, RowMovedToAnotherPlatformDoesNotOpen) {
    {
        const auto store = openBoth();
        addMerchantOf(*store, "mer_a", kComponent);
        ASSERT_TRUE(runBlocking(store->authorizations(kComponent).save(authorization("mer_a", "wx1"))));
    }
    execute("UPDATE merchant SET component_appid = 'wxother'; UPDATE authorization SET component_appid = 'wxother'");

    EXPECT_THROW(openBoth(), tenants::SealBroken);
}

TEST_F(ComponentTest, DatabaseWithMerchantsOfAPlatformThatIsNotConfiguredIsRefused) {
    {
        const auto store = openBoth();
        addMerchantOf(*store, "mer_b", kOther);
    }

    try {
        openStore();
        FAIL() << "opened";
    } catch (const std::runtime_error& refusal) {
        EXPECT_NE(std::string{refusal.what()}.find("wxother, which is not configured"), std::string::npos);
    }
}

TEST_F(ComponentTest, ChangeOfAMerchantLeavesItsPlatform) {
    const auto store = openBoth();
    addMerchantOf(*store, "mer_b", kOther);
    tenants::Merchant changed = *store->merchants().find(MerchantId{"mer_b"});
    changed.component = kComponent;

    const auto updated = runBlocking(store->merchants().update(changed, beijingNoon()));

    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->component, kOther);
}

/// What one platform had before there could be several is its own afterwards, secrets included.
TEST_F(ComponentTest, RowsOfOnePlatformsDatabaseAreItsOwnAfterTheMigration) {
    {
        const auto store = openStore();
        addMerchant(*store, "mer_a");
        AuthorizationStore& authorizations = store->authorizations(kComponent);
        ASSERT_TRUE(runBlocking(authorizations.saveTicket(shareSecret("ticket"), beijingNoon())));
        ASSERT_TRUE(runBlocking(authorizations.save(authorization("mer_a", "wx1"))));
        ASSERT_TRUE(runBlocking(
            authorizations.addLink({"state", "code", MerchantId{"mer_a"}, beijingNoon(), beijingNoon(), ""})));
        ASSERT_TRUE(runBlocking(authorizations.rememberCode("exchanged", beijingNoon())));
        tenants::PlatformEvent event;
        event.dedupe_key = "e-1";
        event.info_type = "authorized";
        event.authorization_code = shareSecret("code");
        ASSERT_TRUE(runBlocking(authorizations.addEvent(event)));
    }
    // The same rows in a file of the schema before: what the newest store wrote, copied column by column.
    const std::string newest = databasePath().string() + ".newest";
    std::filesystem::rename(databasePath(), newest);
    tenants::sqlite::prepareDatabaseFile(databasePath());
    {
        SQLite::Database old = tenants::sqlite::openWriter(databasePath(), "");
        tenants::sqlite::migrate(old, tenants::sqlite::builtInMigrations().first(4), 0, beijingNoon());
        old.exec("ATTACH '" + newest + "' AS newest");
        for (const char* const table :
             {"merchant", "component_state", "authorization", "authorization_link", "claimed_code", "platform_event"}) {
            const std::string columns =
                old.execAndGet("SELECT group_concat(name) FROM pragma_table_info('" + std::string{table} + "', 'main')")
                    .getString();
            old.exec("INSERT INTO main." + std::string{table} + " (" + columns + ") SELECT " + columns +
                     " FROM newest." + table);
        }
    }

    const auto store = openBoth();

    AuthorizationStore& authorizations = store->authorizations(kComponent);
    EXPECT_EQ(store->merchants().find(MerchantId{"mer_a"})->component, kComponent);
    EXPECT_EQ(authorizations.component()->ticket->expose(), "ticket");
    EXPECT_EQ(authorizations.find(MerchantId{"mer_a"})->access_token->expose(), "planted-access-mer_a");
    EXPECT_TRUE(runBlocking(authorizations.findLinkByState("state")));
    EXPECT_TRUE(runBlocking(authorizations.knowsCode("exchanged")));
    const auto events = runBlocking(authorizations.unhandledEvents());
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].authorization_code->expose(), "code");
    EXPECT_EQ(runBlocking(store->authorizations(kOther).unhandledEvents()).size(), 0U);
}

}  // namespace
}  // namespace test_support
