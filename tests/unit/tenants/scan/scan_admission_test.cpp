#include "tenants/scan/scan_admission.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using Permit = ScanAdmission::Permit;
using Place = ScanAdmission::Place;

const MerchantId kNoisy{"mer_noisy"};
const MerchantId kQuiet{"mer_quiet"};

class ScanAdmissionTest : public testing::Test {
protected:
    explicit ScanAdmissionTest(ScanLimits limits = {}) : admission_(withQuickBreakers(std::move(limits)), clock_) {}

    static ScanLimits withQuickBreakers(ScanLimits limits) {
        limits.merchant_breaker.failures = 5;
        limits.upstream_breaker.failures = 20;
        return limits;
    }
    /// For whoever may ask for what is known already.
    Result<Permit> enterWithKey(const MerchantId& merchant) { return admission_.enter(merchant, true); }

    std::optional<ErrorCode> refusal(const MerchantId& merchant) {
        const auto permit = admission_.enter(merchant);
        return permit ? std::nullopt : std::optional{permit.error().code};
    }
    /// One scan of `merchant` whose call ends so. False where it was refused.
    bool scan(const MerchantId& merchant, bool in_order) {
        const auto permit = admission_.enter(merchant);
        if (!permit) return false;
        auto place = admission_.begin(*permit);
        if (!place) return false;
        place->note(in_order);
        return true;
    }
    int failuresUntilRefused(const MerchantId& merchant) {
        int failures = 0;
        while (scan(merchant, false)) ++failures;
        return failures;
    }

    test_support::FakeClock clock_{test_support::beijingNoon()};
    ScanAdmission admission_;
};

TEST_F(ScanAdmissionTest, SixtyFourOfAMerchantAreLetInAndOneMoreIsNot) {
    std::vector<Permit> permits;
    for (int count = 0; count < 63; ++count) permits.push_back(*admission_.enter(kNoisy));
    EXPECT_EQ(refusal(kNoisy), std::nullopt);
    permits.push_back(*admission_.enter(kNoisy));

    const auto refused = admission_.enter(kNoisy);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kRateLimited);
    EXPECT_EQ(refused.error().for_log, "merchant_in_flight_full");
    EXPECT_EQ(refused.error().retry_at, clock_.now() + 1s);
    EXPECT_EQ(refusal(kQuiet), std::nullopt) << "another merchant notices nothing";
    permits.pop_back();
    EXPECT_EQ(refusal(kNoisy), std::nullopt) << "a request that ended gives its place back";
}

TEST_F(ScanAdmissionTest, EightOfAMerchantThatMayBeRepeatsAreLetInBesideTheOthersAndOneMoreIsNot) {
    std::vector<Permit> scans;
    for (int count = 0; count < 64; ++count) scans.push_back(*enterWithKey(kNoisy));
    for (const Permit& scan : scans) EXPECT_EQ(scan.refusalUnlessRepeat(), nullptr) << "there was room";
    std::vector<Permit> repeats;

    for (int count = 0; count < 8; ++count) {
        auto permit = enterWithKey(kNoisy);
        ASSERT_TRUE(permit) << count;
        ASSERT_NE(permit->refusalUnlessRepeat(), nullptr);
        EXPECT_EQ(permit->refusalUnlessRepeat()->for_log, "merchant_in_flight_full");
        repeats.push_back(*std::move(permit));
    }

    EXPECT_EQ(enterWithKey(kNoisy).error().code, ErrorCode::kRateLimited);
    repeats.pop_back();
    EXPECT_TRUE(enterWithKey(kNoisy)) << "a repeat that ended gives its place back";
    scans.pop_back();
    EXPECT_EQ(enterWithKey(kNoisy)->refusalUnlessRepeat(), nullptr) << "and takes none of a scan's";
    EXPECT_TRUE(admission_.mayRun(repeats.front()));
}

