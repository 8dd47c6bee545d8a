#include "recogniser/value_crop.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "recogniser/leptonica.h"

namespace recogniser {
namespace {

constexpr int kInkThreshold = 128;
constexpr double kRuleHeadroomMm = 3.6;  // rows above and below the value's middle that are cut out first
constexpr double kPaddingMm = 0.7;       // blank paper left around a line

int toPixels(double mm) {
    return static_cast<int>(std::lround(mm * kCropDensity));
}

/// A half-open range of rows or columns.
struct Extent {
    int first = 0;
    int last = 0;

    int length() const { return last - first; }
};

/// The value's surroundings cut out flat, paper white and print black whatever the light.
GreyImage flatCrop(const Pyramid& picture, const SheetPose& sheet, const Box& box) {
    const int width = toPixels(box.right - box.left);
    const int height = toPixels(box.bottom - box.top);
    const Homography to_sheet{{1 / kCropDensity, 0, box.left, 0, 1 / kCropDensity, box.top, 0, 0, 1}};
    return warp(picture, sheet.to_picture.after(to_sheet), width, height);
}

/// Stretches the grey values so that paper becomes white and the darkest print black. Guilloche, lighter than half
/// way between the two, whitens with the paper.
void stretch(GreyImage& image) {
    constexpr double kPaperShare = 0.70;  // of all pixels, at least this many are paper
    constexpr double kPrintShare = 0.01;
    constexpr double kPaperSpread = 0.90;  // paper with guilloche goes down to this part of its median
    constexpr double kContrastMin = 30;    // fainter than this is no print: leave it faint
    std::array<std::size_t, 256> histogram{};
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) ++histogram[image.at(x, y)];
    }
    const auto total = static_cast<double>(image.width()) * image.height();
    const auto quantile = [&](double share) {
        double seen = 0;
        for (std::size_t value = 0; value < histogram.size(); ++value) {
            seen += static_cast<double>(histogram[value]);
            if (seen >= share * total) return static_cast<double>(value);
        }
        return 255.0;
    };
    const double paper = quantile(kPaperShare) * kPaperSpread;
    const double print = std::min(quantile(kPrintShare), paper - kContrastMin);
    for (int y = 0; y < image.height(); ++y) {
        std::uint8_t* row = image.row(y);
        for (int x = 0; x < image.width(); ++x) {
            row[x] =
                static_cast<std::uint8_t>(std::lround(255 * std::clamp((row[x] - print) / (paper - print), 0.0, 1.0)));
        }
    }
}

/// Whitens ruled lines: runs of ink longer than any stroke of a character.
void removeRules(GreyImage& image) {
    constexpr int kRuleInk = 190;  // rules are thin and grey
    const PixOwner light = bitsAtLeast(image, kRuleInk);
    const PixOwner ink = own(pixInvert(nullptr, light.get()));
    const std::array<std::pair<int, int>, 2> bricks = {{{toPixels(6.5), 1}, {1, toPixels(4.6)}}};
    for (const auto& [width, height] : bricks) {
        const PixOwner rules = own(pixOpenBrick(nullptr, ink.get(), width, height));
        const PixOwner wide = own(pixDilateBrick(nullptr, rules.get(), width > 1 ? 1 : 5, height > 1 ? 1 : 5));
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                if (bitAt(*wide, x, y)) image.set(x, y, 255);
            }
        }
    }
}

std::vector<int> inkOfRows(const GreyImage& image) {
    std::vector<int> ink(static_cast<std::size_t>(image.height()));
    for (int y = 0; y < image.height(); ++y) {
        const std::uint8_t* row = image.row(y);
        ink[static_cast<std::size_t>(y)] =
            static_cast<int>(std::count_if(row, row + image.width(), [](std::uint8_t v) { return v < kInkThreshold; }));
    }
    return ink;
}

/// Runs of rows or columns with ink, gaps of up to `gap` closed.
std::vector<Extent> runsOf(const std::vector<int>& ink, int ink_min, int gap) {
    std::vector<Extent> runs;
    for (std::size_t i = 0; i < ink.size(); ++i) {
        if (ink[i] < ink_min) continue;
        const int here = static_cast<int>(i);
        if (!runs.empty() && here - runs.back().last <= gap) {
            runs.back().last = here + 1;
        } else {
            runs.push_back({here, here + 1});
        }
    }
    return runs;
}

