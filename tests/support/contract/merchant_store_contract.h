#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "tenants/base/task.h"
#include "tests/support/contract/stores_under_test.h"

/// What MerchantStore promises, whatever it is made of. Included by one source file of a test program.
namespace test_support {

using namespace tenants;  // the tests' own vocabulary is the domain's

class MerchantStoreContract : public testing::TestWithParam<StoresFactory> {
protected:
    MerchantStoreContract() : stores_(GetParam().make()) {}

    MerchantStore& merchants() { return stores_->merchants(); }

    Merchant merchant(const std::string& id) const {
        return {MerchantId{id}, "shop " + id, false, "", 100, kNoon, 1, kComponent};
    }
    void add(const std::string& id) { ASSERT_TRUE(runBlocking(merchants().add(merchant(id)))); }

    ApiKey key(const std::string& merchant, const std::string& id, std::chrono::seconds age = {}) const {
        ApiKey key;
        key.id = KeyId{id};
        key.merchant = MerchantId{merchant};
        key.lookup = "tgk_" + id;
        key.hash.fill(static_cast<unsigned char>(id.back()));
        key.label = "till";
        key.created_at = kNoon - age;
        key.expires_at = kNoon + std::chrono::hours{1};
        return key;
    }
    AdminToken adminToken(const std::string& id) const {
        AdminToken token;
        token.id = KeyId{id};
        token.lookup = "tga_" + id;
        token.hash.fill(static_cast<unsigned char>(id.back()));
        token.label = "console";
        token.created_at = kNoon;
        return token;
    }
    Reservation reservation(const std::string& merchant, const std::string& request) const {
        Reservation reservation;
        reservation.merchant = MerchantId{merchant};
        reservation.request = RequestId{request};
        reservation.key = KeyId{"key_1"};
        reservation.x_request_id = "x";
        reservation.at = kNoon;
        reservation.expires_at = kNoon + std::chrono::seconds{13};
        reservation.day = beijingDay(kNoon);
        reservation.upstream_day = beijingDay(kNoon);
        return reservation;
    }
    std::optional<std::int64_t> dayLimit(const std::string& merchant) {
        for (const WindowView& window : stores_->ledger().openWindows(MerchantId{merchant}, kNoon)) {
            if (window.policy == kDayPolicy) return window.limit;
        }
        return std::nullopt;
    }

    const UtcTime kNoon = UtcTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}} + std::chrono::hours{4};
    std::unique_ptr<StoresUnderTest> stores_;
};

TEST_P(MerchantStoreContract, AddedMerchantIsFoundAsItWas) {
    Merchant added = merchant("mer_a");
    added.suspended = true;
    added.suspended_reason = "unpaid";
    ASSERT_TRUE(runBlocking(merchants().add(added)));

    const std::shared_ptr<const Merchant> found = merchants().find(MerchantId{"mer_a"});

    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->name, "shop mer_a");
    EXPECT_TRUE(found->suspended);
    EXPECT_EQ(found->suspended_reason, "unpaid");
    EXPECT_EQ(found->day_limit, 100);
    EXPECT_EQ(found->created_at, kNoon);
    EXPECT_EQ(found->version, 1);
    EXPECT_EQ(merchants().find(MerchantId{"mer_b"}), nullptr);
}

TEST_P(MerchantStoreContract, SameIdTwiceIsAConflictAndKeepsTheFirst) {
    add("mer_a");
    Merchant second = merchant("mer_a");
    second.name = "impostor";

    EXPECT_EQ(runBlocking(merchants().add(second)).error().code, ErrorCode::kConflict);

    EXPECT_EQ(merchants().find(MerchantId{"mer_a"})->name, "shop mer_a");
}

TEST_P(MerchantStoreContract, MerchantsAreListedInOrderOfIdPageByPage) {
    for (const char* const id : {"mer_c", "mer_a", "mer_b"}) add(id);

    const auto first = merchants().list(MerchantId{}, 2);
    const auto second = merchants().list(MerchantId{"mer_b"}, 2);

    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0]->id, MerchantId{"mer_a"});
    EXPECT_EQ(first[1]->id, MerchantId{"mer_b"});
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0]->id, MerchantId{"mer_c"});
}

