#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

constexpr int kClients = 64;

/// What ends a merchant's right to scan, and what the next scan hears.
struct Ending {
    const char* name;
    void (*act)(Installation&, const Merchant&);
    int errcode;
    const char* code;
};

void takeOcrAway(Installation& installation, const Merchant& merchant) {
    installation.sandbox().changeAuthorizer(merchant.appid, R"({"sets":[1,17,18]})");
}
void withdraw(Installation& installation, const Merchant& merchant) {
    installation.sandbox().act(merchant.appid, "withdraw");
}
void revokeKey(Installation& installation, const Merchant& merchant) {
    installation.admin().revokeKey(merchant.id, merchant.key.id);
}
void suspend(Installation& installation, const Merchant& merchant) {
    installation.admin().call("PATCH", "/merchants/" + merchant.id,
                              R"({"suspended":true,"suspended_reason":"unpaid"})");
}

void PrintTo(const Ending& ending, std::ostream* out) {
    *out << ending.name;
}

class RightToScan : public testing::TestWithParam<Ending> {
protected:
    Installation installation_{withPatience()};
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京D00001"));
        return installation_.onboard("Ending");
    }();
};

TEST_P(RightToScan, NextScanIsRefusedWithoutACall) {
    MerchantClient client = installation_.clientOf(merchant_.key.text);
    ASSERT_EQ(client.scan(picture(1)).errcode, 0);
    GetParam().act(installation_, merchant_);
    const std::int64_t before = installation_.sandbox().lastCallNumber();

    const ScanAnswer answer = client.scan(picture(2));

    EXPECT_EQ(answer.errcode, GetParam().errcode) << answer.http.body;
    EXPECT_EQ(answer.code(), GetParam().code);
    EXPECT_TRUE(installation_.sandbox().calls(kDrivingPath, before).empty());
    EXPECT_EQ(installation_.admin().entries(merchant_.id).size(), 1U);
    EXPECT_EQ(installation_.admin().window(merchant_.id).held, 0);
}

TEST_P(RightToScan, EndsForSixtyFourRunningClients) {
    std::atomic<int> answered{0};
    std::atomic<bool> ended{false};
    std::atomic<int> number{0};
    std::atomic<int> refused_late{0};

    Crowd crowd{kClients, [&](int) {
                    MerchantClient client = installation_.clientOf(merchant_.key.text);
                    bool goes_on = true;
                    while (goes_on) {
                        const bool late = ended;  // read before the scan starts: this one has no excuse
                        const int mine = ++number;
                        const ScanAnswer answer = client.scan(picture(late ? 1'000'000 + mine : mine));
                        ++answered;
                        const bool refused = answer.errcode == GetParam().errcode && answer.code() == GetParam().code;
                        if (late && refused) ++refused_late;
                        EXPECT_TRUE(refused || answer.errcode == 0) << answer.http.failure << answer.http.body;
                        goes_on = !late && answer.http.came();
                    }
                }};
    const bool running = eventually(kPatience, [&] { return answered >= 2 * kClients; });
    GetParam().act(installation_, merchant_);
    ended = true;
    crowd.join();

    EXPECT_TRUE(running);
    EXPECT_EQ(refused_late, kClients);
    std::set<std::string> seen;
    for (const PlatformCall& call : installation_.sandbox().calls(kDrivingPath)) seen.insert(call.picture_sha256);
    for (int mine = 1; mine <= number; ++mine) {
        EXPECT_FALSE(seen.contains(sha256(picture(1'000'000 + mine)))) << "a scan that began afterwards was sent";
    }
}

INSTANTIATE_TEST_SUITE_P(Endings, RightToScan,
                         testing::Values(Ending{"PermissionSetTakenAway", takeOcrAway, 61007, "permission_117_missing"},
                                         Ending{"AuthorizationWithdrawn", withdraw, 61003, "merchant_not_authorized"},
                                         Ending{"KeyRevoked", revokeKey, 40001, "credential_invalid"},
                                         Ending{"MerchantSuspended", suspend, 50002, "merchant_suspended"}),
                         [](const auto& ending) { return std::string{ending.param.name}; });

}  // namespace
}  // namespace integration
