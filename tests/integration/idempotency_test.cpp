#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

class Idempotency : public testing::Test {
protected:
    std::size_t callsToOcr() { return installation_.sandbox().calls(kDrivingPath).size(); }
    std::size_t charges() { return installation_.admin().entries(merchant_.id).size(); }

    Installation installation_;
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京H00001"));
        return installation_.onboard("Repeats");
    }();
    MerchantClient client_ = installation_.clientOf(merchant_.key.text);
};

TEST_F(Idempotency, RepeatGetsTheSameBytesWithoutACallOrACharge) {
    const ScanAnswer first = client_.scanWithKey(picture(1), "k-1");
    installation_.sandbox().scriptAnswer(licenceAnswer("京H99999"));  // what another call would bring

    const ScanAnswer second = client_.scanWithKey(picture(1), "k-1");

    EXPECT_EQ(first.errcode, 0);
    EXPECT_FALSE(first.replayed());
    EXPECT_EQ(second.http.body, first.http.body);
    EXPECT_TRUE(second.replayed());
    EXPECT_EQ(charges(), 1U);
    EXPECT_EQ(installation_.admin().entries(merchant_.id).at(0).request_id, "k-1");
    EXPECT_EQ(callsToOcr(), 1U);
}

TEST_F(Idempotency, AnotherPictureUnderTheSameKeyIsRefused) {
    ASSERT_EQ(client_.scanWithKey(picture(1), "k-2").errcode, 0);

    const ScanAnswer other = client_.scanWithKey(picture(2), "k-2");

    EXPECT_EQ(other.errcode, 40035);
    EXPECT_EQ(other.code(), "idempotency_mismatch");
    EXPECT_EQ(charges(), 1U);
    EXPECT_EQ(callsToOcr(), 1U);
}

TEST_F(Idempotency, RepeatWhileTheFirstStillRunsIsToldToWait) {
    installation_.sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":2000)");
    const std::string key = merchant_.key.text;
    Crowd first{1, [&](int) { EXPECT_EQ(installation_.clientOf(key).scanWithKey(picture(1), "k-3").errcode, 0); }};
    ASSERT_TRUE(eventually(kPatience, [this] { return callsToOcr() == 1; }));

    const ScanAnswer meanwhile = client_.scanWithKey(picture(1), "k-3");
    first.join();

    EXPECT_EQ(meanwhile.errcode, -1);
    EXPECT_EQ(meanwhile.code(), "idempotency_in_flight");
    EXPECT_EQ(meanwhile.http.header("Retry-After"), "1");
    EXPECT_TRUE(client_.scanWithKey(picture(1), "k-3").replayed());
    EXPECT_EQ(charges(), 1U);
    EXPECT_EQ(callsToOcr(), 1U);
}

TEST_F(Idempotency, QuotedAndBareFormsAreTheSameKey) {
    ASSERT_EQ(client_.scan(picture(1), {"Idempotency-Key: \"k-4\""}).errcode, 0);

    EXPECT_TRUE(client_.scan(picture(1), {"Idempotency-Key: k-4"}).replayed());
    EXPECT_EQ(charges(), 1U);
}

TEST_F(Idempotency, MalformedKeysAreRefusedBeforeAnyEffect) {
    const std::string too_long(256, 'k');
    for (const std::string& header :
         {std::string{"Idempotency-Key: \"open"}, "Idempotency-Key: " + too_long, std::string{"Idempotency-Key: a b"},
          std::string{"Idempotency-Key: \"\""}, std::string{"Idempotency-Key: \xE4\xBA\xAC"}}) {
        const ScanAnswer answer = client_.scan(picture(1), {header});
        EXPECT_EQ(answer.errcode, 40035) << header;
        EXPECT_EQ(answer.code(), "invalid_input") << header;
    }
    const ScanAnswer two = client_.scan(picture(1), {"Idempotency-Key: one", "Idempotency-Key: two"});
    EXPECT_EQ(two.errcode, 40035);
    EXPECT_THAT(two.errmsg, testing::HasSubstr("one Idempotency-Key header"));
    EXPECT_EQ(client_.scan(picture(2), {"Idempotency-Key: " + std::string(255, 'k')}).errcode, 0);
    EXPECT_EQ(charges(), 1U);
    EXPECT_EQ(callsToOcr(), 1U);
}

TEST_F(Idempotency, RepeatAfterARestartGetsTheSameBytes) {
    const ScanAnswer first = client_.scanWithKey(picture(1), "k-5");
    ASSERT_EQ(installation_.stopGateway(), 0);
    installation_.startGateway();

    const ScanAnswer second = installation_.clientOf(merchant_.key.text).scanWithKey(picture(1), "k-5");

    EXPECT_EQ(second.http.body, first.http.body);
    EXPECT_TRUE(second.replayed());
    EXPECT_EQ(charges(), 1U);
}