TEST_P(MerchantStoreContract, UpdateOfTheStoredVersionGivesTheNext) {
    add("mer_a");
    Merchant changed = *merchants().find(MerchantId{"mer_a"});
    changed.name = "new name";
    changed.suspended = true;
    changed.suspended_reason = "fraud";

    const Result<Merchant> updated = runBlocking(merchants().update(changed, kNoon));

    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->version, 2);
    const std::shared_ptr<const Merchant> found = merchants().find(MerchantId{"mer_a"});
    EXPECT_EQ(found->version, 2);
    EXPECT_EQ(found->name, "new name");
    EXPECT_TRUE(found->suspended);
    EXPECT_EQ(found->suspended_reason, "fraud");
}

TEST_P(MerchantStoreContract, UpdateOfAnOlderVersionIsRefused) {
    add("mer_a");
    const Merchant old = *merchants().find(MerchantId{"mer_a"});
    ASSERT_TRUE(runBlocking(merchants().update(old, kNoon)));

    EXPECT_EQ(runBlocking(merchants().update(old, kNoon)).error().code, ErrorCode::kPreconditionFailed);
    EXPECT_EQ(runBlocking(merchants().update(merchant("mer_b"), kNoon)).error().code, ErrorCode::kNotFound);

    EXPECT_EQ(merchants().find(MerchantId{"mer_a"})->version, 2);
}

TEST_P(MerchantStoreContract, ChangedDayLimitBecomesThatOfTheOpenWindowButNeverLessThanIsTaken) {
    add("mer_a");
    add("mer_b");
    for (const char* const request : {"r-1", "r-2", "r-3"}) {
        ASSERT_TRUE(runBlocking(stores_->ledger().reserve(reservation("mer_a", request))));
    }
    ASSERT_TRUE(runBlocking(stores_->ledger().reserve(reservation("mer_b", "r-1"))));

    Merchant changed = *merchants().find(MerchantId{"mer_a"});
    changed.day_limit = 500;
    changed = *runBlocking(merchants().update(changed, kNoon));
    const std::optional<std::int64_t> raised = dayLimit("mer_a");
    changed.day_limit = 1;
    changed = *runBlocking(merchants().update(changed, kNoon));
    const std::optional<std::int64_t> lowered = dayLimit("mer_a");

    EXPECT_EQ(raised, 500);
    EXPECT_EQ(lowered, 3);
    EXPECT_EQ(changed.day_limit, 1);
    EXPECT_EQ(merchants().find(MerchantId{"mer_a"})->day_limit, 1);
    EXPECT_EQ(dayLimit("mer_b"), 100);
}

TEST_P(MerchantStoreContract, DayLimitChangedBeforeTheFirstScanOfTheDayIsThatOfItsWindow) {
    add("mer_a");
    const Reservation read_before = reservation("mer_a", "r-1");  // on its way while the operator changes the limit
    Merchant changed = *merchants().find(MerchantId{"mer_a"});
    changed.day_limit = 1;
    ASSERT_TRUE(runBlocking(merchants().update(changed, kNoon)));

    ASSERT_TRUE(runBlocking(stores_->ledger().reserve(read_before)));
    const Result<ReserveOutcome> second = runBlocking(stores_->ledger().reserve(reservation("mer_a", "r-2")));

    EXPECT_EQ(dayLimit("mer_a"), 1);
    ASSERT_TRUE(second);
    EXPECT_TRUE(std::holds_alternative<WindowFull>(*second));
}

