#pragma once

#include <optional>

#include "recogniser/form.h"
#include "recogniser/geometry.h"
#include "recogniser/grey_image.h"
#include "recogniser/reading.h"

namespace recogniser {

/// An affine map from millimetres on the sheet to pixels: x' = xx x + xy y + x0, y' = yx x + yy y + y0.
struct Affine {
    double xx = 1;
    double xy = 0;
    double x0 = 0;
    double yx = 0;
    double yy = 1;
    double y0 = 0;

    Point apply(Point point) const { return {xx * point.x + xy * point.y + x0, yx * point.x + yy * point.y + y0}; }
    Homography toHomography() const { return Homography{{xx, xy, x0, yx, yy, y0, 0, 0, 1}}; }
};

/// How well ink agrees with a side's printed labels if the sheet lay as `pose` says: ink in their places, none around
/// them. About 1 where it fits, about 0 anywhere else. Gives up early, with a score too low,
/// where labels would have to fit better than they mostly do to bring it to `hopeless`.
double formScore(const AreaSums& ink, Side side, const Affine& pose, double hopeless = -1);

/// A sheet that lies somewhere in a picture.
struct SheetPose {
    Side side = Side::kFront;
    Homography to_picture;  ///< from millimetres to pixels of the decoded picture
    double score = 0;
};

/// Refined poses that score at or above this may be a licence. On generated pictures the lowest of a true page was 0.88
/// in scans and 0.72 in good photos; the highest of anything else 0.54, a page of dense text.
inline constexpr double kScoreFound = 0.65;

/// From this score on no other pose will be better.
inline constexpr double kScoreSure = 0.95;

/// Lays the form over a quad that may be a sheet's edge, both sides, both ways up, and moves it until it fits best.
/// Nothing if the quad is degenerate; otherwise the best pose, which may be bad: see its score.
std::optional<SheetPose> registerQuad(const Pyramid& picture, const Quad& quad);

/// Moves a roughly right pose, corner by corner at last, until the labels fit; keeps its side.
SheetPose refinePose(const Pyramid& picture, const SheetPose& rough);

}  // namespace recogniser
