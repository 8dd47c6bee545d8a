#include "recogniser/geometry.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace recogniser {
namespace {

constexpr std::size_t kUnknowns = 8;
using System = std::array<std::array<double, kUnknowns + 1>, kUnknowns>;

/// Solves the system in place by Gaussian elimination with row exchange; false if it has no single solution.
bool solve(System& system, std::array<double, kUnknowns>& solution) {
    for (std::size_t column = 0; column < kUnknowns; ++column) {
        std::size_t pivot = column;
        for (std::size_t i = column + 1; i < kUnknowns; ++i) {
            if (std::abs(system[i][column]) > std::abs(system[pivot][column])) pivot = i;
        }
        if (std::abs(system[pivot][column]) < 1e-9) return false;
        std::swap(system[column], system[pivot]);
        for (std::size_t i = 0; i < kUnknowns; ++i) {
            if (i == column) continue;
            const double factor = system[i][column] / system[column][column];
            for (std::size_t k = column; k <= kUnknowns; ++k) system[i][k] -= factor * system[column][k];
        }
    }
    for (std::size_t i = 0; i < kUnknowns; ++i) solution[i] = system[i][kUnknowns] / system[i][i];
    return true;
}

}  // namespace

std::optional<Homography> Homography::between(const Quad& from, const Quad& to) {
    System system{};
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto [x, y] = from[i];
        const auto [u, v] = to[i];
        system[2 * i] = {x, y, 1, 0, 0, 0, -u * x, -u * y, u};
        system[2 * i + 1] = {0, 0, 0, x, y, 1, -v * x, -v * y, v};
    }
    std::array<double, kUnknowns> h{};
    if (!solve(system, h)) return std::nullopt;
    return Homography{{h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1}};
}

Point Homography::apply(Point point) const {
    const double depth = rows_[6] * point.x + rows_[7] * point.y + rows_[8];
    return {(rows_[0] * point.x + rows_[1] * point.y + rows_[2]) / depth,
            (rows_[3] * point.x + rows_[4] * point.y + rows_[5]) / depth};
}

Homography Homography::after(const Homography& first) const {
    std::array<double, 9> product{};
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            for (std::size_t k = 0; k < 3; ++k) product[3 * i + j] += rows_[3 * i + k] * first.rows_[3 * k + j];
        }
    }
    return Homography{product};
}

Quad rectangle(double left, double top, double right, double bottom) {
    return {{{left, top}, {right, top}, {right, bottom}, {left, bottom}}};
}

double distance(Point a, Point b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

double area(const Quad& quad) {
    double doubled = 0;
    for (std::size_t i = 0; i < quad.size(); ++i) {
        const Point& here = quad[i];
        const Point& next = quad[(i + 1) % quad.size()];
        doubled += here.x * next.y - next.x * here.y;
    }
    return doubled / 2;
}

double distortion(const Quad& quad, double ratio) {
    const double top = distance(quad[0], quad[1]);
    const double right = distance(quad[1], quad[2]);
    const double bottom = distance(quad[2], quad[3]);
    const double left = distance(quad[3], quad[0]);
    if (top <= 0 || right <= 0 || bottom <= 0 || left <= 0) return 1;
    const double unequal = std::abs(std::log(top / bottom)) + std::abs(std::log(left / right));
    const double stretched = std::abs(std::log((top + bottom) / (left + right) / ratio));
    const Point along{quad[1].x - quad[0].x + quad[2].x - quad[3].x, quad[1].y - quad[0].y + quad[2].y - quad[3].y};
    const Point down{quad[3].x - quad[0].x + quad[2].x - quad[1].x, quad[3].y - quad[0].y + quad[2].y - quad[1].y};
    const double lengths = std::hypot(along.x, along.y) * std::hypot(down.x, down.y);
    const double oblique = lengths > 0 ? std::abs(along.x * down.x + along.y * down.y) / lengths : 1;
    return unequal + stretched + oblique;
}

GreyImage warp(const Pyramid& source, const Homography& to_source, int width, int height) {
    constexpr double kStepMax =
        1.6;  // source pixels per result pixel that bilinear sampling bridges without losing strokes
    const Point middle{width / 2.0, height / 2.0};
    const Point centre = to_source.apply(middle);
    double step = std::max(distance(centre, to_source.apply({middle.x + 1, middle.y})),
                           distance(centre, to_source.apply({middle.x, middle.y + 1})));
    std::size_t level = 0;
    double shrink = 1;
    for (; step > kStepMax && level + 1 < source.levels(); ++level) {
        shrink *= 2;
        step /= 2;
    }
    const GreyImage& pixels = source.level(level);
    GreyImage result{width, height};
    for (int y = 0; y < height; ++y) {
        std::uint8_t* out = result.row(y);
        for (int x = 0; x < width; ++x) {
            const Point at = to_source.apply({static_cast<double>(x), static_cast<double>(y)});
            out[x] = static_cast<std::uint8_t>(
                std::lround(pixels.sample((at.x + 0.5) / shrink - 0.5, (at.y + 0.5) / shrink - 0.5)));
        }
    }
    return result;
}

}  // namespace recogniser
