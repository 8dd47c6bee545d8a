#include "tenants/base/money.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace tenants {
namespace {

constexpr Money kMost{std::numeric_limits<std::int64_t>::max()};
constexpr Money kLeast{std::numeric_limits<std::int64_t>::min()};

TEST(Money, CountsInMicroYuan) {
    EXPECT_EQ(Money{120'000}.times(3), Money{360'000});
    EXPECT_EQ(Money{5}.plus(Money{-7}), Money{-2});
    EXPECT_EQ(Money{5}.minus(Money{7}), Money{-2});
    EXPECT_LT(Money{1}, Money{2});
    EXPECT_EQ(Money{}.microYuan(), 0);
}

TEST(Money, RefusesToWrap) {
    EXPECT_THROW((void)kMost.plus(Money{1}), std::overflow_error);
    EXPECT_THROW((void)kLeast.minus(Money{1}), std::overflow_error);
    EXPECT_THROW((void)kMost.times(2), std::overflow_error);
    EXPECT_EQ(kMost.plus(Money{0}), kMost);
}

}  // namespace
}  // namespace tenants
