#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>

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

    const ScanAnswer refused = scan(merchant_, 10);

    expectRefusedEarly(refused, -1, "upstream_unreachable");
    EXPECT_EQ(callsToOcr(), calls);
    EXPECT_EQ(installation_->admin().holds(merchant_.id).size(), 1U + kFailures) << "refused before the hold";
    EXPECT_EQ(scan(other_).errcode, 0) << "its trouble is its own";
    EXPECT_TRUE(eventually(kPatience, [&] { return scan(merchant_, 11).errcode == 0; }));
    EXPECT_EQ(scan(merchant_, 12).errcode, 0);
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
