#include "tenants/merchant/authenticator.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/world.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::ScanWorld;

class AuthenticatorTest : public ::testing::Test {
protected:
    Result<Caller> authenticate(std::string_view credential) { return world_.authenticator.authenticate(credential); }
    std::string token(UtcTime expires_at, const std::string& merchant = "mer_1") {
        return std::string{
            world_.gateway_tokens
                .write({world_.caller.key_lookup, MerchantId{merchant}, world_.clock.now() - 1h, expires_at, "ID1"})
                .expose()};
    }
    void revoke(const std::string& key) {
        ASSERT_TRUE(runBlocking(world_.store.merchants.revokeKey(world_.merchant, KeyId{key}, world_.clock.now())));
    }

    ScanWorld world_;
};

TEST_F(AuthenticatorTest, KeyLeadsToItsMerchant) {
    const auto caller = authenticate(world_.key_text);

    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->merchant, world_.merchant);
    EXPECT_EQ(caller->key, KeyId{"key_1"});
    EXPECT_TRUE(world_.key_text.starts_with(caller->key_lookup));
}

TEST_F(AuthenticatorTest, TokenLeadsToItsKeyAndMerchant) {
    const auto caller = authenticate(token(world_.clock.now() + 1h));

    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->merchant, world_.merchant);
    EXPECT_EQ(caller->key, KeyId{"key_1"});
    EXPECT_EQ(caller->key_lookup, world_.caller.key_lookup);
}

TEST_F(AuthenticatorTest, BadCredentialsAreToldApartByNobody) {
    const std::string expiring = world_.addKey(world_.merchant, KeyId{"key_2"}, world_.clock.now() + 1h);
    const std::string revoked = world_.addKey(world_.merchant, KeyId{"key_3"});
    revoke("key_3");
    const std::string ended = token(world_.clock.now() + 1h);
    world_.clock.advance(1h);
    const std::string unknown{mintCredential(CredentialKind::kApiKey).text.expose()};
    const std::string admin{mintCredential(CredentialKind::kAdminToken).text.expose()};
    const std::string moved = token(world_.clock.now() + 1h, "mer_2");

    std::set<std::string> texts;
    for (const std::string& bad : {expiring, revoked, unknown, admin, std::string{"x"}, world_.key_text + "x", ended,
                                   moved, std::string{"tgt_1.x"}, token(world_.clock.now() + 1h) + "0"}) {
        const auto caller = authenticate(bad);
        ASSERT_FALSE(caller) << bad;
        EXPECT_EQ(caller.error().code, ErrorCode::kCredentialInvalid);
        texts.insert(caller.error().for_caller + caller.error().for_log);
    }
    EXPECT_EQ(texts.size(), 1U);
    EXPECT_EQ(authenticate("").error().code, ErrorCode::kCredentialMissing);
}

TEST_F(AuthenticatorTest, KeyWithARightLookupAndAWrongSecretIsRefused) {
    // Another key's row under this key's look-up: only the hash tells them apart.
    ApiKey row = *world_.store.merchants.findKey(world_.caller.key_lookup);
    const MintedCredential other = mintCredential(CredentialKind::kApiKey);
    row.id = KeyId{"key_9"};
    row.lookup = other.lookup;
    ASSERT_TRUE(runBlocking(world_.store.merchants.addKey(row)));

    EXPECT_FALSE(authenticate(other.text.expose()));
}

TEST_F(AuthenticatorTest, TokenEndsWithItsKey) {
    const std::string good = token(world_.clock.now() + 1h);
    ASSERT_TRUE(authenticate(good));

    revoke("key_1");

    EXPECT_FALSE(authenticate(good));
}

TEST_F(AuthenticatorTest, TokenIsNoKey) {
    EXPECT_EQ(world_.authenticator.keyOf(token(world_.clock.now() + 1h)), nullptr);
    EXPECT_NE(world_.authenticator.keyOf(world_.key_text), nullptr);
}

}  // namespace
}  // namespace tenants
