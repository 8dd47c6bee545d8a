#include "recogniser/registration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>

namespace recogniser {
namespace {

constexpr double kInkExpected = 0.22;  // mean ink over a printed label; more than this says no more

/// A rectified copy of a sheet: `density` pixels a millimetre, `margin` millimetres of its surroundings on each side.
struct Rectified {
    double density;
    double margin;
};

constexpr Rectified kCoarse{4, 8};
constexpr Rectified kFine{8, 4};

/// From pixels of the rectified copy to millimetres on the sheet.
Homography toSheet(const Rectified& view) {
    return Homography{{1 / view.density, 0, -view.margin, 0, 1 / view.density, -view.margin, 0, 0, 1}};
}

AreaSums inkOfSheet(const Pyramid& picture, const Homography& to_picture, const Rectified& view) {
    const int width = static_cast<int>((kSheetWidthMm + 2 * view.margin) * view.density);
    const int height = static_cast<int>((kSheetHeightMm + 2 * view.margin) * view.density);
    const GreyImage flat = warp(picture, to_picture.after(toSheet(view)), width, height);
    return AreaSums{inkOf(flat, static_cast<int>(6 * view.density))};
}

/// The map from the sheet into the rectified copy that moves nothing; upside down if `turned`.
Affine restPose(const Rectified& view, bool turned) {
    const double offset = view.margin * view.density;
    if (!turned) return {view.density, 0, offset, 0, view.density, offset};
    return {-view.density,
            0,
            offset + kSheetWidthMm * view.density,
            0,
            -view.density,
            offset + kSheetHeightMm * view.density};
}

/// `pose` after the sheet was stretched about its middle and shifted, in millimetres.
Affine moved(const Affine& pose, double shift_x, double shift_y, double scale_x, double scale_y, double shear_x,
             double shear_y) {
    // sheet point p -> scale (p - middle) + shear + middle + shift, then pose
    const double middle_x = kSheetWidthMm / 2;
    const double middle_y = kSheetHeightMm / 2;
    const Affine step{scale_x, shear_x, middle_x + shift_x - scale_x * middle_x - shear_x * middle_y,
                      shear_y, scale_y, middle_y + shift_y - shear_y * middle_x - scale_y * middle_y};
    return {pose.xx * step.xx + pose.xy * step.yx,           pose.xx * step.xy + pose.xy * step.yy,
            pose.xx * step.x0 + pose.xy * step.y0 + pose.x0, pose.yx * step.xx + pose.yy * step.yx,
            pose.yx * step.xy + pose.yy * step.yy,           pose.yx * step.x0 + pose.yy * step.y0 + pose.y0};
}

/// The score of one label at a pose; `place` gives the pixel of a point of the sheet, `pose` the size of things there.
template <class Place>
double labelScore(const AreaSums& ink, const Label& label, const Affine& pose, const Place& place) {
    const Box& print = label.print;
    const Point centre = place({(print.left + print.right) / 2, (print.top + print.bottom) / 2});
    const double half_width = (print.right - print.left) / 2;
    const double half_height = (print.bottom - print.top) / 2;
    const bool upright = std::abs(pose.xx) >= std::abs(pose.xy);  // else the sheet lies on its side
    const double reach_x = upright ? std::abs(pose.xx) * half_width : std::abs(pose.xy) * half_height;
    const double reach_y = upright ? std::abs(pose.yy) * half_height : std::abs(pose.yx) * half_width;
    const auto meanAround = [&](double x, double y, double extent_x, double extent_y) {
        return ink.mean(static_cast<int>(std::lround(x - extent_x)), static_cast<int>(std::lround(y - extent_y)),
                        static_cast<int>(std::lround(x + extent_x)), static_cast<int>(std::lround(y + extent_y))) /
               255.0;
    };
    const double inside = meanAround(centre.x, centre.y, reach_x, reach_y);

    // Strips of blank paper: before the label always, on its other sides where the form has nothing there.
    constexpr double kGap = 0.2;
    constexpr double kStrip = 0.3;  // half its width
    double outside = 0;
    int strips = 0;
    const auto addStrip = [&](double x, double y, double extent_x, double extent_y) {
        const Point at = place({x, y});
        const double wide = upright ? std::abs(pose.xx) * extent_x : std::abs(pose.xy) * extent_y;
        const double high = upright ? std::abs(pose.yy) * extent_y : std::abs(pose.yx) * extent_x;
        outside += meanAround(at.x, at.y, wide, high);
        ++strips;
    };
    const double middle_x = (print.left + print.right) / 2;
    const double middle_y = (print.top + print.bottom) / 2;
    addStrip(print.left - kGap - kStrip, middle_y, kStrip, half_height);
    if (label.blank_after) addStrip(print.right + kGap + kStrip, middle_y, kStrip, half_height);
    if (label.blank_above) addStrip(middle_x, print.top - kGap - kStrip, half_width, kStrip);
    if (label.blank_below) addStrip(middle_x, print.bottom + kGap + kStrip / 2, half_width, kStrip / 2);
    outside /= strips;
    return (std::min(inside, kInkExpected) - std::min(outside, 2 * kInkExpected)) / kInkExpected;
}

/// The weighted mean of the labels' scores; gives up where a good rest would not bring it to `hopeless`.
template <class Place>
double weightedScore(const AreaSums& ink, Side side, const Affine& pose, const Place& place, double hopeless) {
    constexpr double kGoodRest = 0.7;  // of labels half a step of the search away from where they are
    double total_weight = 0;
    for (const Label& label : labelsOf(side)) total_weight += label.weight;
    double score = 0;
    double weight_left = total_weight;
    for (const Label& label : labelsOf(side)) {
        score += label.weight * labelScore(ink, label, pose, place);
        weight_left -= label.weight;
        if (score + kGoodRest * weight_left < hopeless * total_weight && hopeless < kGoodRest) break;
    }
    return score / total_weight;
}

struct Fit {
    Side side = Side::kFront;
    Affine pose;
    double score = -1;
};

/// Tries shifts of up to 5 mm and a few scales on both sides, both ways up.
Fit searchRoughly(const AreaSums& ink) {
    constexpr double kReach = 5.0;
    constexpr double kStep = 0.7;
    constexpr std::array kScales = {1.0, 0.96, 1.04};
    Fit best;
    for (const Side side : {Side::kFront, Side::kBack}) {
        for (const bool turned : {false, true}) {
            const Affine rest = restPose(kCoarse, turned);
            for (const double scale_x : kScales) {
                for (const double scale_y : kScales) {
                    for (double y = -kReach; y <= kReach; y += kStep) {
                        for (double x = -kReach; x <= kReach; x += kStep) {
                            const Affine pose = moved(rest, x, y, scale_x, scale_y, 0, 0);
                            const double score = formScore(ink, side, pose, best.score);
                            if (score > best.score) best = {side, pose, score};
                        }
                    }
                }
            }
        }
    }
    return best;
}

/// What a pose loses for showing the sheet distorted, by its corners in the rectified copy. A few labels in one half of a
/// page would else bend its other half, where there are none, as far as a hundredth of the score is worth.
using Penalty = std::function<double(const Quad& corners)>;

Penalty penaltyIn(const Homography& view_to_picture) {
    constexpr double kWeight = 0.35;
    return [view_to_picture](Quad corners) {
        for (Point& corner : corners) corner = view_to_picture.apply(corner);
        return kWeight * distortion(corners, kSheetWidthMm / kSheetHeightMm);
    };
}

Quad cornersAt(const Affine& pose, const Homography& correction = {}) {
    Quad corners = rectangle(0, 0, kSheetWidthMm, kSheetHeightMm);
    for (Point& corner : corners) corner = pose.apply(correction.apply(corner));
    return corners;
}

/// Walks shift, scale and shear one after the other, with ever smaller steps, as long as the score less the penalty grows.
void climb(const AreaSums& ink, const Penalty& penalty, Fit& fit, double first_step_mm, double last_step_mm) {
    fit.score = formScore(ink, fit.side, fit.pose) - penalty(cornersAt(fit.pose));
    for (double step = first_step_mm; step >= last_step_mm; step /= 2) {
        const double part_x = step / (kSheetWidthMm / 2);  // moves the sheet's edge by one step
        const double part_y = step / (kSheetHeightMm / 2);
        bool better = true;
        for (int round = 0; better && round < 12; ++round) {
            better = false;
            for (const double sign : {1.0, -1.0}) {
                const double s = sign * step;
                const std::array<Affine, 6> moves = {
                    moved(fit.pose, s, 0, 1, 1, 0, 0),
                    moved(fit.pose, 0, s, 1, 1, 0, 0),
                    moved(fit.pose, 0, 0, 1 + sign * part_x, 1, 0, 0),
                    moved(fit.pose, 0, 0, 1, 1 + sign * part_y, 0, 0),
                    moved(fit.pose, 0, 0, 1, 1, sign * part_y, 0),
                    moved(fit.pose, 0, 0, 1, 1, 0, sign * part_x),
                };
                for (const Affine& pose : moves) {
                    const double score = formScore(ink, fit.side, pose) - penalty(cornersAt(pose));
                    if (score <= fit.score + 1e-6) continue;
                    fit.score = score;
                    fit.pose = pose;
                    better = true;
                }
            }
        }
    }
}

/// Moves the sheet's corners one by one, which mends the perspective that shift, scale and shear cannot. Gives the
/// correction to apply to points of the sheet before `pose`; the identity if nothing is better.
Homography climbCorners(const AreaSums& ink, const Penalty& penalty, Side side, const Affine& pose,
                        double first_step_mm, double last_step_mm) {
    const Quad sheet = rectangle(0, 0, kSheetWidthMm, kSheetHeightMm);
    const auto scoreOf = [&](const Homography& correction) {
        return weightedScore(
                   ink, side, pose, [&](Point point) { return pose.apply(correction.apply(point)); }, -1) -
               penalty(cornersAt(pose, correction));
    };
    Quad corners = sheet;
    Homography best;
    double best_score = scoreOf(best);
    for (double step = first_step_mm; step >= last_step_mm; step /= 2) {
        bool better = true;
        for (int round = 0; better && round < 8; ++round) {
            better = false;
            for (std::size_t corner = 0; corner < corners.size(); ++corner) {
                for (const Point& move : {Point{step, 0}, Point{-step, 0}, Point{0, step}, Point{0, -step}}) {
                    Quad moved_corners = corners;
                    moved_corners[corner] = {corners[corner].x + move.x, corners[corner].y + move.y};
                    const auto correction = Homography::between(sheet, moved_corners);
                    if (!correction) continue;
                    const double score = scoreOf(*correction);
                    if (score <= best_score + 1e-6) continue;
                    best_score = score;
                    best = *correction;
                    corners = moved_corners;
                    better = true;
                }
            }
        }
    }
    return best;
}

}  // namespace

double formScore(const AreaSums& ink, Side side, const Affine& pose, double hopeless) {
    return weightedScore(
        ink, side, pose, [&pose](Point point) { return pose.apply(point); }, hopeless);
}

std::optional<SheetPose> registerQuad(const Pyramid& picture, const Quad& quad) {
    const auto to_picture = Homography::between(rectangle(0, 0, kSheetWidthMm, kSheetHeightMm), quad);
    if (!to_picture) return std::nullopt;
    const AreaSums ink = inkOfSheet(picture, *to_picture, kCoarse);
    Fit fit = searchRoughly(ink);
    const Homography view_to_picture = to_picture->after(toSheet(kCoarse));
    climb(ink, penaltyIn(view_to_picture), fit, 0.4, 0.1);
    return SheetPose{fit.side, view_to_picture.after(fit.pose.toHomography()), formScore(ink, fit.side, fit.pose)};
}

SheetPose refinePose(const Pyramid& picture, const SheetPose& rough) {
    constexpr int kPasses =
        2;  // each looks through the eyes of the last: print that was bent is straight the second time
    SheetPose pose = rough;
    for (int pass = 0; pass < kPasses; ++pass) {
        const AreaSums ink = inkOfSheet(picture, pose.to_picture, kFine);
        const Homography view_to_picture = pose.to_picture.after(toSheet(kFine));
        const Penalty penalty = penaltyIn(view_to_picture);
        Fit fit{rough.side, restPose(kFine, false), 0};
        climb(ink, penalty, fit, 0.6, 0.05);
        const Homography correction = climbCorners(ink, penalty, fit.side, fit.pose, 0.8, 0.1);
        pose.to_picture = view_to_picture.after(fit.pose.toHomography()).after(correction);
        pose.score = weightedScore(
            ink, fit.side, fit.pose, [&](Point point) { return fit.pose.apply(correction.apply(point)); }, -1);
    }
    return pose;
}

}  // namespace recogniser