/// The run of rows that is the value's text: the tallest, less what lies far from the middle expected.
std::optional<Extent> textBand(const GreyImage& image, double middle, int gap, int tallest) {
    const int shortest = toPixels(1.2);
    std::optional<Extent> best;
    double best_worth = 0;
    for (const Extent& run : runsOf(inkOfRows(image), 2, gap)) {
        if (run.length() < shortest) continue;
        const double away = std::abs((run.first + run.last) / 2.0 - middle);
        const double worth = std::min(run.length(), tallest) - 1.5 * away;
        if (best && worth <= best_worth) continue;
        best = run;
        best_worth = worth;
    }
    return best;
}

/// All rows with text of a value that may take two lines.
std::optional<Extent> textBlock(const GreyImage& image, double middle) {
    std::optional<Extent> block;
    for (const Extent& run : runsOf(inkOfRows(image), 2, 1)) {
        const double away = std::abs((run.first + run.last) / 2.0 - middle);
        if (run.length() < toPixels(1.0) || away > toPixels(2.7)) continue;
        block = block ? Extent{block->first, run.last} : run;
    }
    return block;
}

/// Whitens the labels that reach into a crop whose left top corner lies at (left, top) on the sheet.
void removeLabels(GreyImage& image, Side side, double left, double top) {
    constexpr double kSpread = 0.15;  // labels are a little larger in some fonts
    for (const Label& label : labelsOf(side)) {
        const int first_x = std::max(0, toPixels(label.print.left - kSpread - left));
        const int last_x = std::min(image.width(), toPixels(label.print.right + kSpread - left));
        const int first_y = std::max(0, toPixels(label.print.top - kSpread - top));
        const int last_y = std::min(image.height(), toPixels(label.print.bottom + kSpread - top));
        if (first_x >= last_x) continue;
        for (int y = first_y; y < last_y; ++y)
            std::fill(image.row(y) + first_x, image.row(y) + last_x, std::uint8_t{255});
    }
}

std::vector<int> inkOfColumns(const GreyImage& image, const Extent& rows) {
    std::vector<int> ink(static_cast<std::size_t>(image.width()));
    for (int y = rows.first; y < rows.last; ++y) {
        const std::uint8_t* row = image.row(y);
        for (int x = 0; x < image.width(); ++x) {
            if (row[x] < kInkThreshold) ++ink[static_cast<std::size_t>(x)];
        }
    }
    return ink;
}

/// The columns from the first print on, up to a gap too wide to be inside one value.
std::optional<Extent> textColumns(const GreyImage& image, const Extent& rows) {
    const std::vector<Extent> runs = runsOf(inkOfColumns(image, rows), 1, toPixels(4.0));
    const auto first =
        std::find_if(runs.begin(), runs.end(), [](const Extent& run) { return run.length() >= toPixels(0.8); });
    if (first == runs.end()) return std::nullopt;
    return *first;
}

/// The part of the image with a white border around it.
GreyImage framed(const GreyImage& image, const Extent& columns, const Extent& rows) {
    const int padding = toPixels(kPaddingMm);
    GreyImage line{columns.length() + 2 * padding, rows.length() + 2 * padding, 255};
    for (int y = 0; y < rows.length(); ++y) {
        const std::uint8_t* source = image.row(rows.first + y) + columns.first;
        std::copy(source, source + columns.length(), line.row(y + padding) + padding);
    }
    return line;
}

/// How much blank the form leaves between the end of a value's label and the value.
double clearanceOf(const ValuePlace& place, Side side) {
    double clearance = place.left;
    for (const Label& label : labelsOf(side)) {
        const bool same_row = label.print.top < place.row + 1.5 && label.print.bottom > place.row - 1.5;
        if (same_row && label.print.right <= place.left)
            clearance = std::min(clearance, place.left - label.print.right);
    }
    return clearance;
}

