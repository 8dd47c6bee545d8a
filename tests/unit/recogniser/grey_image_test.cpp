#include "recogniser/grey_image.h"

#include <gtest/gtest.h>

namespace recogniser {
namespace {

GreyImage ramp(int width, int height) {
    GreyImage image{width, height};
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) image.set(x, y, static_cast<std::uint8_t>(10 * y + x));
    }
    return image;
}

TEST(GreyImage, SamplesBetweenPixelsAndHoldsTheEdgeOutside) {
    const GreyImage image = ramp(4, 3);

    EXPECT_DOUBLE_EQ(image.sample(1.5, 1), 11.5);
    EXPECT_DOUBLE_EQ(image.sample(1, 0.5), 6);
    EXPECT_DOUBLE_EQ(image.sample(-5, -5), 0);
    EXPECT_DOUBLE_EQ(image.sample(50, 50), 23);
}

TEST(GreyImage, CroppingStaysInsideThePicture) {
    const GreyImage part = ramp(4, 3).cropped(2, -1, 10, 3);

    EXPECT_EQ(part.width(), 2);
    EXPECT_EQ(part.height(), 2);
    EXPECT_EQ(part.at(0, 1), 12);
}

TEST(Pyramid, HalvesDownToASmallPicture) {
    const Pyramid pyramid{ramp(20, 9)};
    const Pyramid larger{GreyImage{130, 65, 7}};

    EXPECT_EQ(pyramid.levels(), 1U);
    ASSERT_EQ(larger.levels(), 3U);
    EXPECT_EQ(larger.level(2).width(), 32);
    EXPECT_EQ(larger.level(2).height(), 16);
    EXPECT_EQ(larger.level(2).at(31, 15), 7);
}

TEST(AreaSums, MeanOfAnyRectangleIsThatOfItsPartInside) {
    const AreaSums sums{ramp(4, 3)};

    EXPECT_DOUBLE_EQ(sums.mean(0, 0, 4, 3), 11.5);
    EXPECT_DOUBLE_EQ(sums.mean(1, 1, 2, 2), 11);
    EXPECT_DOUBLE_EQ(sums.mean(-3, -3, 1, 1), 0);
    EXPECT_DOUBLE_EQ(sums.mean(3, 2, 9, 9), 23);
    EXPECT_DOUBLE_EQ(sums.mean(2, 2, 2, 2), 0);
    EXPECT_DOUBLE_EQ(sums.mean(8, 8, 9, 9), 0);
}

TEST(Ink, PrintIsInkAndALightFallingOffIsNot) {
    GreyImage image{100, 40};
    for (int y = 0; y < 40; ++y) {
        for (int x = 0; x < 100; ++x) image.set(x, y, static_cast<std::uint8_t>(240 - x));
    }
    for (int x = 20; x < 80; x += 10) {
        for (int y = 18; y < 22; ++y) image.set(x, y, 30);
    }

    const GreyImage ink = inkOf(image, 21);

    EXPECT_EQ(ink.at(20, 20), 255);
    EXPECT_EQ(ink.at(70, 20), 255);
    EXPECT_LT(ink.at(55, 5), 10);
    EXPECT_LT(ink.at(95, 35), 40);
}

}  // namespace
}  // namespace recogniser
