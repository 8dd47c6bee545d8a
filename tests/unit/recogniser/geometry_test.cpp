#include "recogniser/geometry.h"

#include <gtest/gtest.h>

namespace recogniser {
namespace {

constexpr Quad kTilted = {{{12, 8}, {205, 20}, {190, 150}, {5, 131}}};

TEST(Homography, TakesCornersToCorners) {
    const Quad sheet = rectangle(0, 0, 88, 60);

    const auto map = Homography::between(sheet, kTilted);

    ASSERT_TRUE(map);
    for (std::size_t i = 0; i < sheet.size(); ++i) EXPECT_LT(distance(map->apply(sheet[i]), kTilted[i]), 1e-6);
}

TEST(Homography, AfterItsReverseMovesNothing) {
    const Quad sheet = rectangle(0, 0, 88, 60);
    const auto there = Homography::between(sheet, kTilted);
    const auto back = Homography::between(kTilted, sheet);
    ASSERT_TRUE(there && back);

    const Point point = back->after(*there).apply({31, 17});

    EXPECT_NEAR(point.x, 31, 1e-6);
    EXPECT_NEAR(point.y, 17, 1e-6);
}

TEST(Homography, RefusesCornersOnALine) {
    EXPECT_FALSE(Homography::between({{{0, 0}, {1, 1}, {2, 2}, {3, 3}}}, kTilted));
}

TEST(Area, IsPositiveClockwiseOnTheScreen) {
    EXPECT_DOUBLE_EQ(area(rectangle(1, 1, 5, 3)), 8);
    EXPECT_DOUBLE_EQ(area({{{1, 1}, {1, 3}, {5, 3}, {5, 1}}}), -8);
}

TEST(Warp, ShowsTheSourceWhereTheMapPoints) {
    GreyImage source{40, 30, 200};
    source.set(12, 9, 0);
    const Homography shifted{{1, 0, 10, 0, 1, 5, 0, 0, 1}};

    const GreyImage view = warp(Pyramid{source}, shifted, 10, 10);

    EXPECT_EQ(view.at(2, 4), 0);
    EXPECT_EQ(view.at(0, 0), 200);
}

TEST(Warp, AveragesWhereTheSourceIsMuchFiner) {
    GreyImage source{256, 256, 255};
    for (int y = 0; y < 256; ++y) {
        for (int x = y % 2; x < 256; x += 2) source.set(x, y, 0);
    }
    const Homography coarse{{8, 0, 0, 0, 8, 0, 0, 0, 1}};

    const GreyImage view = warp(Pyramid{source}, coarse, 30, 30);

    EXPECT_NEAR(view.at(15, 15), 128, 2);
}

}  // namespace
}  // namespace recogniser
