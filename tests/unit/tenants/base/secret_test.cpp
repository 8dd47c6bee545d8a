#include "tenants/base/secret.h"

#include <gtest/gtest.h>

#include <ostream>
#include <type_traits>
#include <utility>

namespace tenants {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};

TEST(Secret, CannotBeCopiedOrPrinted) {
    static_assert(!std::is_copy_constructible_v<Secret>);
    static_assert(!std::is_copy_assignable_v<Secret>);
    static_assert(!Printable<Secret>);
    static_assert(!std::is_convertible_v<Secret, std::string>);
}

TEST(Secret, ComparesByContentAndLength) {
    const Secret secret{"token"};

    EXPECT_TRUE(secret.sameAs("token"));
    EXPECT_FALSE(secret.sameAs("tokem"));
    EXPECT_FALSE(secret.sameAs("token "));
    EXPECT_FALSE(secret.sameAs(""));
    EXPECT_TRUE(Secret{""}.sameAs(""));
}

TEST(Secret, MovedFromIsEmpty) {
    Secret first{"short"};  // a string this short would stay behind in a moved-from std::string

    const Secret second = std::move(first);

    EXPECT_EQ(second.expose(), "short");
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the point
}

TEST(Secret, KeepsEveryByte) {
    const std::string bytes{"a\0b\xff", 4};

    EXPECT_EQ(Secret{bytes}.expose(), bytes);
}

}  // namespace
}  // namespace tenants
