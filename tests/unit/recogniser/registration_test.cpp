#include "recogniser/registration.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/recogniser/form_picture.h"

namespace recogniser {
namespace {

constexpr double kScale = 12;
constexpr double kLeft = 60;
constexpr double kTop = 70;

/// The sheet's place in a drawn form, moved by some millimetres, as a bad candidate.
Quad placeMoved(double mm) {
    const double moved = mm * kScale;
    return rectangle(kLeft + moved, kTop - moved, kLeft + kSheetWidthMm * kScale + moved,
                     kTop + kSheetHeightMm * kScale - moved / 2);
}

/// How far the pose puts a point of the sheet from where it is, in millimetres.
double errorAt(const SheetPose& pose, Point on_sheet, bool turned) {
    const Point there = turned ? Point{kSheetWidthMm - on_sheet.x, kSheetHeightMm - on_sheet.y} : on_sheet;
    return distance(pose.to_picture.apply(on_sheet), {kLeft + there.x * kScale, kTop + there.y * kScale}) / kScale;
}

TEST(Registration, FindsSideWayUpAndPlaceFromACandidateOffByTwoMillimetres) {
    for (const Side side : {Side::kFront, Side::kBack}) {
        for (const bool turned : {false, true}) {
            const Pyramid picture{drawForm(side, kScale, kLeft, kTop, turned)};

            const auto rough = registerQuad(picture, placeMoved(2));
            ASSERT_TRUE(rough);
            const SheetPose pose = refinePose(picture, *rough);

            EXPECT_EQ(pose.side, side);
            SCOPED_TRACE(std::string{side == Side::kFront ? "front" : "back"} + (turned ? " upside down" : " upright"));
            EXPECT_GT(pose.score, 0.9);
            EXPECT_LT(errorAt(pose, {10, 12}, turned), 0.5);
            EXPECT_LT(errorAt(pose, {80, 45}, turned), 0.8);
        }
    }
}

TEST(Registration, BlankPaperScoresNothing) {
    const Pyramid picture{GreyImage{1200, 860, 235}};

    const auto pose = registerQuad(picture, placeMoved(0));

    ASSERT_TRUE(pose);
    EXPECT_LT(pose->score, 0.1);
}

TEST(Registration, EvenPrintAllOverIsNoLicence) {
    GreyImage page{1200, 860, 235};
    for (int y = 0; y < page.height(); ++y) {
        for (int x = (y / 3) % 2; x < page.width(); x += 3) page.set(x, y, 30);
    }

    const auto pose = registerQuad(Pyramid{page}, placeMoved(0));

    ASSERT_TRUE(pose);
    EXPECT_LT(pose->score, kScoreFound);
}

TEST(Registration, DegenerateQuadIsRefused) {
    const Pyramid picture{GreyImage{200, 200, 235}};

    EXPECT_FALSE(registerQuad(picture, {{{5, 5}, {9, 9}, {20, 20}, {30, 30}}}));
}

}  // namespace
}  // namespace recogniser
