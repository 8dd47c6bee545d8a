#include "recogniser/candidates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "recogniser/form.h"
#include "recogniser/geometry.h"
#include "recogniser/leptonica.h"

namespace recogniser {
namespace {

constexpr int kSmallSide = 480;           // edges are searched in a picture of at most this many pixels a side
constexpr double kShapeTolerance = 1.25;  // perspective bends the ratio of the sides by up to this factor
constexpr double kFillMin = 0.86;         // share of its own four corners that a sheet's area fills
constexpr double kFillMax = 1.10;
constexpr double kAreaShareMin = 0.05;  // of the picture; smaller sheets are too coarse to read
constexpr std::size_t kCandidatesMax = 14;

/// Turns the corners so that the first side is a long one.
Quad longSideFirst(const Quad& quad) {
    const double first = distance(quad[0], quad[1]) + distance(quad[2], quad[3]);
    const double second = distance(quad[1], quad[2]) + distance(quad[3], quad[0]);
    if (first >= second) return quad;
    return {quad[1], quad[2], quad[3], quad[0]};
}

bool hasSheetShape(const Quad& quad) {
    const double length = (distance(quad[0], quad[1]) + distance(quad[2], quad[3])) / 2;
    const double height = (distance(quad[1], quad[2]) + distance(quad[3], quad[0])) / 2;
    if (height < 1) return false;
    const double stretch = length / height / (kSheetWidthMm / kSheetHeightMm);
    return stretch < kShapeTolerance && stretch > 1 / kShapeTolerance;
}

/// How much opposite sides differ in length: nothing in a scan, little in most photos, much where light falling off cut a
/// corner away.
double imbalance(const Quad& quad) {
    const auto difference = [](double one, double other) { return std::abs(one - other) / std::max(one, other); };
    return difference(distance(quad[0], quad[1]), distance(quad[2], quad[3])) +
           difference(distance(quad[1], quad[2]), distance(quad[3], quad[0]));
}

/// The outermost set bits in the four diagonal directions.
Quad outermost(const Pix& bits, int left, int top) {
    const int width = static_cast<int>(bits.w);
    const int height = static_cast<int>(bits.h);
    Quad quad{};
    std::array<int, 4> best{};
    bool first = true;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            if (!bitAt(bits, x, y)) continue;
            const std::array<int, 4> reach = {-x - y, x - y, x + y, y - x};
            for (std::size_t i = 0; i < reach.size(); ++i) {
                if (!first && reach[i] <= best[i]) continue;
                best[i] = reach[i];
                quad[i] = {static_cast<double>(left + x), static_cast<double>(top + y)};
            }
            first = false;
        }
    }
    // from pixel centres to the pixels' outer edges
    quad[1].x += 1;
    quad[2].x += 1;
    quad[2].y += 1;
    quad[3].y += 1;
    return quad;
}

/// The quad around one connected area, if it looks like a sheet.
std::optional<Candidate> sheetAround(Pix& bits, int left, int top, double picture_area) {
    l_int32 count = 0;
    if (pixCountPixels(&bits, &count, nullptr) != 0 || count < kAreaShareMin * picture_area) return std::nullopt;
    const Quad quad = longSideFirst(outermost(bits, left, top));
    const double inside = area(quad);
    if (inside <= 0 || !hasSheetShape(quad)) return std::nullopt;
    const double fill = count / inside;
    if (fill < kFillMin || fill > kFillMax) return std::nullopt;
    return Candidate{quad, std::min(0.99, std::abs(1 - fill) + imbalance(quad))};
}

void addSheetsIn(Pix& bits, std::vector<Candidate>& found) {
    const double picture_area = static_cast<double>(bits.w) * static_cast<double>(bits.h);
    // Print and stamp are holes in a bright sheet; a speck of noise is no area.
    const PixOwner holes = own(pixHolesByFilling(&bits, 4));
    const PixOwner filled = own(pixOr(nullptr, &bits, holes.get()));
    const PixOwner opened = own(pixOpenBrick(nullptr, filled.get(), 5, 5));
    Pixa* areas_taken = nullptr;
    const BoxaOwner boxes{pixConnComp(opened.get(), &areas_taken, 4)};
    const PixaOwner areas{areas_taken};
    if (boxes == nullptr || areas == nullptr) return;
    for (int i = 0; i < pixaGetCount(areas.get()); ++i) {
        l_int32 left = 0;
        l_int32 top = 0;
        l_int32 width = 0;
        l_int32 height = 0;
        if (pixaGetBoxGeometry(areas.get(), i, &left, &top, &width, &height) != 0) continue;
        if (width * static_cast<double>(height) < kAreaShareMin * picture_area) continue;
        const PixOwner area_bits = own(pixaGetPix(areas.get(), i, L_CLONE));
        if (const auto sheet = sheetAround(*area_bits, left, top, picture_area)) found.push_back(*sheet);
    }
}

