#include "sandbox/call_log.h"

#include <gtest/gtest.h>

namespace sandbox {
namespace {

Call callTo(const std::string& path) {
    Call call;
    call.path = path;
    return call;
}

TEST(CallLog, CallIsPendingUntilItIsAnswered) {
    CallLog log;
    const auto number = log.arrived(callTo("/p"));
    EXPECT_EQ(log.list("", 0).front().answer, CallAnswer{std::string{"pending"}});

    log.tellPicture(number, "abc");
    log.answered(number, std::int64_t{101001}, true);

    const Call call = log.list("", 0).front();
    EXPECT_EQ(call.answer, CallAnswer{std::int64_t{101001}});
    EXPECT_EQ(call.picture_sha256, "abc");
    EXPECT_TRUE(call.scripted);
}

TEST(CallLog, ListFiltersByPathAndNumber) {
    CallLog log;
    log.arrived(callTo("/p"));
    log.arrived(callTo("/q"));
    log.arrived(callTo("/p"));

    EXPECT_EQ(log.list("/p", 0).size(), 2U);
    EXPECT_EQ(log.list("/p", 1).size(), 1U);
    EXPECT_EQ(log.list("", 3).size(), 0U);
}

TEST(CallLog, NumbersGoOnAfterClearing) {
    CallLog log;
    const auto first = log.arrived(callTo("/p"));

    log.clear();
    log.answered(first, std::int64_t{0}, false);

    EXPECT_TRUE(log.list("", 0).empty());
    EXPECT_EQ(log.arrived(callTo("/p")), 2);
}

TEST(CallLog, OldestAreForgottenAtTheLimit) {
    CallLog log;
    for (int number = 0; number < 20'001; ++number) log.arrived(callTo("/p"));

    const auto calls = log.list("", 0);

    EXPECT_EQ(calls.size(), 20'000U);
    EXPECT_EQ(calls.front().number, 2);
}

TEST(CallLog, CountersTellCallsAndAnswersOfEachKind) {
    CallLog log;
    Call about_one = callTo("/p");
    about_one.appid = "wxc";
    about_one.authorizer_appid = "wx1";
    log.answered(log.arrived(about_one), std::int64_t{0}, false);
    log.answered(log.arrived(about_one), std::int64_t{61023}, false);
    log.answered(log.arrived(about_one), std::string{"cut"}, true);
    log.arrived(callTo("/q"));

    const auto counters = log.counters("/p");

    ASSERT_EQ(counters.size(), 1U);
    EXPECT_EQ(counters.front().authorizer_appid, "wx1");
    EXPECT_EQ(counters.front().calls, 3);
    EXPECT_EQ(counters.front().answers, (std::map<std::string, std::int64_t>{{"0", 1}, {"61023", 1}, {"cut", 1}}));
    EXPECT_EQ(log.counters("").size(), 2U);
}

TEST(CallLog, CountersOutliveForgottenCallsUntilTheyAreCleared) {
    CallLog log;
    for (int number = 0; number < 30'000; ++number) log.answered(log.arrived(callTo("/p")), std::int64_t{0}, false);
    log.clear();
    EXPECT_EQ(log.counters("/p").front().calls, 30'000);
    EXPECT_EQ(log.counters("/p").front().answers.at("0"), 30'000);

    log.clearCounters();

    EXPECT_TRUE(log.counters("").empty());
}

TEST(CallLog, EndlessKindsOfCallsAreCountedTogether) {
    CallLog log;
    for (int number = 0; number < 100'010; ++number) log.arrived(callTo("/" + std::to_string(number)));

    EXPECT_EQ(log.counters("").size(), 100'001U);
    EXPECT_EQ(log.counters("…").front().calls, 10);
}

}  // namespace
}  // namespace sandbox