double medianOf(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Measures one value's offset; nothing if no text stands there.
std::optional<PrintOffset> offsetAt(const Pyramid& picture, const SheetPose& sheet, const ValuePlace& place) {
    constexpr double kReach = 1.9;    // the farthest that print is set aside
    constexpr double kBearing = 0.1;  // blank before a glyph
    const Box box{place.left - kReach, place.row - kRuleHeadroomMm, place.right, place.row + kRuleHeadroomMm};
    GreyImage image = flatCrop(picture, sheet, box);
    stretch(image);
    removeRules(image);
    const auto band = textBand(image, toPixels(kRuleHeadroomMm), toPixels(0.3), toPixels(3.6));
    if (!band) return std::nullopt;
    const auto columns = textColumns(image, *band);
    if (!columns) return std::nullopt;
    const double right = columns->first / kCropDensity - kReach - kBearing;
    const double down = (band->first + band->last) / 2.0 / kCropDensity - kRuleHeadroomMm;
    if (std::abs(right) > kReach || std::abs(down) > kReach) return std::nullopt;
    return PrintOffset{right, down};
}

PrintOffset measureOffset(const Pyramid& picture, const SheetPose& sheet) {
    constexpr double kClear = 2.0;  // less and the label might be taken for the value
    std::vector<double> right;
    std::vector<double> down;
    for (const ValuePlace& place : valuesOf(sheet.side)) {
        if (place.lines > 1 || clearanceOf(place, sheet.side) < kClear) continue;
        const auto offset = offsetAt(picture, sheet, place);
        if (!offset) continue;
        right.push_back(offset->right);
        down.push_back(offset->down);
    }
    if (right.empty()) return {};
    return {medianOf(std::move(right)), medianOf(std::move(down))};
}

/// The row with the least ink in the middle of a band of two lines.
int splitRow(const GreyImage& image, const Extent& band) {
    const std::vector<int> ink = inkOfRows(image);
    const auto from = ink.begin() + band.first + band.length() * 2 / 5;
    const auto to = ink.begin() + band.first + band.length() * 3 / 5;
    return static_cast<int>(std::min_element(from, to) - ink.begin());
}

ValueLines linesAt(const Pyramid& picture, const SheetPose& sheet, const ValuePlace& place, const PrintOffset& offset) {
    constexpr double kTwoLinesMm = 4.9;  // taller than one line can be
    const double clearance = std::min(clearanceOf(place, sheet.side) + offset.right, 1.6);
    const double before = std::max(0.35, clearance - 0.5);
    const double middle = place.row + offset.down;
    const Box box{place.left + offset.right - before, middle - kRuleHeadroomMm,
                  place.right + std::max(0.0, offset.right) + 0.2, middle + kRuleHeadroomMm};
    GreyImage image = flatCrop(picture, sheet, box);
    stretch(image);
    removeRules(image);
    removeLabels(image, sheet.side, box.left, box.top);

    const auto band = place.lines > 1 ? textBlock(image, toPixels(kRuleHeadroomMm))
                                      : textBand(image, toPixels(kRuleHeadroomMm), toPixels(0.45), toPixels(3.6));
    if (!band) return {};
    std::vector<Extent> bands = {*band};
    if (band->length() > toPixels(kTwoLinesMm)) {
        const int split = splitRow(image, *band);
        bands = {{band->first, split}, {split, band->last}};
    }
    ValueLines lines;
    for (const Extent& rows : bands) {
        if (const auto columns = textColumns(image, rows)) lines.push_back(framed(image, *columns, rows));
    }
    return lines;
}

}  // namespace

std::map<Field, ValueLines> cropValues(const Pyramid& picture, const SheetPose& sheet) {
    const PrintOffset offset = measureOffset(picture, sheet);
    std::map<Field, ValueLines> values;
    for (const ValuePlace& place : valuesOf(sheet.side)) values[place.field] = linesAt(picture, sheet, place, offset);
    return values;
}

std::vector<bool> printedColumns(const GreyImage& line) {
    const std::vector<int> ink = inkOfColumns(line, {0, line.height()});
    std::vector<bool> printed(ink.size());
    std::transform(ink.begin(), ink.end(), printed.begin(), [](int count) { return count > 0; });
    return printed;
}

}  // namespace recogniser
