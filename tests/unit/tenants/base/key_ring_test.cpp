#include "tenants/base/key_ring.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

using tenants::KeyRing;
using tenants::KeyRingError;

constexpr const char* kKeyOfZeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
constexpr const char* kKeyOfOnes = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

class KeyRingTest : public testing::Test {
protected:
    std::filesystem::path write(const std::string& text, ::mode_t mode = 0600) {
        const std::filesystem::path path = folder_.path() / "keys";
        std::ofstream{path} << text;
        EXPECT_EQ(::chmod(path.c_str(), mode), 0);
        return path;
    }
    std::string refusalOf(const std::filesystem::path& path) {
        try {
            KeyRing::load(path);
        } catch (const KeyRingError& error) {
            return error.what();
        }
        return "loaded";
    }

    TemporaryFolder folder_;
};

TEST_F(KeyRingTest, CreatedFileIsPrivateAndLoads) {
    const std::filesystem::path path = folder_.path() / "keys";

    KeyRing::create(path);
    const KeyRing ring = KeyRing::load(path);

    struct stat facts {};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(ring.active(), 1U);
    EXPECT_EQ(ring.derive("a").expose().size(), 32U);
}

TEST_F(KeyRingTest, ExistingFileIsNeverOverwritten) {
    const std::filesystem::path path = folder_.path() / "keys";
    KeyRing::create(path);
    const std::string before = fileBytes(path);

    EXPECT_THROW(KeyRing::create(path), KeyRingError);

    EXPECT_EQ(fileBytes(path), before);
}

TEST_F(KeyRingTest, TwoNewRingsHaveDifferentKeys) {
    KeyRing::create(folder_.path() / "one");
    KeyRing::create(folder_.path() / "two");

    const KeyRing one = KeyRing::load(folder_.path() / "one");
    const KeyRing two = KeyRing::load(folder_.path() / "two");

    EXPECT_FALSE(one.derive("a").sameAs(two.derive("a").expose()));
}

TEST_F(KeyRingTest, MissingFileIsRefusedByName) {
    const std::string refusal = refusalOf(folder_.path() / "nowhere");

    EXPECT_NE(refusal.find((folder_.path() / "nowhere").string()), std::string::npos);
    EXPECT_NE(refusal.find("No such file"), std::string::npos);
}

TEST_F(KeyRingTest, FileThatOthersMayReadIsRefused) {
    const std::string text = std::string{"tollgate key ring 1\n1 active "} + kKeyOfZeros + "\n";
    for (const ::mode_t mode : {0640U, 0604U, 0620U, 0601U, 0777U}) {
        EXPECT_NE(refusalOf(write(text, mode)).find("open to group or others"), std::string::npos) << mode;
    }

    EXPECT_EQ(refusalOf(write(text, 0400)), "loaded");
}

TEST_F(KeyRingTest, FolderIsRefused) {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all);

    EXPECT_NE(refusalOf(folder_.path()).find("not a regular file"), std::string::npos);
}

TEST_F(KeyRingTest, MalformedFilesAreRefusedWithoutShowingTheKey) {
    const std::string head = "tollgate key ring 1\n";
    const std::string key = kKeyOfOnes;
    const std::string malformed[] = {
        "",
        head,
        "tollgate key ring 2\n1 active " + key + "\n",
        head + "1 active " + key,                                       // cut
        head + "1 active " + key.substr(1) + "\n",                      // short
        head + "1 active A" + key + "\n",                               // long
        head + "1 active *" + key.substr(1) + "\n",                     // not base64
        head + "1 active " + key.substr(0, 42) + "==\n",                // 31 bytes
        head + "0 active " + key + "\n",                                // no such number
        head + "-1 active " + key + "\n",                               //
        head + "1x active " + key + "\n",                               //
        head + "1 retired " + key + "\n",                               // no such state
        head + "1 open " + key + "\n",                                  // none active
        head + "1 active " + key + "\n2 active " + kKeyOfZeros + "\n",  // two active
        head + "1 active " + key + "\n1 open " + kKeyOfZeros + "\n",    // one number twice
        head + "1 active " + key + " more\n",                           //
        head + "1 active " + key + "\n\n",                              //
        head + std::string(70'000, 'x'),                                // far too long
    };
    for (const std::string& text : malformed) {
        const std::string refusal = refusalOf(write(text));
        EXPECT_NE(refusal.find((folder_.path() / "keys").string()), std::string::npos) << text << ": " << refusal;
        EXPECT_EQ(refusal.find(key.substr(4, 20)), std::string::npos) << text;
    }
}

TEST_F(KeyRingTest, DerivedKeysDifferByPurposeNumberAndContext) {
    const KeyRing ring = KeyRing::load(
        write(std::string{"tollgate key ring 1\n1 open "} + kKeyOfZeros + "\n2 active " + kKeyOfOnes + "\n"));

    EXPECT_EQ(ring.active(), 2U);
    EXPECT_TRUE(ring.derive("a").sameAs(ring.derive("a").expose()));
    EXPECT_FALSE(ring.derive("a").sameAs(ring.derive("b").expose()));
    EXPECT_FALSE(ring.derive(1, "a").sameAs(ring.derive(2, "a").expose()));
    EXPECT_FALSE(ring.derive(1, "a").sameAs(ring.derive(1, "b").expose()));
    EXPECT_FALSE(ring.derive(1, "a").sameAs(ring.derive("a").expose()));
    EXPECT_THROW(ring.derive(3, "a"), KeyRingError);
}

TEST_F(KeyRingTest, KeyOfAPurposeSurvivesARotation) {
    const KeyRing before = KeyRing::load(write(std::string{"tollgate key ring 1\n1 active "} + kKeyOfZeros + "\n"));
    const KeyRing after = KeyRing::load(
        write(std::string{"tollgate key ring 1\n1 open "} + kKeyOfZeros + "\n2 active " + kKeyOfOnes + "\n"));

    EXPECT_TRUE(before.derive("api_key").sameAs(after.derive("api_key").expose()));
}

TEST_F(KeyRingTest, DerivationIsHkdfWithSha256) {
    // Computed apart from this program: HKDF-SHA-256, key of 32 zero bytes, salt "tollgate key ring 1", info "purpose x".
    const KeyRing ring = KeyRing::load(write(std::string{"tollgate key ring 1\n1 active "} + kKeyOfZeros + "\n"));

    std::string hex;
    const tenants::Secret key = ring.derive("x");
    for (const char byte : key.expose()) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        hex.push_back(kDigits[static_cast<unsigned char>(byte) >> 4U]);
        hex.push_back(kDigits[static_cast<unsigned char>(byte) & 15U]);
    }

    EXPECT_EQ(hex, "a519edef3730a814d9506625bc3c24cbdc98041b567adc04a0c7ea5e9dcad9c5");
}

}  // namespace
}  // namespace test_support
