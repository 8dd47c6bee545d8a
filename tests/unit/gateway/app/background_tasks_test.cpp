#include "gateway/app/background_tasks.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tenants/base/completion.h"
#include "tests/support/fake_clock.h"

namespace gateway::app {
namespace {

using namespace std::chrono_literals;

tenants::Task<void> waitFor(tenants::Completion<int>& completion) {
    co_await completion;
}

tenants::Task<void> fail() {
    throw std::runtime_error("broken on purpose");
    co_return;
}

TEST(BackgroundTasks, WaitingEndsWhenTheLastTaskHas) {
    const test_support::FakeClock clock{test_support::utc("2026-11-22T00:00:00Z")};
    log::Log log{clock, log::Level::kInfo, [](std::string_view) {}};
    BackgroundTasks tasks{log};
    tenants::Completion<int> completion;

    tasks.start(waitFor(completion));

    EXPECT_FALSE(tasks.waitForAll(1ms));
    std::thread other{[&] { completion.complete(1); }};
    EXPECT_TRUE(tasks.waitForAll(10s));
    other.join();
}

TEST(BackgroundTasks, FailureIsLoggedAndCountsAsEnded) {
    const test_support::FakeClock clock{test_support::utc("2026-11-22T00:00:00Z")};
    std::vector<std::string> lines;
    {
        log::Log log{clock, log::Level::kInfo, [&](std::string_view line) { lines.emplace_back(line); }};
        BackgroundTasks tasks{log};

        tasks.start(fail());

        EXPECT_TRUE(tasks.waitForAll(0ms));
    }
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find("broken on purpose"), std::string::npos);
}

}  // namespace
}  // namespace gateway::app