TEST_F(ScanAdmissionTest, WhereCallsAreStoppedOnlyWhatMayBeARepeatIsLetIn) {
    EXPECT_EQ(failuresUntilRefused(kNoisy), 5);

    EXPECT_EQ(refusal(kNoisy), ErrorCode::kUpstreamUnreachable);
    const auto permit = enterWithKey(kNoisy);
    ASSERT_TRUE(permit);
    ASSERT_NE(permit->refusalUnlessRepeat(), nullptr);
    EXPECT_EQ(permit->refusalUnlessRepeat()->code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(permit->refusalUnlessRepeat()->retry_at, clock_.now() + 5s);
    EXPECT_FALSE(admission_.begin(*permit)) << "no call for it";
}

class WatchedBreakers : public ScanAdmissionTest {
protected:
    WatchedBreakers()
        : ScanAdmissionTest({.on_breaker_change = [this](const BreakerChange& change) {
              constexpr const char* kNames[] = {"closed", "open", "half-open"};
              told_.push_back((change.merchant == nullptr ? "all" : change.merchant->text()) + " " +
                              kNames[static_cast<int>(change.state)]);
          }}) {}

    std::vector<std::string> told_;
};

TEST_F(WatchedBreakers, EachChangeIsToldOnceAndWhoseItIs) {
    for (int count = 0; count < 50; ++count) scan(kNoisy, false);
    EXPECT_EQ(told_, (std::vector<std::string>{"mer_noisy open"}));

    clock_.advance(5s);
    EXPECT_TRUE(scan(kNoisy, true));
    EXPECT_TRUE(scan(kNoisy, true));
    EXPECT_EQ(told_, (std::vector<std::string>{"mer_noisy open", "mer_noisy half-open", "mer_noisy closed"}));
}

TEST_F(WatchedBreakers, UpstreamsOwnIsToldApart) {
    for (int merchant = 0; merchant < 5; ++merchant) {
        for (int count = 0; count < 4; ++count) scan(MerchantId{"mer_" + std::to_string(merchant)}, false);
    }

    EXPECT_EQ(told_, (std::vector<std::string>{"all open"}));
}

class FewPlaces : public ScanAdmissionTest {
protected:
    FewPlaces() : ScanAdmissionTest({.upstream_in_flight_max = 2}) {}
};

TEST_F(FewPlaces, AreTakenBeforeTheHoldAndRefusedBeforeTheBody) {
    const auto first = admission_.enter(kNoisy);
    const auto second = admission_.enter(kNoisy);
    const auto third = admission_.enter(kQuiet);
    auto one = admission_.begin(*first);
    std::optional<Place> two{*admission_.begin(*second)};

    const auto refused = admission_.begin(*third);

    ASSERT_TRUE(one);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUpstreamBusy);
    EXPECT_TRUE(refused.error().retry_at);
    EXPECT_EQ(refusal(kQuiet), ErrorCode::kUpstreamBusy);
    EXPECT_EQ(admission_.counts().upstream_in_flight, 2U);
    two.reset();
    EXPECT_TRUE(admission_.begin(*third));
    EXPECT_EQ(admission_.counts().upstream_in_flight, 1U);
}

class Rated : public ScanAdmissionTest {
protected:
    Rated() : ScanAdmissionTest({.merchant_rate = {.per_second = 2, .burst = 3}}) {}
};

TEST_F(Rated, RequestsPastTheRateHearWhenToComeAgain) {
    for (int count = 0; count < 3; ++count) EXPECT_EQ(refusal(kNoisy), std::nullopt);

    const auto refused = admission_.enter(kNoisy);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kRateLimited);
    EXPECT_EQ(refused.error().for_log, "merchant_rate");
    EXPECT_EQ(refused.error().retry_at, clock_.now() + 500ms);
    EXPECT_EQ(refusal(kQuiet), std::nullopt);
    clock_.jumpWall(-24h);
    EXPECT_EQ(refusal(kNoisy), ErrorCode::kRateLimited) << "the wall clock lets nobody through";
    clock_.advance(500ms);
    EXPECT_EQ(refusal(kNoisy), std::nullopt);
}

