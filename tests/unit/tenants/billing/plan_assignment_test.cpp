#include "tenants/billing/plan_assignment.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace tenants {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime kNoon{std::chrono::hours{490'000}};

PlanAssignment assignment(std::int64_t version, UtcTime starts_at) {
    PlanAssignment made;
    made.version = PlanVersionId{PlanId{"std"}, version};
    made.starts_at = starts_at;
    return made;
}

std::int64_t versionAt(const std::vector<PlanAssignment>& assignments, UtcTime instant) {
    const PlanAssignment* found = assignmentInForce(assignments, instant);
    return found != nullptr && found->version ? found->version->number : 0;
}

TEST(PlanAssignment, CountsFromItsVeryInstantOn) {
    const std::vector<PlanAssignment> assignments{assignment(1, kNoon)};

    EXPECT_EQ(versionAt(assignments, kNoon - 1ms), 0);
    EXPECT_EQ(versionAt(assignments, kNoon), 1);
    EXPECT_EQ(versionAt({}, kNoon), 0);
}

TEST(PlanAssignment, OfThoseThatHaveBegunTheLastToBeginCounts) {
    const std::vector<PlanAssignment> assignments{assignment(3, kNoon + 2h), assignment(1, kNoon),
                                                  assignment(2, kNoon + 1h)};

    EXPECT_EQ(versionAt(assignments, kNoon + 59min), 1);
    EXPECT_EQ(versionAt(assignments, kNoon + 1h), 2);
    EXPECT_EQ(versionAt(assignments, kNoon + 3h), 3);
}

TEST(PlanAssignment, OfTwoThatBeginTogetherTheOneMadeLastCounts) {
    const std::vector<PlanAssignment> assignments{assignment(2, kNoon), assignment(1, kNoon)};

    EXPECT_EQ(versionAt(assignments, kNoon), 1);
}

TEST(PlanAssignment, CancelledOneNeverCounts) {
    std::vector<PlanAssignment> assignments{assignment(1, kNoon), assignment(2, kNoon + 1h)};
    assignments[1].cancelled_at = kNoon + 30min;

    EXPECT_EQ(versionAt(assignments, kNoon + 2h), 1);
}

TEST(PlanAssignment, OneWithoutAVersionEndsThePlan) {
    std::vector<PlanAssignment> assignments{assignment(1, kNoon), assignment(2, kNoon + 1h)};
    assignments[1].version.reset();

    EXPECT_EQ(versionAt(assignments, kNoon + 2h), 0);
    EXPECT_NE(assignmentInForce(assignments, kNoon + 2h), nullptr);
}

}  // namespace
}  // namespace tenants
