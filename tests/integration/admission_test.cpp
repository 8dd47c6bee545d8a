#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

constexpr std::chrono::milliseconds kRefusedWithin{1000};  // of a sanitized build on a busy machine

class Admission : public testing::Test {
protected:
    void start(std::map<std::string, std::string> settings) {
        installation_ = std::make_unique<Installation>(InstallationOptions{.gateway = std::move(settings)});
        installation_->sandbox().scriptAnswer(licenceAnswer("京Q00001"));
        merchant_ = installation_->onboard("Limited");
        other_ = installation_->onboard("Other");
    }
    ScanAnswer scan(const Merchant& merchant, int number = 1) {
        return installation_->clientOf(merchant.key.text).scan(picture(number));
    }
    ScanAnswer repeat(const Merchant& merchant, const std::string& key, int number = 1) {
        return installation_->clientOf(merchant.key.text).scanWithKey(picture(number), key);
    }
    /// The breakers' lines in the gateway's log: event and merchant.
    std::vector<std::string> breakerLines() {
        std::vector<std::string> found;
        std::istringstream log{readFile(installation_->gatewayLog())};
        for (std::string line; std::getline(log, line);) {
            if (line.find("\"event\":\"breaker_") == std::string::npos) continue;
            const Json json{line};
            EXPECT_EQ(json.at("upstream").text(), "api.weixin.qq.com");
            found.push_back(json.at("event").text() + " " + json.at("merchant").text());
        }
        return found;
    }
    std::size_t callsToOcr() { return installation_->sandbox().calls(kDrivingPath).size(); }
    /// Runs `meanwhile` while as many scans of the merchant are at the platform.
    void whileAtThePlatform(int scans, const std::function<void()>& meanwhile) {
        installation_->sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":3000)", scans);
        Crowd crowd{scans, [&](int number) { EXPECT_EQ(scan(merchant_, number).errcode, 0); }};
        const bool there = eventually(kPatience, [&] { return callsToOcr() == static_cast<std::size_t>(scans); });
        meanwhile();
        crowd.join();
        EXPECT_TRUE(there);
    }

    std::unique_ptr<Installation> installation_;
    Merchant merchant_;
    Merchant other_;
};

void expectRefusedEarly(const ScanAnswer& answer, int errcode, const std::string& code) {
    EXPECT_EQ(answer.errcode, errcode) << answer.http.body << answer.http.failure;
    EXPECT_EQ(answer.code(), code);
    EXPECT_NE(answer.http.header("Retry-After"), "");
    EXPECT_GE(std::atoi(answer.http.header("Retry-After").c_str()), 1);
    EXPECT_LE(answer.http.took, kRefusedWithin);
}

TEST_F(Admission, OneScanMoreThanAMerchantMayHaveAtOnceIsRefusedAndOthersAreNot) {
    start({{"merchant.in_flight", "2"}});

    whileAtThePlatform(2, [&] {
        expectRefusedEarly(scan(merchant_, 3), 45011, "rate_limited");
        EXPECT_EQ(scan(other_).errcode, 0);
    });

    EXPECT_EQ(scan(merchant_, 4).errcode, 0);
    EXPECT_EQ(installation_->admin().holds(merchant_.id).size(), 3U) << "the refused one has none";
}

TEST_F(Admission, WhenAllPlacesAtThePlatformAreTakenEverybodyIsTold) {
    start({{"upstream.in_flight", "2"}});

    whileAtThePlatform(2, [&] { expectRefusedEarly(scan(other_), -1, "upstream_busy"); });

    EXPECT_EQ(scan(other_).errcode, 0);
    EXPECT_EQ(installation_->admin().holds(other_.id).size(), 1U);
}

TEST_F(Admission, ScansFasterThanTheRateAreRefused) {
    start({{"merchant.requests_per_second", "1"}, {"merchant.burst", "2"}});
    MerchantClient client = installation_->clientOf(merchant_.key.text);
    int refused = 0;

    for (int number = 0; number < 10; ++number) {
        const ScanAnswer answer = client.scan(picture(number));
        if (answer.errcode == 0) continue;
        ++refused;
        expectRefusedEarly(answer, 45011, "rate_limited");
    }

    EXPECT_GE(refused, 1);
    EXPECT_EQ(installation_->admin().entries(merchant_.id).size(), static_cast<std::size_t>(10 - refused));
    EXPECT_EQ(scan(other_).errcode, 0);
    EXPECT_TRUE(eventually(kPatience, [&] { return client.scan(picture(11)).errcode == 0; }));
}