TEST_F(Rated, RepeatsAreRequestsToo) {
    for (int count = 0; count < 3; ++count) EXPECT_TRUE(enterWithKey(kNoisy));

    const auto refused = enterWithKey(kNoisy);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().for_log, "merchant_rate");
}

TEST_F(ScanAdmissionTest, MerchantWhoseCallsFailIsStoppedAndNobodyElse) {
    EXPECT_EQ(failuresUntilRefused(kNoisy), 5);

    const auto refused = admission_.enter(kNoisy);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(refused.error().for_log, "merchant_breaker_open");
    EXPECT_EQ(refused.error().retry_at, clock_.now() + 5s);
    for (int count = 0; count < 100; ++count) EXPECT_TRUE(scan(kQuiet, true));
}

TEST_F(ScanAdmissionTest, OneMerchantsFailuresNeverStopTheOthersHoweverManyAreUnderWay) {
    std::vector<Permit> permits;
    std::vector<Place> places;
    for (int count = 0; count < 64; ++count) {
        permits.push_back(*admission_.enter(kNoisy));
        places.push_back(*admission_.begin(permits.back()));
    }
    for (Place& place : places) place.note(false);
    places.clear();
    permits.clear();
    for (int probe = 0; probe < 50; ++probe) {
        clock_.advance(5s);
        EXPECT_TRUE(scan(kNoisy, false));
    }

    EXPECT_EQ(admission_.counts().upstream, CircuitBreaker::State::kClosed);
    EXPECT_TRUE(scan(kQuiet, true));
}

TEST_F(ScanAdmissionTest, FailuresOfSeveralMerchantsStopAllUntilAProbeSucceeds) {
    for (const char* name : {"mer_1", "mer_2", "mer_3"}) EXPECT_EQ(failuresUntilRefused(MerchantId{name}), 5);
    EXPECT_EQ(refusal(kQuiet), std::nullopt);

    EXPECT_EQ(failuresUntilRefused(MerchantId{"mer_4"}), 5);

    const auto refused = admission_.enter(kQuiet);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUpstreamUnreachable);
    EXPECT_EQ(refused.error().for_log, "upstream_breaker_open");
    clock_.advance(5s);
    const auto permit = admission_.enter(kQuiet);
    const auto other = admission_.enter(kNoisy);
    {
        auto probe = admission_.begin(*permit);
        ASSERT_TRUE(probe);
        EXPECT_FALSE(admission_.begin(*other)) << "one probe and no more";
        probe->note(true);
    }
    EXPECT_TRUE(admission_.begin(*other));
}

TEST_F(ScanAdmissionTest, ProbeThatNeverCalledLeavesItToTheNext) {
    failuresUntilRefused(kNoisy);
    clock_.advance(5s);
    const auto permit = admission_.enter(kNoisy);
    ASSERT_TRUE(admission_.begin(*permit)) << "and ends at once, as where the quota was used up";

    EXPECT_TRUE(scan(kNoisy, true));
    EXPECT_TRUE(scan(kNoisy, true));
}

class PatientBreaker : public ScanAdmissionTest {
protected:
    PatientBreaker() : ScanAdmissionTest({.merchant_breaker = {.pause = 10s}}) {}
};

TEST_F(PatientBreaker, MerchantThatIsStoppedDoesNotTakeTheProbeOfAll) {
    const auto noisy = admission_.enter(kNoisy);
    const auto quiet = admission_.enter(kQuiet);
    for (const char* name : {"mer_1", "mer_2", "mer_3", "mer_noisy"}) failuresUntilRefused(MerchantId{name});
    ASSERT_FALSE(admission_.begin(*quiet)) << "all are stopped";
    clock_.advance(5s);

    EXPECT_FALSE(admission_.begin(*noisy)) << "its own pause is longer";

    EXPECT_TRUE(admission_.begin(*quiet));
}

class Crowded : public ScanAdmissionTest {
protected:
    Crowded() : ScanAdmissionTest({.lag = [this] { return lag_; }}) {}