TEST_P(MerchantStoreContract, AddedKeyIsFoundByItsLookupAndListedOldestFirst) {
    add("mer_a");
    ASSERT_TRUE(runBlocking(merchants().addKey(key("mer_a", "key_2", std::chrono::seconds{1}))));
    ASSERT_TRUE(runBlocking(merchants().addKey(key("mer_a", "key_1", std::chrono::seconds{2}))));

    const std::shared_ptr<const ApiKey> found = merchants().findKey("tgk_key_2");
    const auto keys = merchants().keysOf(MerchantId{"mer_a"});

    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->id, KeyId{"key_2"});
    EXPECT_EQ(found->merchant, MerchantId{"mer_a"});
    EXPECT_EQ(found->hash, key("mer_a", "key_2").hash);
    EXPECT_EQ(found->label, "till");
    EXPECT_EQ(found->created_at, kNoon - std::chrono::seconds{1});
    EXPECT_EQ(found->expires_at, kNoon + std::chrono::hours{1});
    EXPECT_FALSE(found->revoked_at);
    EXPECT_EQ(merchants().findKey("tgk_none"), nullptr);
    ASSERT_EQ(keys.size(), 2U);
    EXPECT_EQ(keys[0]->id, KeyId{"key_1"});
    EXPECT_EQ(keys[1]->id, KeyId{"key_2"});
}

TEST_P(MerchantStoreContract, RevokingAKeyTwiceKeepsTheFirstTime) {
    add("mer_a");
    ASSERT_TRUE(runBlocking(merchants().addKey(key("mer_a", "key_1"))));

    const Result<ApiKey> first = runBlocking(merchants().revokeKey(MerchantId{"mer_a"}, KeyId{"key_1"}, kNoon));
    const Result<ApiKey> second =
        runBlocking(merchants().revokeKey(MerchantId{"mer_a"}, KeyId{"key_1"}, kNoon + std::chrono::hours{1}));

    ASSERT_TRUE(first);
    EXPECT_EQ(first->revoked_at, kNoon);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->revoked_at, kNoon);
    EXPECT_EQ(merchants().findKey("tgk_key_1")->revoked_at, kNoon);
    EXPECT_EQ(merchants().keysOf(MerchantId{"mer_a"})[0]->revoked_at, kNoon);
}

TEST_P(MerchantStoreContract, MerchantSeesAndTouchesNoKeyOfAnother) {
    add("mer_a");
    add("mer_b");
    ASSERT_TRUE(runBlocking(merchants().addKey(key("mer_a", "key_1"))));

    EXPECT_EQ(runBlocking(merchants().revokeKey(MerchantId{"mer_b"}, KeyId{"key_1"}, kNoon)).error().code,
              ErrorCode::kNotFound);

    EXPECT_TRUE(merchants().keysOf(MerchantId{"mer_b"}).empty());
    EXPECT_FALSE(merchants().findKey("tgk_key_1")->revoked_at);
}

TEST_P(MerchantStoreContract, SameLookupTwiceIsAConflict) {
    add("mer_a");
    ASSERT_TRUE(runBlocking(merchants().addKey(key("mer_a", "key_1"))));
    ApiKey second = key("mer_a", "key_2");
    second.lookup = "tgk_key_1";

    EXPECT_EQ(runBlocking(merchants().addKey(second)).error().code, ErrorCode::kConflict);

    EXPECT_EQ(merchants().findKey("tgk_key_1")->id, KeyId{"key_1"});
    EXPECT_EQ(merchants().keysOf(MerchantId{"mer_a"}).size(), 1U);
}

TEST_P(MerchantStoreContract, AdminTokensAreFoundListedAndRevokedOnce) {
    ASSERT_TRUE(runBlocking(merchants().addAdminToken(adminToken("key_1"))));

    const std::shared_ptr<const AdminToken> found = merchants().findAdminToken("tga_key_1");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->hash, adminToken("key_1").hash);
    EXPECT_EQ(merchants().adminTokens().size(), 1U);
    EXPECT_EQ(merchants().findKey("tga_key_1"), nullptr);
    const Result<AdminToken> revoked = runBlocking(merchants().revokeAdminToken(KeyId{"key_1"}, kNoon));
    ASSERT_TRUE(revoked);
    ASSERT_TRUE(runBlocking(merchants().revokeAdminToken(KeyId{"key_1"}, kNoon + std::chrono::hours{1})));
    EXPECT_EQ(merchants().findAdminToken("tga_key_1")->revoked_at, kNoon);
    EXPECT_EQ(runBlocking(merchants().revokeAdminToken(KeyId{"key_9"}, kNoon)).error().code, ErrorCode::kNotFound);
}

}  // namespace test_support
