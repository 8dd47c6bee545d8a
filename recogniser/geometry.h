#pragma once

#include <array>
#include <optional>

#include "recogniser/grey_image.h"
#include "recogniser/reading.h"

namespace recogniser {

/// A plane projective map, such as from millimetres on a sheet to pixels of a picture of it.
class Homography {
public:
    /// The identity.
    Homography() = default;
    explicit Homography(const std::array<double, 9>& rows) : rows_(rows) {}

    /// The map that takes each corner of `from` to the same corner of `to`; nothing if three corners lie on a line.
    static std::optional<Homography> between(const Quad& from, const Quad& to);

    Point apply(Point point) const;

    /// This map after `first`.
    Homography after(const Homography& first) const;

private:
    std::array<double, 9> rows_ = {1, 0, 0, 0, 1, 0, 0, 0, 1};
};

/// The corners of an upright rectangle.
Quad rectangle(double left, double top, double right, double bottom);

double distance(Point a, Point b);

/// The area inside a quad, in square pixels, positive if its corners go clockwise on the screen.
double area(const Quad& quad);

/// How far a quad in the picture is from a rectangle with sides in the ratio given, first side to second: 0 for one that is
/// just so, about 0.03 for a page in a good photo.
double distortion(const Quad& quad, double ratio);

/// Draws what `to_source` finds in the source: pixel (x, y) of the result shows the source at to_source((x, y)).
/// A source much finer than the result is taken from a smaller level, so that thin print does not break up.
GreyImage warp(const Pyramid& source, const Homography& to_source, int width, int height);

}  // namespace recogniser
