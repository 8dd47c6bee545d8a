#include "sandbox/event_script.h"

#include <gtest/gtest.h>

namespace sandbox {
namespace {

using Kind = EventScript::Decision::Kind;

Event event(std::int64_t number, const std::string& info_type = "authorized") {
    Event made;
    made.number = number;
    made.info_type = info_type;
    return made;
}

std::vector<std::int64_t> numbers(const EventScript::Decision& decision) {
    std::vector<std::int64_t> listed;
    for (const Event& each : decision.events) listed.push_back(each.number);
    return listed;
}

TEST(EventScript, WithoutAPlanEverythingIsSentOnce) {
    EventScript script;

    const auto decision = script.decide(event(1));

    EXPECT_EQ(decision.kind, Kind::kSend);
    EXPECT_EQ(numbers(decision), (std::vector<std::int64_t>{1}));
    EXPECT_EQ(decision.copies, 1);
    EXPECT_EQ(decision.delay.count(), 0);
}

TEST(EventScript, SoManyAreDroppedAndNoMore) {
    EventScript script;
    script.plan({.drop = 2});

    EXPECT_EQ(script.decide(event(1)).kind, Kind::kDrop);
    EXPECT_EQ(script.decide(event(2)).kind, Kind::kDrop);
    EXPECT_EQ(script.decide(event(3)).kind, Kind::kSend);
}

TEST(EventScript, SoManyAreSentTwice) {
    EventScript script;
    script.plan({.duplicate = 1});

    EXPECT_EQ(script.decide(event(1)).copies, 2);
    EXPECT_EQ(script.decide(event(2)).copies, 1);
}

TEST(EventScript, SoManyAreHeldAndSentInReverse) {
    EventScript script;
    script.plan({.reorder = 3});

    EXPECT_EQ(script.decide(event(1)).kind, Kind::kHold);
    EXPECT_EQ(script.decide(event(2)).kind, Kind::kHold);
    const auto last = script.decide(event(3));

    EXPECT_EQ(last.kind, Kind::kSend);
    EXPECT_EQ(numbers(last), (std::vector<std::int64_t>{3, 2, 1}));
    EXPECT_EQ(numbers(script.decide(event(4))), (std::vector<std::int64_t>{4}));
}

TEST(EventScript, SoManyAreDelayed) {
    EventScript script;
    script.plan({.delayed = 1, .delay = std::chrono::milliseconds{250}});

    EXPECT_EQ(script.decide(event(1)).delay.count(), 250);
    EXPECT_EQ(script.decide(event(2)).delay.count(), 0);
}

TEST(EventScript, TicketsOfTheTimerPassUnlessTheyAreNamed) {
    Event ticket = event(1, "component_verify_ticket");
    ticket.by_timer = true;
    EventScript script;

    script.plan({.drop = 1});
    EXPECT_EQ(script.decide(ticket).kind, Kind::kSend);

    script.plan({.drop = 1, .info_type = "component_verify_ticket"});
    EXPECT_EQ(script.decide(event(2)).kind, Kind::kSend);
    EXPECT_EQ(script.decide(ticket).kind, Kind::kDrop);
}

TEST(EventScript, ClearingGivesBackWhatWasHeld) {
    EventScript script;
    script.plan({.reorder = 3});
    script.decide(event(1));
    script.decide(event(2));

    const auto held = script.clear();

    ASSERT_EQ(held.size(), 2U);
    EXPECT_EQ(held.front().number, 1);
    EXPECT_EQ(script.decide(event(3)).kind, Kind::kSend);
}

}  // namespace
}  // namespace sandbox
