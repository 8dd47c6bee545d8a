#include "recogniser/grey_image.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace recogniser {

GreyImage::GreyImage(int width, int height, std::uint8_t fill)
    : width_(width),
      height_(height),
      pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), fill) {}

double GreyImage::sample(double x, double y) const {
    const double inside_x = std::clamp(x, 0.0, static_cast<double>(width_ - 1));
    const double inside_y = std::clamp(y, 0.0, static_cast<double>(height_ - 1));
    const int left = static_cast<int>(inside_x);
    const int top = static_cast<int>(inside_y);
    const int right = std::min(left + 1, width_ - 1);
    const int bottom = std::min(top + 1, height_ - 1);
    const double part_x = inside_x - left;
    const double part_y = inside_y - top;
    const double upper = at(left, top) * (1 - part_x) + at(right, top) * part_x;
    const double lower = at(left, bottom) * (1 - part_x) + at(right, bottom) * part_x;
    return upper * (1 - part_y) + lower * part_y;
}

GreyImage GreyImage::halved() const {
    GreyImage half{width_ / 2, height_ / 2};
    for (int y = 0; y < half.height(); ++y) {
        const std::uint8_t* upper = row(2 * y);
        const std::uint8_t* lower = row(2 * y + 1);
        std::uint8_t* out = half.row(y);
        for (int x = 0; x < half.width(); ++x) {
            out[x] =
                static_cast<std::uint8_t>((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) / 4);
        }
    }
    return half;
}

GreyImage GreyImage::cropped(int left, int top, int width, int height) const {
    const int first_x = std::clamp(left, 0, width_);
    const int first_y = std::clamp(top, 0, height_);
    const int last_x = std::clamp(left + width, first_x, width_);
    const int last_y = std::clamp(top + height, first_y, height_);
    GreyImage part{last_x - first_x, last_y - first_y};
    for (int y = first_y; y < last_y; ++y) {
        std::copy(row(y) + first_x, row(y) + last_x, part.row(y - first_y));
    }
    return part;
}

Pyramid::Pyramid(GreyImage full) {
    constexpr int kSmallest = 32;
    levels_.push_back(std::move(full));
    while (levels_.back().width() >= kSmallest && levels_.back().height() >= kSmallest) {
        levels_.push_back(levels_.back().halved());
    }
}

AreaSums::AreaSums(const GreyImage& image) : width_(image.width()), height_(image.height()) {
    const auto stride = static_cast<std::size_t>(width_) + 1;
    sums_.assign(stride * (static_cast<std::size_t>(height_) + 1), 0);
    for (int y = 0; y < height_; ++y) {
        const std::uint8_t* pixels = image.row(y);
        const std::uint32_t* above = sums_.data() + stride * static_cast<std::size_t>(y);
        std::uint32_t* here = sums_.data() + stride * (static_cast<std::size_t>(y) + 1);
        std::uint32_t row_sum = 0;
        for (int x = 0; x < width_; ++x) {
            row_sum += pixels[x];
            here[x + 1] = above[x + 1] + row_sum;
        }
    }
}

double AreaSums::mean(int left, int top, int right, int bottom) const {
    left = std::max(left, 0);
    top = std::max(top, 0);
    right = std::min(right, width_);
    bottom = std::min(bottom, height_);
    if (left >= right || top >= bottom) return 0;
    const auto stride = static_cast<std::size_t>(width_) + 1;
    const std::uint32_t* upper = sums_.data() + stride * static_cast<std::size_t>(top);
    const std::uint32_t* lower = sums_.data() + stride * static_cast<std::size_t>(bottom);
    const std::uint32_t sum =
        lower[right] - lower[left] - upper[right] + upper[left];  // wraps round to the right value
    return static_cast<double>(sum) / (static_cast<double>(right - left) * static_cast<double>(bottom - top));
}

GreyImage inkOf(const GreyImage& image, int window) {
    constexpr double kFaint = 0.08;  // darker than the surroundings by less than this is paper
    constexpr double kFull = 0.45;   // darker by this much is full ink
    const AreaSums sums{image};
    const int reach = window / 2;
    GreyImage ink{image.width(), image.height(), 0};
    for (int y = 0; y < image.height(); ++y) {
        const std::uint8_t* pixels = image.row(y);
        std::uint8_t* out = ink.row(y);
        for (int x = 0; x < image.width(); ++x) {
            const double around = std::max(1.0, sums.mean(x - reach, y - reach, x + reach + 1, y + reach + 1));
            const double darker = (around - pixels[x]) / around;
            out[x] = static_cast<std::uint8_t>(
                std::lround(255 * std::clamp((darker - kFaint) / (kFull - kFaint), 0.0, 1.0)));
        }
    }
    return ink;
}

}  // namespace recogniser
