#include "tenants/billing/statement_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tenants/billing/statement_text.h"
#include "tests/unit/tenants/billing/billing_fixture.h"

namespace {

using namespace tenants;

/// A ring of the given lines, made as the program reads it.
KeyRing ringOf(const std::string& lines) {
    const std::filesystem::path path = testing::TempDir() + "/statement_key_test_ring";
    std::filesystem::remove(path);
    std::ofstream{path} << "tollgate key ring 1\n" << lines;
    ::chmod(path.c_str(), S_IRUSR);
    return KeyRing::load(path);
}

const std::string kFirstKey(43, 'A');
const std::string kSecondKey = std::string(42, 'B') + "A";

Statement someStatement() {
    Statement statement;
    statement.merchant = MerchantId{"mer_1"};
    statement.period = test_support::november();
    statement.lines.push_back(
        {LineKind::kUsage, test_support::version("std"), {}, 1, Money{120'000}, 5, Money{600'000}});
    statement.late.push_back({test_support::utc("2026-10-30T16:00:00Z"), 1, 1, 4, 4});
    statement.holds.add(HoldState::kUnknown, test_support::utc("2026-11-05T00:00:00Z"), RequestId{"r"});
    return statement;
}

TEST(StatementKey, EveryTamperedFieldBreaksTheSignature) {
    const StatementSigner signer{ringOf("1 active " + kFirstKey + "=\n")};
    const Statement statement = someStatement();
    const StatementSignature signature = signer.sign(canonicalText(statement));
    const auto holds = [&](const Statement& shown) {
        return isSignedBy(signer.publicKey(), canonicalText(shown), signature);
    };
    ASSERT_TRUE(holds(statement));

    const std::vector<void (*)(Statement&)> tamperings{
        [](Statement& s) { s.merchant = MerchantId{"mer_2"}; },
        [](Statement& s) { s.merchant_name = "another"; },
        [](Statement& s) { s.issuer = "another"; },
        [](Statement& s) { s.period = s.period.next(); },
        [](Statement& s) { s.closed_at += std::chrono::milliseconds{1}; },
        [](Statement& s) { s.charges = 1; },
        [](Statement& s) { s.first_number = 1; },
        [](Statement& s) { s.last_number = 1; },
        [](Statement& s) {
            s.last_number = 1;
            s.chain_hash[31] = 1;
        },
        [](Statement& s) { s.lines[0].units = 4; },
        [](Statement& s) { s.lines[0].amount = Money{599'999}; },
        [](Statement& s) { s.lines[0].tier = 2; },
        [](Statement& s) { s.lines[0].plan_version->number = 2; },
        [](Statement& s) { s.lines[0].pack = PackId{"pack_1"}; },
        [](Statement& s) { s.lines.clear(); },
        [](Statement& s) { s.late[0].units = 0; },
        [](Statement& s) { s.holds.released = 1; },
        [](Statement& s) { s.holds.named[0].state = HoldState::kHeld; },
    };
    for (std::size_t index = 0; index < tamperings.size(); ++index) {
        Statement changed = statement;
        tamperings[index](changed);
        EXPECT_FALSE(holds(changed)) << "tampering " << index;
    }
    StatementSignature other = signature;
    other[0] ^= 1U;
    EXPECT_FALSE(isSignedBy(signer.publicKey(), canonicalText(statement), other));
}

TEST(StatementKey, IsMadeAgainFromTheRingAndRotatesWithIt) {
    const std::string first_line = " " + kFirstKey + "=\n";
    const StatementSigner before{ringOf("1 active" + first_line)};
    const StatementSigner again{ringOf("1 active" + first_line)};
    const StatementSigner rotated{ringOf("1 open" + first_line + "2 active " + kSecondKey + "=\n")};

    EXPECT_EQ(before.publicKey(), again.publicKey());
    EXPECT_NE(before.publicKey(), rotated.publicKey());
    EXPECT_EQ(before.publicKey().id.size(), 19U);
    EXPECT_EQ(before.publicKey(), statementPublicKey(before.publicKey().bytes));
    const StatementSignature signature = before.sign("text");
    EXPECT_TRUE(isSignedBy(before.publicKey(), "text", signature));
    EXPECT_FALSE(isSignedBy(rotated.publicKey(), "text", signature));
}

}  // namespace
