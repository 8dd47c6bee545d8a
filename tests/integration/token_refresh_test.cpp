#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

constexpr int kClients = 64;

class TokenRefresh : public testing::Test {
protected:
    /// 64 clients scan all the time while `act` happens, and three times each after it. Every answer must be good.
    void actUnderLoad(const std::function<void()>& act) {
        std::atomic<int> answered{0};
        std::atomic<bool> acted{false};
        std::atomic<int> number{0};
        Crowd crowd{kClients, [&](int) {
                        MerchantClient client = installation_.clientOf(merchant_.key.text);
                        for (int left = 3; left > 0;) {
                            if (acted) --left;
                            const ScanAnswer answer = client.scan(picture(++number));
                            ++answered;
                            EXPECT_EQ(answer.errcode, 0) << answer.http.failure << answer.http.body;
                            if (answer.errcode != 0) return;
                        }
                    }};
        const bool running = eventually(kPatience, [&] { return answered >= 2 * kClients; });
        before_ = installation_.sandbox().lastCallNumber();
        act();
        acted = true;
        crowd.join();
        EXPECT_TRUE(running);
        EXPECT_EQ(installation_.admin().entries(merchant_.id).size(), static_cast<std::size_t>(answered.load()));
    }

    /// Calls of `path` since the act, those that ended with `answer` where it is not empty.
    std::int64_t callsSince(std::string_view path, const std::string& answer = {}) {
        const auto calls = installation_.sandbox().calls(path, before_);
        return std::ranges::count_if(calls,
                                     [&](const PlatformCall& call) { return answer.empty() || call.answer == answer; });
    }

    /// What the platform answered to the calls of tokens since the act, in order.
    std::string tokenCalls() {
        std::string told;
        for (const PlatformCall& call : installation_.sandbox().calls("", before_)) {
            if (call.path == kRefreshPath) told += " refresh:" + call.answer;
            if (call.path == kComponentTokenPath) told += " component:" + call.answer;
        }
        return told;
    }

    Installation installation_{withPatience()};
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京E00001"));
        return installation_.onboard("Tokens");
    }();
    std::int64_t before_ = 0;
};

TEST_F(TokenRefresh, ExpiredAuthorizerTokenIsRefreshedOnceForAllClients) {
    actUnderLoad([this] { installation_.sandbox().act(merchant_.appid, "expireToken"); });

    EXPECT_EQ(callsSince(kRefreshPath), 1) << tokenCalls();
    EXPECT_GE(callsSince(kDrivingPath, "42001"), 1) << "the expired token was never used: nothing was tested";
}

TEST_F(TokenRefresh, RefusedComponentTokenIsReplacedOnTheWay) {
    actUnderLoad([this] {
        installation_.sandbox().plan(kRefreshPath, R"("errcode":40001)");
        installation_.sandbox().act(merchant_.appid, "expireToken");
    });

    EXPECT_EQ(callsSince(kComponentTokenPath), 1);
    EXPECT_EQ(callsSince(kRefreshPath), 2) << tokenCalls();
}

TEST_F(TokenRefresh, BothTokensExpiredAtOnceByThePlatformsClock) {
    actUnderLoad([this] { installation_.sandbox().advanceClock(7201); });

    EXPECT_EQ(callsSince(kComponentTokenPath), 1);
    EXPECT_EQ(callsSince(kRefreshPath), 2) << tokenCalls();
}

TEST_F(TokenRefresh, RotatedRefreshTokenIsTakenOver) {
    actUnderLoad([this] {
        installation_.sandbox().act(merchant_.appid, "rotateRefreshToken");
        installation_.sandbox().act(merchant_.appid, "expireToken");
    });

    EXPECT_EQ(callsSince(kRefreshPath), 1);
    installation_.sandbox().advanceClock(601);  // the refresh token before is dead now
    installation_.sandbox().act(merchant_.appid, "expireToken");
    EXPECT_EQ(installation_.clientOf(merchant_.key.text).scan(picture(10'000'000)).errcode, 0);
}

TEST_F(TokenRefresh, OurOwnQuotaOfComponentCallsIsNotShownAsTheMerchants) {
    for (const int errcode : {45009, 45011}) {
        installation_.sandbox().act(merchant_.appid, "expireToken");
        installation_.sandbox().plan(kRefreshPath, "\"errcode\":" + std::to_string(errcode));

        const ScanAnswer answer = installation_.clientOf(merchant_.key.text).scan(picture(1));

        EXPECT_EQ(answer.errcode, -1) << errcode << answer.http.body;
        EXPECT_EQ(answer.code(), "upstream_refused") << errcode;
        EXPECT_EQ(installation_.admin().window(merchant_.id).held, 0) << errcode;
        installation_.killGateway();  // forgets that it has to wait before the next refresh
        installation_.startGateway();
        EXPECT_EQ(installation_.clientOf(merchant_.key.text).scan(picture(2)).errcode, 0) << errcode;
    }
}

TEST_F(TokenRefresh, TokenRefusedForNoReasonIsReplacedAndTheScanRepeatedOnce) {
    installation_.sandbox().plan(kDrivingPath, R"("errcode":40001)");

    const ScanAnswer answer = installation_.clientOf(merchant_.key.text).scan(picture(1));

    EXPECT_EQ(answer.errcode, 0);
    EXPECT_EQ(callsSince(kDrivingPath), 2);
    EXPECT_EQ(callsSince(kRefreshPath), 1);
    EXPECT_EQ(installation_.admin().entries(merchant_.id).size(), 1U);
}

TEST_F(TokenRefresh, TokenRefusedTwiceIsNeverShownAsTheMerchantsOwnFault) {
    installation_.sandbox().plan(kDrivingPath, R"("errcode":40001)", 2);

    const ScanAnswer answer = installation_.clientOf(merchant_.key.text).scan(picture(1));

    EXPECT_EQ(answer.errcode, -1);
    EXPECT_EQ(answer.code(), "upstream_refused");
    EXPECT_EQ(callsSince(kDrivingPath), 2);
    EXPECT_TRUE(installation_.admin().entries(merchant_.id).empty());
    EXPECT_EQ(installation_.admin().window(merchant_.id).held, 0);
}

}  // namespace
}  // namespace integration