TEST_F(Idempotency, RepeatWithTheMerchantsOtherKeyDoesNotChargeAgain) {
    const Key other = installation_.admin().createKey(merchant_.id, "rotated");
    const ScanAnswer first = client_.scanWithKey(picture(1), "k-6");
    installation_.admin().revokeKey(merchant_.id, merchant_.key.id);

    const ScanAnswer second = installation_.clientOf(other.text).scanWithKey(picture(1), "k-6");

    EXPECT_EQ(second.http.body, first.http.body);
    EXPECT_TRUE(second.replayed());
    EXPECT_EQ(charges(), 1U);
}

TEST_F(Idempotency, SameKeyTextOfAnotherMerchantIsAnotherRequest) {
    const Merchant other = installation_.onboard("Other");
    ASSERT_EQ(client_.scanWithKey(picture(1), "shared").errcode, 0);
    installation_.sandbox().scriptAnswer(licenceAnswer("京H00002"));

    const ScanAnswer answer = installation_.clientOf(other.key.text).scanWithKey(picture(1), "shared");

    EXPECT_EQ(answer.errcode, 0);
    EXPECT_FALSE(answer.replayed());
    EXPECT_EQ(answer.json().at("plate_num").text(), "京H00002");
    EXPECT_EQ(charges(), 1U);
    EXPECT_EQ(installation_.admin().entries(other.id).size(), 1U);
}

TEST_F(Idempotency, SixtyFourAtOnceWithOneKeyAreOneCall) {
    constexpr int kClients = 64;
    const std::string key = merchant_.key.text;
    std::mutex mutex;
    std::set<std::string> bodies;
    std::atomic<int> good{0};
    std::atomic<int> told_to_wait{0};

    Crowd crowd{kClients, [&](int) {
                    const ScanAnswer answer = installation_.clientOf(key).scanWithKey(picture(1), "k-7");
                    if (answer.code() == "idempotency_in_flight") ++told_to_wait;
                    if (answer.errcode != 0) return;
                    ++good;
                    const std::scoped_lock lock{mutex};
                    bodies.insert(answer.http.body);
                }};
    crowd.join();

    EXPECT_EQ(good + told_to_wait, kClients);
    EXPECT_GE(good, 1);
    EXPECT_EQ(bodies.size(), 1U);
    EXPECT_EQ(charges(), 1U);
    EXPECT_EQ(callsToOcr(), 1U);
}

TEST_F(Idempotency, NotRecognisedIsToldAgainWithoutACall) {
    installation_.sandbox().plan(kDrivingPath, R"("errcode":101001)");
    ASSERT_EQ(client_.scanWithKey(picture(1), "k-8").errcode, 101001);

    const ScanAnswer second = client_.scanWithKey(picture(1), "k-8");

    EXPECT_EQ(second.errcode, 101001);
    EXPECT_EQ(second.code(), "not_recognised");
    EXPECT_EQ(callsToOcr(), 1U);
    EXPECT_EQ(charges(), 0U);
}

TEST_F(Idempotency, ReleasedRequestMayRunAgain) {
    installation_.sandbox().plan(kDrivingPath, R"("errcode":-1)");
    ASSERT_EQ(client_.scanWithKey(picture(1), "k-9").errcode, -1);

    const ScanAnswer second = client_.scanWithKey(picture(1), "k-9");

    EXPECT_EQ(second.errcode, 0);
    EXPECT_FALSE(second.replayed());
    EXPECT_EQ(charges(), 1U);
}

TEST_F(Idempotency, RepeatWithoutAKeyIsANewScan) {
    EXPECT_EQ(client_.scan(picture(1), {"X-Request-Id: same"}).errcode, 0);
    EXPECT_EQ(client_.scan(picture(1), {"X-Request-Id: same"}).errcode, 0);

    EXPECT_EQ(charges(), 2U);
    EXPECT_EQ(callsToOcr(), 2U);
}

TEST(IdempotencyReply, OnceItIsNotKeptTheRepeatStillIsNotCharged) {
    Installation installation{{.gateway = {{"scan.reply_lifetime_s", "0"}}}};
    installation.sandbox().scriptAnswer(licenceAnswer("京H00003"));
    const Merchant merchant = installation.onboard("No reply kept");
    MerchantClient client = installation.clientOf(merchant.key.text);
    ASSERT_EQ(client.scanWithKey(picture(1), "k").errcode, 0);

    const ScanAnswer second = client.scanWithKey(picture(1), "k");

    EXPECT_EQ(second.code(), "idempotency_reply_expired");
    EXPECT_THAT(second.errmsg, testing::HasSubstr("entry 1"));
    EXPECT_EQ(installation.admin().entries(merchant.id).size(), 1U);
    EXPECT_EQ(installation.sandbox().calls(kDrivingPath).size(), 1U);
}

}  // namespace
}  // namespace integration