TEST_F(Admission, PlatformThatDoesNotAnswerOneMerchantIsLeftAloneUntilAProbe) {
    constexpr int kFailures = 5;
    start({{"upstream.call_ms", "700"},
           {"breaker.merchant_failures", std::to_string(kFailures)},
           {"breaker.pause_ms", "2000"}});
    ASSERT_EQ(scan(merchant_).errcode, 0);
    installation_->sandbox().plan(kDrivingPath, R"("mode":"silent","appid":)" + jsonText(merchant_.appid), kFailures);
    for (int number = 0; number < kFailures; ++number) EXPECT_EQ(scan(merchant_, number).code(), "upstream_timeout");
    const std::size_t calls = callsToOcr();
    const std::string name = " " + merchant_.id;

    const ScanAnswer refused = scan(merchant_, 10);

    expectRefusedEarly(refused, -1, "upstream_unreachable");
    EXPECT_EQ(callsToOcr(), calls);
    EXPECT_EQ(installation_->admin().holds(merchant_.id).size(), 1U + kFailures) << "refused before the hold";
    EXPECT_EQ(scan(other_).errcode, 0) << "its trouble is its own";
    EXPECT_TRUE(eventually(kPatience, [&] { return scan(merchant_, 11).errcode == 0; }));
    EXPECT_EQ(scan(merchant_, 12).errcode, 0);
    EXPECT_TRUE(eventually(kPatience, [&] { return breakerLines().size() >= 3; }));
    EXPECT_EQ(breakerLines(),
              (std::vector{"breaker_opened" + name, "breaker_half_open" + name, "breaker_closed" + name}))
        << "however many were refused meanwhile";
}

TEST_F(Admission, RepeatOfAnAnsweredScanIsToldAgainWhilePlatformIsLeftAlone) {
    constexpr int kFailures = 3;
    start({{"upstream.call_ms", "700"},
           {"breaker.merchant_failures", std::to_string(kFailures)},
           {"breaker.pause_ms", "600000"}});
    const ScanAnswer first = repeat(merchant_, "answered");
    ASSERT_EQ(first.errcode, 0);
    installation_->sandbox().plan(kDrivingPath, R"("mode":"silent")", kFailures);
    for (int number = 0; number < kFailures; ++number) EXPECT_EQ(scan(merchant_, number).code(), "upstream_timeout");
    ASSERT_EQ(scan(merchant_, 10).code(), "upstream_unreachable");
    const std::size_t calls = callsToOcr();

    const ScanAnswer again = repeat(merchant_, "answered");

    EXPECT_TRUE(again.replayed());
    EXPECT_EQ(again.http.body, first.http.body);
    EXPECT_EQ(repeat(merchant_, "answered", 2).code(), "idempotency_mismatch");
    expectRefusedEarly(repeat(merchant_, "new"), -1, "upstream_unreachable");
    EXPECT_EQ(callsToOcr(), calls);
    EXPECT_EQ(installation_->admin().holds(merchant_.id).size(), 1U + kFailures);
}

TEST_F(Admission, RepeatOfAnAnsweredScanIsToldAgainWhileAllPlacesAreTaken) {
    start({{"upstream.in_flight", "2"}, {"merchant.in_flight", "2"}});
    const ScanAnswer first = repeat(other_, "answered");
    const ScanAnswer own = repeat(merchant_, "own");

    installation_->sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":3000)", 2);
    const std::size_t before = callsToOcr();
    Crowd crowd{2, [&](int number) { EXPECT_EQ(scan(merchant_, number).errcode, 0); }};
    const bool there = eventually(kPatience, [&] { return callsToOcr() == before + 2; });
    const ScanAnswer again = repeat(other_, "answered");
    const ScanAnswer own_again = repeat(merchant_, "own");
    const ScanAnswer fresh = repeat(other_, "new");
    const ScanAnswer own_fresh = repeat(merchant_, "own-new");
    crowd.join();

    EXPECT_TRUE(there);
    EXPECT_TRUE(again.replayed()) << again.http.body;
    EXPECT_EQ(again.http.body, first.http.body);
    EXPECT_TRUE(own_again.replayed()) << own_again.http.body;
    EXPECT_EQ(own_again.http.body, own.http.body);
    expectRefusedEarly(fresh, -1, "upstream_busy");
    expectRefusedEarly(own_fresh, 45011, "rate_limited");
    EXPECT_EQ(callsToOcr(), before + 2);
}

// A repeat's body is read; what is none is turned away before that, key or no key.
TEST_F(Admission, RefusalOfWhatIsNoRepeatDoesNotWaitForTheBody) {
    start({{"merchant.in_flight", "1"}});

    whileAtThePlatform(1, [&] {
        const HttpRequest head_only{.method = "POST",
                                    .headers = {multipartHeader(), "Content-Length: 1500000", "Idempotency-Key: new"}};
        expectRefusedEarly(installation_->clientOf(merchant_.key.text).send(head_only), 45011, "rate_limited");
    });
}

// What a refused caller is told it must not have to wait for: the body is neither asked for nor read.
TEST_F(Admission, RefusalDoesNotWaitForTheBody) {
    start({{"merchant.in_flight", "1"}});

    whileAtThePlatform(1, [&] {
        HttpRequest request{.method = "POST", .headers = {multipartHeader(), "Expect: 100-continue"}};
        request.body = multipartBody({{"img", picture(2, 1'500'000), "licence.jpg", "image/jpeg"}});
        MerchantClient client = installation_->clientOf(merchant_.key.text);

        expectRefusedEarly(client.send(std::move(request)), 45011, "rate_limited");
    });
}

}  // namespace
}  // namespace integration