/// The median of the picture's border, which in a scan is its ground.
int groundOf(const GreyImage& image) {
    std::vector<std::uint8_t> border;
    for (int x = 0; x < image.width(); ++x) {
        border.push_back(image.at(x, 0));
        border.push_back(image.at(x, image.height() - 1));
    }
    for (int y = 0; y < image.height(); ++y) {
        border.push_back(image.at(0, y));
        border.push_back(image.at(image.width() - 1, y));
    }
    const auto middle = border.begin() + static_cast<std::ptrdiff_t>(border.size() / 2);
    std::nth_element(border.begin(), middle, border.end());
    return *middle;
}

void addSheetsAtThresholds(const GreyImage& small, std::vector<Candidate>& found) {
    constexpr std::array kDarkerThanGround = {3, 5, 7, 10, 14, 20};
    constexpr std::array kBright = {70, 90, 110, 125, 140, 155, 170, 185, 200, 215, 230, 242};
    const int ground = groundOf(small);
    for (const int step : kDarkerThanGround) {
        const PixOwner bright = bitsAtLeast(small, ground - step);
        const PixOwner dark = own(pixInvert(nullptr, bright.get()));
        addSheetsIn(*dark, found);
    }
    for (const int threshold : kBright) {
        const PixOwner bright = bitsAtLeast(small, threshold);
        addSheetsIn(*bright, found);
    }
}

/// The whole picture and its halves, less a margin of some hundredths, where the shape allows a sheet.
void addFrames(int width, int height, std::vector<Candidate>& found) {
    constexpr std::array kMargins = {0.03, 0.0, 0.06};
    constexpr std::array<Box, 5> kParts = {
        {{0, 0, 1, 1}, {0, 0, 1, 0.5}, {0, 0.5, 1, 1}, {0, 0, 0.5, 1}, {0.5, 0, 1, 1}}};
    for (const double margin : kMargins) {
        for (const Box& part : kParts) {
            const double inset = margin * std::min(width * (part.right - part.left), height * (part.bottom - part.top));
            const Quad quad = longSideFirst(rectangle(width * part.left + inset, height * part.top + inset,
                                                      width * part.right - inset, height * part.bottom - inset));
            if (hasSheetShape(quad)) found.push_back({quad, 1});
        }
    }
}

bool nearlyAlike(const Quad& a, const Quad& b, double tolerance) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (distance(a[i], b[i]) > tolerance) return false;
    }
    return true;
}

}  // namespace

std::vector<Candidate> sheetCandidates(const Picture& picture) {
    std::size_t level = 0;
    while (level + 1 < picture.darkest.levels() &&
           std::max(picture.darkest.level(level).width(), picture.darkest.level(level).height()) > kSmallSide) {
        ++level;
    }
    const GreyImage& darkest = picture.darkest.level(level);
    std::vector<Candidate> found;
    addSheetsAtThresholds(darkest, found);
    addSheetsAtThresholds(picture.brightest.level(level), found);
    std::stable_sort(found.begin(), found.end(),
                     [](const Candidate& a, const Candidate& b) { return a.misfit < b.misfit; });
    addFrames(darkest.width(), darkest.height(), found);

    const double scale = std::ldexp(1.0, static_cast<int>(level));
    std::vector<Candidate> different;
    for (Candidate& candidate : found) {
        Quad& quad = candidate.quad;
        for (Point& corner : quad) corner = {corner.x * scale, corner.y * scale};
        const double tolerance = 0.012 * distance(quad[0], quad[1]);
        const bool known = std::any_of(different.begin(), different.end(), [&](const Candidate& other) {
            return nearlyAlike(quad, other.quad, tolerance);
        });
        if (!known && different.size() < kCandidatesMax) different.push_back(candidate);
    }
    return different;
}

}  // namespace recogniser
