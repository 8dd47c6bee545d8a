#include "recogniser/value_crop.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/recogniser/form_picture.h"

namespace recogniser {
namespace {

constexpr double kScale = 14;

/// A sheet that fills its picture.
SheetPose plainPose(Side side) {
    return {side, Homography{{kScale, 0, 0, 0, kScale, 0, 0, 0, 1}}, 1};
}

void fill(GreyImage& picture, const Box& box, std::uint8_t value) {
    for (int y = static_cast<int>(box.top * kScale); y < static_cast<int>(box.bottom * kScale); ++y) {
        for (int x = static_cast<int>(box.left * kScale); x < static_cast<int>(box.right * kScale); ++x)
            picture.set(x, y, value);
    }
}

/// Draws a text of bars, 1 mm wide and 2.6 mm high with gaps of 0.7 mm, as the office's printer would.
void print(GreyImage& picture, double left, double middle, int bars) {
    for (int i = 0; i < bars; ++i) fill(picture, {left + i * 1.7, middle - 1.3, left + i * 1.7 + 1, middle + 1.3}, 20);
}

const ValuePlace& placeOf(Side side, Field field) {
    const auto places = valuesOf(side);
    return *std::find_if(places.begin(), places.end(),
                         [field](const ValuePlace& place) { return place.field == field; });
}

int barsIn(const GreyImage& line) {
    const std::vector<bool> printed = printedColumns(line);
    int bars = 0;
    for (std::size_t x = 1; x < printed.size(); ++x) bars += printed[x] && !printed[x - 1] ? 1 : 0;
    return bars;
}

TEST(ValueCrop, CutsTheTextWithoutLabelsAndRules) {
    GreyImage picture = drawForm(Side::kBack, kScale, 0, 0);
    const ValuePlace& place = placeOf(Side::kBack, Field::kPassengers);
    print(picture, place.left, place.row, 4);
    fill(picture, {2, place.row + 3.1, 86, place.row + 3.22}, 110);

    const auto values = cropValues(Pyramid{picture}, plainPose(Side::kBack));

    ASSERT_EQ(values.at(Field::kPassengers).size(), 1U);
    EXPECT_EQ(barsIn(values.at(Field::kPassengers).front()), 4);
    EXPECT_NEAR(values.at(Field::kPassengers).front().height() / kCropDensity, 2.6 + 1.4, 0.3);
}

TEST(ValueCrop, EmptyPlaceHasNoLine) {
    const GreyImage picture = drawForm(Side::kBack, kScale, 0, 0);

    const auto values = cropValues(Pyramid{picture}, plainPose(Side::kBack));

    for (const ValuePlace& place : valuesOf(Side::kBack))
        EXPECT_TRUE(values.at(place.field).empty()) << static_cast<int>(place.field);
}

TEST(ValueCrop, PrintSetAsideIsFollowed) {
    GreyImage picture = drawForm(Side::kFront, kScale, 0, 0);
    for (const Field field :
         {Field::kPlateNumber, Field::kOwner, Field::kVin, Field::kEngineNumber, Field::kRegisterDate}) {
        const ValuePlace& place = placeOf(Side::kFront, field);
        print(picture, place.left + 1.1, place.row + 0.6, 6);
    }

    const auto values = cropValues(Pyramid{picture}, plainPose(Side::kFront));

    ASSERT_EQ(values.at(Field::kRegisterDate).size(), 1U);
    EXPECT_EQ(barsIn(values.at(Field::kRegisterDate).front()), 6);
}

TEST(ValueCrop, AddressOfTwoLinesGivesBothFromTheTop) {
    GreyImage picture = drawForm(Side::kFront, kScale, 0, 0);
    const ValuePlace& place = placeOf(Side::kFront, Field::kAddress);
    print(picture, place.left, place.row - 1.65, 9);
    print(picture, place.left, place.row + 1.45, 2);

    const auto values = cropValues(Pyramid{picture}, plainPose(Side::kFront));

    const ValueLines& lines = values.at(Field::kAddress);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(barsIn(lines[0]), 9);
    EXPECT_EQ(barsIn(lines[1]), 2);
}

}  // namespace
}  // namespace recogniser
