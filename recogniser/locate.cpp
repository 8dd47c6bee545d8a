#include "recogniser/locate.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "recogniser/candidates.h"
#include "recogniser/scan_search.h"

namespace recogniser {
namespace {

/// The best pose of each side so far.
class BestPoses {
public:
    /// Refines the pose if there is hope that it is a licence, and keeps it if it is one and better than the one known.
    void offer(const Picture& picture, const SheetPose& rough) {
        constexpr double kHope = 0.35;
        if (rough.score < kHope) return;
        const SheetPose pose = refinePose(picture.brightest, rough);
        auto& known = poses_[static_cast<std::size_t>(pose.side)];
        if (pose.score < kScoreFound || (known && known->score >= pose.score)) return;
        known = pose;
    }

    const std::optional<SheetPose>& of(Side side) const { return poses_[static_cast<std::size_t>(side)]; }
    bool sure(Side side) const { return of(side) && of(side)->score >= kScoreSure; }

private:
    std::array<std::optional<SheetPose>, 2> poses_;
};

Quad cornersOf(const SheetPose& pose) {
    Quad corners = rectangle(0, 0, kSheetWidthMm, kSheetHeightMm);
    for (Point& corner : corners) corner = pose.to_picture.apply(corner);
    return corners;
}

Point middleOf(const SheetPose& pose) {
    return pose.to_picture.apply({kSheetWidthMm / 2, kSheetHeightMm / 2});
}

bool insidePicture(const Picture& picture, Point point) {
    return point.x >= 0 && point.y >= 0 && point.x < picture.brightest.full().width() &&
           point.y < picture.brightest.full().height();
}

bool overlaps(const SheetPose& a, const SheetPose& b) {
    const Quad corners = cornersOf(a);
    const double height = std::min(distance(corners[0], corners[3]), distance(corners[1], corners[2]));
    return distance(middleOf(a), middleOf(b)) < 0.6 * height;
}

/// The places left, right, above and below of a page that lie in the picture, where the other page may be.
std::vector<Quad> placesBeside(const Picture& picture, const SheetPose& found) {
    constexpr double kGapMm = 3;
    constexpr std::array<Point, 4> kSteps = {{{kSheetWidthMm + kGapMm, 0},
                                              {0, kSheetHeightMm + kGapMm},
                                              {-kSheetWidthMm - kGapMm, 0},
                                              {0, -kSheetHeightMm - kGapMm}}};
    std::vector<Quad> places;
    for (const Point& step : kSteps) {
        const Point middle = found.to_picture.apply({step.x + kSheetWidthMm / 2, step.y + kSheetHeightMm / 2});
        if (!insidePicture(picture, middle)) continue;
        Quad beside = rectangle(step.x, step.y, step.x + kSheetWidthMm, step.y + kSheetHeightMm);
        for (Point& corner : beside) corner = found.to_picture.apply(corner);
        places.push_back(beside);
    }
    return places;
}

Side otherSide(Side side) {
    return side == Side::kFront ? Side::kBack : Side::kFront;
}

/// Whether a sure page is found and the other is as well or has no room in the picture.
bool nothingLeft(const Picture& picture, const BestPoses& best) {
    for (const Side side : {Side::kFront, Side::kBack}) {
        if (best.sure(side) && (best.sure(otherSide(side)) || placesBeside(picture, *best.of(side)).empty()))
            return true;
    }
    return false;
}

void lookAtCandidates(const Picture& picture, const std::vector<Candidate>& candidates,
                      std::chrono::steady_clock::time_point deadline, BestPoses& best) {
    for (const Candidate& candidate : candidates) {
        if (std::chrono::steady_clock::now() >= deadline || nothingLeft(picture, best)) return;
        if (const auto pose = registerQuad(picture.brightest, candidate.quad)) best.offer(picture, *pose);
    }
}

/// Looks beside each sure page for the other, unless that is sure as well.
void lookBeside(const Picture& picture, BestPoses& best) {
    for (const Side side : {Side::kFront, Side::kBack}) {
        if (!best.sure(side) || best.sure(otherSide(side))) continue;
        for (const Quad& place : placesBeside(picture, *best.of(side))) {
            const auto pose = registerQuad(picture.brightest, place);
            if (pose && pose->side != side) best.offer(picture, *pose);
        }
    }
}

/// The sheet's corners: those of the edge that was seen where one lies about the pose, else where the print says they
/// are, which is a millimetre off where the print was not set square to the cut.
Quad cornersFor(const SheetPose& pose, const std::vector<Candidate>& candidates) {
    const Quad printed = cornersOf(pose);
    double nearest = 0.02 * distance(printed[0], printed[1]);
    Quad corners = printed;
    for (const Candidate& candidate : candidates) {
        if (candidate.misfit >= 1) continue;  // a frame, not an edge
        Quad turned = candidate.quad;
        for (std::size_t turn = 0; turn < turned.size(); ++turn) {
            std::rotate(turned.begin(), turned.begin() + 1, turned.end());
            double farthest = 0;
            for (std::size_t i = 0; i < turned.size(); ++i)
                farthest = std::max(farthest, distance(turned[i], printed[i]));
            if (farthest >= nearest) continue;
            nearest = farthest;
            corners = turned;
        }
    }
    return corners;
}

Quad asSent(const Picture& picture, Quad corners) {
    for (Point& corner : corners) corner = {corner.x * picture.shrink, corner.y * picture.shrink};
    return corners;
}

}  // namespace

std::vector<Sheet> locateSheets(const Picture& picture, std::chrono::steady_clock::time_point deadline) {
    constexpr int kReadableSide = 240;  // pixels: a sheet this small has characters of six
    if (std::max(picture.size.width, picture.size.height) < kReadableSide) return {};
    const std::vector<Candidate> candidates = sheetCandidates(picture);
    BestPoses best;
    lookAtCandidates(picture, candidates, deadline, best);
    lookBeside(picture, best);
    if (!best.sure(Side::kFront) && !best.sure(Side::kBack)) {
        for (const SheetPose& rough : searchPicture(picture.brightest, deadline)) best.offer(picture, rough);
        lookBeside(picture, best);
    }

    std::vector<Sheet> sheets;
    for (const Side side : {Side::kFront, Side::kBack}) {
        if (!best.of(side)) continue;
        const SheetPose& pose = *best.of(side);
        sheets.push_back({pose, asSent(picture, cornersFor(pose, candidates))});
    }
    if (sheets.size() == 2 && overlaps(sheets[0].pose, sheets[1].pose)) {
        sheets.erase(sheets[0].pose.score < sheets[1].pose.score ? sheets.begin() : sheets.begin() + 1);
    }
    return sheets;
}

}  // namespace recogniser