    /// How many more of a merchant's requests may run.
    int started(const MerchantId& merchant, int count) {
        int running = 0;
        for (int each = 0; each < count; ++each) {
            permits_.push_back(std::make_unique<Permit>(*admission_.enter(merchant)));
            running += admission_.mayRun(*permits_.back()) ? 1 : 0;
        }
        return running;
    }

    std::chrono::microseconds lag_ = 3001us;
    std::vector<std::unique_ptr<Permit>> permits_;
};

TEST_F(Crowded, MerchantBesideOthersRunsAnEighthAndTheRestOfItWaits) {
    EXPECT_EQ(started(kQuiet, 1), 1);
    EXPECT_EQ(started(kNoisy, 7), 7);
    EXPECT_EQ(started(kNoisy, 1), 1);
    EXPECT_EQ(started(kNoisy, 1), 0);
    EXPECT_EQ(started(kQuiet, 7), 7);

    permits_.erase(permits_.begin() + 1);  // one of those that run has ended
    EXPECT_TRUE(admission_.mayRun(*permits_[8])) << "the one that waited";
    EXPECT_TRUE(admission_.mayRun(*permits_[8])) << "and goes on";
    EXPECT_EQ(started(kNoisy, 1), 0);
}

TEST_F(Crowded, MerchantThatIsAloneIsNotHeldBack) {
    EXPECT_EQ(started(kQuiet, 1), 1);
    EXPECT_EQ(started(kNoisy, 1), 1);
    clock_.advance(1s);

    EXPECT_EQ(started(kNoisy, 63), 63);
}

TEST_F(Crowded, WhereTheMachineKeepsUpNobodyIsHeldBack) {
    lag_ = 3000us;
    EXPECT_EQ(started(kQuiet, 1), 1);

    EXPECT_EQ(started(kNoisy, 64), 64);
}

class Late : public ScanAdmissionTest {
protected:
    explicit Late(std::size_t places = 640)
        : ScanAdmissionTest(
              {.merchant_in_flight_max = 1000, .upstream_in_flight_max = places, .lag = [this] { return lag_; }}) {}

    /// How many scans are let in, each of them at the platform before the next one comes.
    int letIn() {
        std::vector<Permit> permits;
        std::vector<Place> places;
        while (true) {
            auto permit = admission_.enter(kNoisy);
            if (!permit) {
                EXPECT_EQ(permit.error().code, ErrorCode::kUpstreamBusy);
                why_ = permit.error().for_log;
                return static_cast<int>(places.size());
            }
            permits.push_back(*std::move(permit));
            places.push_back(*admission_.begin(permits.back()));
        }
    }

    std::chrono::microseconds lag_{0};
    std::string why_;
};

TEST_F(Late, TheLaterTheMachineTheFewerAreLetIn) {
    EXPECT_EQ(letIn(), 640);
    lag_ = 5ms;
    EXPECT_EQ(letIn(), 640);
    EXPECT_EQ(why_, "upstream_in_flight_full");
    lag_ = 8ms;
    EXPECT_EQ(letIn(), 400);
    EXPECT_EQ(why_, "loops_late");
    lag_ = 10ms;
    EXPECT_EQ(letIn(), 320);
    lag_ = 10s;
    EXPECT_EQ(letIn(), 320) << "never less than a half";
}

TEST_F(Late, WhatWasLetInIsFinished) {
    const auto early = admission_.enter(kQuiet);
    lag_ = 10s;
    std::vector<Permit> permits;
    std::vector<Place> places;
    for (int count = 0; count < 320; ++count) {
        permits.push_back(*admission_.enter(kNoisy));
        places.push_back(*admission_.begin(permits.back()));
    }

    EXPECT_EQ(refusal(kNoisy), ErrorCode::kUpstreamBusy);
    EXPECT_TRUE(admission_.begin(*early)) << "its body was read";
}

class LateWithFewPlaces : public Late {
protected:
    LateWithFewPlaces() : Late(70) {}
};

TEST_F(LateWithFewPlaces, SixtyFourAreAlwaysLeft) {
    lag_ = 10s;
    EXPECT_EQ(letIn(), 64);
}

