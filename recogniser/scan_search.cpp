#include "recogniser/scan_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace recogniser {
namespace {

constexpr int kSearchSide = 1000;      // pixels of the longer side of the picture searched
constexpr double kAreaShareMin = 0.3;  // of the picture that one sheet covers at least: two sheets and their margins
constexpr double kSlack = 1.06;        // the form reaches a little past the picture where a scan was cut close
constexpr double kScaleStep = 1.025;
constexpr double kShiftStepMm = 0.8;
constexpr double kRoughScore = 0.35;  // a pose that is off by half of each step still scores more

/// One way up: the directions in the picture of the sheet's x and y.
struct Turn {
    double xx;
    double xy;
    double yx;
    double yy;
};

constexpr std::array<Turn, 4> kTurns = {{{1, 0, 0, 1}, {-1, 0, 0, -1}, {0, -1, 1, 0}, {0, 1, -1, 0}}};

/// The pose of a sheet whose middle lies at (x, y), with `scale` pixels a millimetre.
Affine poseAt(const Turn& turn, double scale, double x, double y) {
    const double middle_x = kSheetWidthMm / 2;
    const double middle_y = kSheetHeightMm / 2;
    return {scale * turn.xx, scale * turn.xy, x - scale * (turn.xx * middle_x + turn.xy * middle_y),
            scale * turn.yx, scale * turn.yy, y - scale * (turn.yx * middle_x + turn.yy * middle_y)};
}

struct Best {
    double score = kRoughScore;
    Affine pose;
    bool found = false;
};

/// Tries every place of the sheet at one size and one way up.
void searchAt(const AreaSums& ink, const Turn& turn, double scale, std::array<Best, 2>& best) {
    const bool upright = turn.xx != 0;
    const double reach_x = scale * (upright ? kSheetWidthMm : kSheetHeightMm) / 2 / kSlack;
    const double reach_y = scale * (upright ? kSheetHeightMm : kSheetWidthMm) / 2 / kSlack;
    const double step = kShiftStepMm * scale;
    for (double y = reach_y; y <= ink.height() - reach_y; y += step) {
        for (double x = reach_x; x <= ink.width() - reach_x; x += step) {
            const Affine pose = poseAt(turn, scale, x, y);
            for (const Side side : {Side::kFront, Side::kBack}) {
                Best& so_far = best[static_cast<std::size_t>(side)];
                const double score = formScore(ink, side, pose, so_far.score);
                if (score > so_far.score) so_far = {score, pose, true};
            }
        }
    }
}

}  // namespace

std::vector<SheetPose> searchPicture(const Pyramid& picture, std::chrono::steady_clock::time_point deadline) {
    std::size_t level = 0;
    while (level + 1 < picture.levels() &&
           std::max(picture.level(level).width(), picture.level(level).height()) > kSearchSide)
        ++level;
    const GreyImage& image = picture.level(level);
    const AreaSums ink{inkOf(image, std::max(image.width(), image.height()) / 18)};
    const double picture_area = static_cast<double>(image.width()) * image.height();
    const double smallest = std::sqrt(kAreaShareMin * picture_area / (kSheetWidthMm * kSheetHeightMm));

    std::array<Best, 2> best;
    for (const Turn& turn : kTurns) {
        const bool upright = turn.xx != 0;
        const double largest = kSlack * std::min(image.width() / (upright ? kSheetWidthMm : kSheetHeightMm),
                                                 image.height() / (upright ? kSheetHeightMm : kSheetWidthMm));
        for (double scale = largest; scale >= smallest; scale /= kScaleStep) {
            if (std::chrono::steady_clock::now() >= deadline) break;
            searchAt(ink, turn, scale, best);
        }
        if (best[0].found || best[1].found) break;  // both sides of a scan lie the same way up
    }

    const double shrink = std::ldexp(1.0, static_cast<int>(level));
    const Homography to_full{{shrink, 0, 0, 0, shrink, 0, 0, 0, 1}};
    std::vector<SheetPose> poses;
    for (const Side side : {Side::kFront, Side::kBack}) {
        const Best& found = best[static_cast<std::size_t>(side)];
        if (found.found) poses.push_back({side, to_full.after(found.pose.toHomography()), found.score});
    }
    return poses;
}

}  // namespace recogniser
