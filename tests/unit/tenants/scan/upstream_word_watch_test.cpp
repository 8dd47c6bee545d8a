#include "tenants/scan/upstream_word_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "tests/support/spawned.h"
#include "tests/support/world.h"

namespace tenants {
namespace {

using namespace std::chrono_literals;
using test_support::ScanWorld;
using test_support::Spawned;

/// As many merchants as are said, all due, all of them the one of the world; and what was kept.
class FakeDays final : public UpstreamDays {
public:
    UpstreamDayPage list(const UpstreamDayRange& /*range*/, const std::optional<UpstreamDayPlace>& /*after*/,
                         std::size_t /*count*/) const override {
        return {};
    }
    Task<Result<UnheardMerchants>> unheard(UtcTime /*now*/, std::chrono::milliseconds lead, std::int64_t after,
                                           std::size_t count) override {
        ++looks;
        asked_lead = lead;
        if (broken) co_return Error{ErrorCode::kStoreUnavailable, "no"};
        UnheardMerchants found;
        for (std::int64_t row = after + 1; row <= due && found.merchants.size() < count; ++row) {
            found.merchants.push_back({merchant, 7});
            found.next = row;
        }
        if (found.merchants.size() < count) found.next.reset();
        co_return found;
    }
    Task<Result<Done>> keepWord(MerchantId whose, UpstreamQuotaTold told, UtcTime now) override {
        kept.push_back({std::move(whose), told, now});
        co_return Done{};
    }

    struct Kept {
        MerchantId merchant;
        UpstreamQuotaTold told;
        UtcTime at;
    };
    MerchantId merchant;
    std::int64_t due = 1;
    bool broken = false;
    int looks = 0;
    std::chrono::milliseconds asked_lead{};
    std::vector<Kept> kept;
};

class WordWatch : public testing::Test {
protected:
    WordWatch() {
        days_.merchant = world_.merchant;
        world_.upstream.tellQuota(UpstreamQuotaTold{.day_free = 100, .used = 12});
        goTo(beijingDay(world_.clock.now()).ends - 30min);
    }
    void goTo(UtcTime time) { world_.clock.advance(time - world_.clock.now()); }
    UpstreamWordWatch::Report step() {
        const auto made = runBlocking(watch_.step());
        if (made) return *made;
        ADD_FAILURE() << made.error().for_caller;
        return {};
    }

    ScanWorld world_;
    FakeDays days_;
    UpstreamWordWatch watch_{days_,           world_.store.merchants, world_.platforms,
                             world_.upstream, world_.clock,           {.per_step = 20, .at_once = 4}};
};

TEST_F(WordWatch, KeepsWhatWeChatSaysWithWhatWasSettledWhenItWasAsked) {
    const auto report = step();

    EXPECT_EQ(report.asked, 1);
    EXPECT_EQ(report.heard, 1);
    ASSERT_EQ(days_.kept.size(), 1U);
    EXPECT_EQ(days_.kept[0].merchant, world_.merchant);
    EXPECT_EQ(days_.kept[0].told, (UpstreamQuotaTold{.day_free = 100, .used = 12, .ours = 7}));
    EXPECT_EQ(days_.kept[0].at, world_.clock.now());
    EXPECT_EQ(days_.asked_lead, 60min);
}

TEST_F(WordWatch, AsksInTheLastHourOnlyAndNotInItsLastMinute) {
    const UtcTime ends = beijingDay(world_.clock.now()).ends;
    goTo(ends - 1min);
    EXPECT_EQ(step().asked, 0);
    goTo(ends);
    EXPECT_EQ(step().asked, 0);
    goTo(ends + 23h - 1ms);
    EXPECT_EQ(step().asked, 0);
    EXPECT_EQ(days_.looks, 0) << "the store was asked for nothing";
    goTo(ends + 23h);
    EXPECT_EQ(step().asked, 1);
}

TEST_F(WordWatch, TheHourAtWhichWeChatsDayTurnsCounts) {
    UpstreamWordWatch watch{days_,           world_.store.merchants, world_.platforms,
                            world_.upstream, world_.clock,           {.turns_at = 6h}};
    EXPECT_EQ(runBlocking(watch.step())->asked, 0);
    world_.clock.advance(6h);
    EXPECT_EQ(runBlocking(watch.step())->asked, 1);
}

TEST_F(WordWatch, GoesOnWhereTheStepBeforeEndedAndBeginsAgainAfterAPause) {
    days_.due = 45;
    EXPECT_EQ(step().asked, 20);
    EXPECT_EQ(step().asked, 20);
    EXPECT_EQ(step().asked, 5);
    EXPECT_EQ(step().asked, 0) << "all have been asked";
    EXPECT_EQ(world_.upstream.quotaQuestions(), 45);
    world_.clock.advance(10min);
    EXPECT_EQ(step().asked, 20) << "those that are still due are asked again";
}

TEST_F(WordWatch, SilenceOfWeChatKeepsNothing) {
    world_.upstream.tellQuota(std::nullopt);
    const auto report = step();
    EXPECT_EQ(report.asked, 1);
    EXPECT_EQ(report.heard, 0);
    EXPECT_TRUE(days_.kept.empty());
}

TEST_F(WordWatch, MerchantWithoutATokenKeepsNothing) {
    world_.change([](Authorization& next) {
        next.withdrawn = true;
        next.access_token = nullptr;
        next.refresh_token = nullptr;
    });
    const auto report = step();
    EXPECT_EQ(report.asked, 1);
    EXPECT_EQ(report.heard, 0);
    EXPECT_EQ(world_.upstream.quotaQuestions(), 0);
}

TEST_F(WordWatch, StoreThatCannotBeAskedIsAnError) {
    days_.broken = true;
    const auto made = runBlocking(watch_.step());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kStoreUnavailable);
}

TEST_F(WordWatch, OneStepAtATimeAndNoneAfterTheStop) {
    const auto gate = world_.upstream.holdCalls();
    Spawned<Result<UpstreamWordWatch::Report>> first{watch_.step()};
    EXPECT_FALSE(first.ended());
    EXPECT_EQ(step().asked, 0) << "beside another step";
    gate->open();
    EXPECT_TRUE(first.ended());
    watch_.stop();
    world_.clock.advance(10min);
    EXPECT_EQ(step().asked, 0);
    EXPECT_EQ(world_.upstream.quotaQuestions(), 1);
}

}  // namespace
}  // namespace tenants
