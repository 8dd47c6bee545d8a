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
    for (int number = 0; number < 100'001; ++number) log.arrived(callTo("/p"));

    const auto calls = log.list("", 0);

    EXPECT_EQ(calls.size(), 100'000U);
    EXPECT_EQ(calls.front().number, 2);
}

}  // namespace
}  // namespace sandbox
