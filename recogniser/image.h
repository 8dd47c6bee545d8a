#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "recogniser/grey_image.h"
#include "recogniser/reading.h"

namespace recogniser {

/// Most pixels that a picture may have; some three times what phones take.
inline constexpr std::int64_t kPixelsMax = 64'000'000;

/// A decoded picture. `size` is the size it was sent with; the grey pictures may be a whole power of two smaller, and
/// `shrink` tells how many sent pixels one of theirs stands for.
struct Picture {
    Size size;
    double shrink = 1;
    /// The brightest of red, green and blue: black print stays, the red stamp and coloured guilloche fade.
    Pyramid brightest;
    /// The darkest of the three: tinted paper stands out against a white ground.
    Pyramid darkest;
};

/// Decodes a JPEG or PNG file. The size is checked before pixels are decoded, other formats are not even tried.
/// Failures: kNotAnImage (other format, damaged, cut off), kTooLarge (more than kPixelsMax).
std::variant<Picture, Failure> decodePicture(std::span<const char> file);

}  // namespace recogniser