class LateWithFewerPlaces : public Late {
protected:
    LateWithFewerPlaces() : Late(32) {}
};

TEST_F(LateWithFewerPlaces, FewerThanThatAreNeverReduced) {
    lag_ = 10s;
    EXPECT_EQ(letIn(), 32);
    EXPECT_EQ(why_, "upstream_in_flight_full");
}

TEST_F(ScanAdmissionTest, RepeatsAreATenthOfTheRequestsAndASavedBurst) {
    int repeats = 0;
    for (int request = 0; request < 3000; ++request) {
        EXPECT_EQ(refusal(kQuiet), std::nullopt);
        if (admission_.mayRepeat()) ++repeats;
        clock_.advance(10ms);
    }

    EXPECT_LE(repeats, 128 + 300);
    EXPECT_GE(repeats, 300);
}

TEST_F(ScanAdmissionTest, MerchantsWhoseTrafficSaysNothingAreForgotten) {
    failuresUntilRefused(kNoisy);
    const auto permit = admission_.enter(kQuiet);

    for (int merchant = 0; merchant < 200'000; ++merchant) {
        EXPECT_EQ(refusal(MerchantId{"mer_" + std::to_string(merchant)}), std::nullopt);
    }

    EXPECT_LE(admission_.counts().merchants, 32U * 1024U);
    EXPECT_EQ(refusal(kNoisy), ErrorCode::kUpstreamUnreachable) << "one that is stopped is remembered";
    for (int count = 0; count < 63; ++count) EXPECT_EQ(refusal(kQuiet), std::nullopt);
}

/// A merchant whose plan allows two at once and three a second, beside the gateway's own four at once.
class UnderAPlan : public ScanAdmissionTest {
protected:
    UnderAPlan()
        : ScanAdmissionTest({.merchant_in_flight_max = 4, .plan_of = [this](const MerchantId& merchant) {
                                 return merchant == kNoisy ? plan_.get() : nullptr;
                             }}) {
        plan_ = std::make_unique<PlanTerms>();
    }
    std::vector<Permit> enter(const MerchantId& merchant, int count) {
        std::vector<Permit> permits;
        for (int entered = 0; entered < count; ++entered) permits.push_back(*admission_.enter(merchant));
        return permits;
    }

    std::unique_ptr<PlanTerms> plan_;
};

TEST_F(UnderAPlan, FewerAtOnceAreLetInThanTheGatewayWould) {
    plan_->in_flight_limit = 2;
    const auto permits = enter(kNoisy, 2);

    const auto refused = admission_.enter(kNoisy);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kRateLimited);
    EXPECT_EQ(refused.error().for_log, "merchant_in_flight_full");
    enter(kQuiet, 4);
    plan_->in_flight_limit = 3;
    EXPECT_EQ(refusal(kNoisy), std::nullopt) << "another version counts at once";
}

TEST_F(UnderAPlan, MoreThanTheGatewayAllowsIsNotLetIn) {
    plan_->in_flight_limit = 100;
    const auto permits = enter(kNoisy, 4);

    EXPECT_EQ(refusal(kNoisy), ErrorCode::kRateLimited);
}

TEST_F(UnderAPlan, ASecondsWorthIsLetInAtOnceAndThenOneByOne) {
    plan_->per_second_limit = 3;
    for (int count = 0; count < 3; ++count) EXPECT_EQ(refusal(kNoisy), std::nullopt);

    const auto refused = admission_.enter(kNoisy);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().for_log, "plan_rate");
    EXPECT_EQ(refused.error().retry_at, clock_.now() + 334ms);
    EXPECT_EQ(refusal(kQuiet), std::nullopt);
    clock_.advance(334ms);
    EXPECT_EQ(refusal(kNoisy), std::nullopt);
    EXPECT_EQ(refusal(kNoisy), ErrorCode::kRateLimited);
    plan_.reset();
    EXPECT_EQ(refusal(kNoisy), std::nullopt) << "without a plan there is no rate";
}

}  // namespace
}  // namespace tenants
