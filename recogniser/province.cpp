#include "recogniser/province.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace recogniser {
namespace {

constexpr std::u32string_view kProvinces = U"京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
constexpr int kSide = 16;
constexpr std::size_t kCells = kSide * kSide;
constexpr double kWeightUnit = 1.0 / 64;
constexpr double kBiasInput = 0.25;

constexpr std::int16_t kWeights[][kCells + 1] = {
#include "recogniser/province_weights.inc"
};
static_assert(std::size(kWeights) == kProvinces.size());

using Cells = std::array<double, kCells>;

/// The rectangle of the print in a glyph's picture.
struct Print {
    int left;
    int top;
    int right;
    int bottom;
};

Print printOf(const GreyImage& glyph) {
    Print print{glyph.width(), glyph.height(), 0, 0};
    for (int y = 0; y < glyph.height(); ++y) {
        for (int x = 0; x < glyph.width(); ++x) {
            if (glyph.at(x, y) >= 128) continue;
            print = {std::min(print.left, x), std::min(print.top, y), std::max(print.right, x + 1),
                     std::max(print.bottom, y + 1)};
        }
    }
    return print;
}

/// The ink in each of 16 x 16 cells of the square around the print, as a vector of length one; pixels on a border count
/// for the cells on both sides in proportion. Must agree with `features` in training/train_provinces.py.
Cells featuresOf(const GreyImage& glyph, const Print& print) {
    const int width = print.right - print.left;
    const int height = print.bottom - print.top;
    const double cell = std::max(width, height) / static_cast<double>(kSide);
    const double first_x = (std::max(width, height) - width) / 2.0;
    const double first_y = (std::max(width, height) - height) / 2.0;
    Cells cells{};
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const double ink = 255 - glyph.at(print.left + x, print.top + y);
            const double from_x = (first_x + x) / cell;
            const double from_y = (first_y + y) / cell;
            const double to_x = from_x + 1 / cell;
            const double to_y = from_y + 1 / cell;
            for (int row = static_cast<int>(from_y); row < kSide && row < to_y; ++row) {
                const double share_y = std::min(to_y, row + 1.0) - std::max(from_y, static_cast<double>(row));
                for (int column = static_cast<int>(from_x); column < kSide && column < to_x; ++column) {
                    const double share_x = std::min(to_x, column + 1.0) - std::max(from_x, static_cast<double>(column));
                    cells[static_cast<std::size_t>(row) * std::size_t{kSide} + static_cast<std::size_t>(column)] +=
                        ink * share_x * share_y;
                }
            }
        }
    }
    double squares = 0;
    for (const double value : cells) squares += value * value;
    const double length = std::max(1e-6, std::sqrt(squares));
    for (double& value : cells) value /= length;
    return cells;
}

}  // namespace

ProvinceGuess classifyProvince(const GreyImage& glyph) {
    const Print print = printOf(glyph);
    if (print.left >= print.right) return {};
    const Cells cells = featuresOf(glyph, print);
    std::array<double, kProvinces.size()> scores{};
    for (std::size_t province = 0; province < scores.size(); ++province) {
        const auto& weights = kWeights[province];
        double sum = kBiasInput * weights[kCells];
        for (std::size_t i = 0; i < kCells; ++i) sum += cells[i] * weights[i];
        scores[province] = sum * kWeightUnit;
    }
    const auto best = std::max_element(scores.begin(), scores.end());
    double others = 0;
    for (const double score : scores) others += std::exp(score - *best);
    return {kProvinces[static_cast<std::size_t>(best - scores.begin())], static_cast<int>(std::lround(100 / others))};
}

}  // namespace recogniser
