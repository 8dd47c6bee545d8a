#include "tenants/merchant/api_key.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace tenants {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

TEST(Credential, HasTheFormThatALeakScannerFinds) {
    const std::regex api_key{"tgk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}"};
    const std::regex admin_token{"tga_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}"};

    const MintedCredential key = mintCredential(CredentialKind::kApiKey);
    const MintedCredential token = mintCredential(CredentialKind::kAdminToken);

    EXPECT_TRUE(std::regex_match(std::string{key.text.expose()}, api_key));
    EXPECT_TRUE(std::regex_match(std::string{token.text.expose()}, admin_token));
    EXPECT_TRUE(key.text.expose().starts_with(key.lookup));
}

TEST(Credential, IsFoundByItsLookupAndOnlyAsItsOwnKind) {
    const MintedCredential key = mintCredential(CredentialKind::kApiKey);

    EXPECT_EQ(credentialLookup(CredentialKind::kApiKey, key.text.expose()), key.lookup);
    EXPECT_EQ(credentialLookup(CredentialKind::kAdminToken, key.text.expose()), std::nullopt);
}

TEST(Credential, EveryOneIsAnother) {
    std::set<std::string> texts;
    for (int i = 0; i < 1000; ++i) {
        const MintedCredential minted = mintCredential(CredentialKind::kApiKey);
        ASSERT_EQ(credentialLookup(CredentialKind::kApiKey, minted.text.expose()), minted.lookup);
        texts.emplace(minted.text.expose());
    }

    EXPECT_EQ(texts.size(), 1000U);
}

TEST(Credential, EachTamperedCharacterIsDismissedWithoutALookup) {
    const MintedCredential minted = mintCredential(CredentialKind::kApiKey);
    const std::string text{minted.text.expose()};
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (const char other : {'0', 'z', 'A', '_', '\0', ' '}) {
            if (text[at] == other) continue;
            std::string tampered = text;
            tampered[at] = other;

            EXPECT_EQ(credentialLookup(CredentialKind::kApiKey, tampered), std::nullopt) << at << " " << other;
        }
    }
}

TEST(Credential, EveryOtherChecksumIsDismissed) {
    const std::string text{mintCredential(CredentialKind::kApiKey).text.expose()};
    for (std::size_t at = text.size() - 6; at < text.size(); ++at) {
        for (const char digit : kAlphabet) {
            if (text[at] == digit) continue;
            std::string tampered = text;
            tampered[at] = digit;

            EXPECT_EQ(credentialLookup(CredentialKind::kApiKey, tampered), std::nullopt);
        }
    }
}

TEST(Credential, ShorterLongerAndEmptyTextsAreDismissed) {
    const std::string text{mintCredential(CredentialKind::kApiKey).text.expose()};
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_EQ(credentialLookup(CredentialKind::kApiKey, std::string_view{text}.substr(0, size)), std::nullopt);
    }
    EXPECT_EQ(credentialLookup(CredentialKind::kApiKey, text + "0"), std::nullopt);
    EXPECT_EQ(credentialLookup(CredentialKind::kApiKey, text + text), std::nullopt);
}

TEST(Credential, ChecksumIsTheWellKnownCrc32) {
    // CRC-32 of this body, computed with another implementation (zlib's), in six digits of base 62.
    const std::string body = "tgk_ABCDEFGHIJKL_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg";

    EXPECT_TRUE(credentialLookup(CredentialKind::kApiKey, body + "2IWxBA"));
}

TEST(CredentialHasher, IsHmacSha256) {
    // RFC 4231, test case 2.
    const CredentialHasher hasher{Secret{"Jefe"}};

    const CredentialHash hash = hasher.hash("what do ya want for nothing?");

    const CredentialHash published{0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
                                   0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
                                   0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
    EXPECT_EQ(hash, published);
}

TEST(CredentialHasher, MatchesItsOwnTextUnderItsOwnKeyOnly) {
    const CredentialHasher hasher{Secret{"one key"}};
    const CredentialHasher other{Secret{"another key"}};

    EXPECT_TRUE(hasher.matches("text", hasher.hash("text")));
    EXPECT_FALSE(hasher.matches("texT", hasher.hash("text")));
    EXPECT_FALSE(other.matches("text", hasher.hash("text")));
}

TEST(ApiKey, IsUsableUntilItExpiresOrIsRevoked) {
    const UtcTime now = UtcTime{} + std::chrono::hours{1};
    ApiKey key;
    EXPECT_TRUE(key.usableAt(now));

    key.expires_at = now;
    EXPECT_FALSE(key.usableAt(now));
    EXPECT_TRUE(key.usableAt(now - std::chrono::milliseconds{1}));

    key.expires_at.reset();
    key.revoked_at = now;
    EXPECT_FALSE(key.usableAt(now));
}

}  // namespace
}  // namespace tenants
