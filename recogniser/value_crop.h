#pragma once

#include <map>
#include <vector>

#include "recogniser/form.h"
#include "recogniser/geometry.h"
#include "recogniser/registration.h"

namespace recogniser {

/// Pixels a millimetre in which values are cut out: print of ten points is then some 48 pixels high.
inline constexpr double kCropDensity = 14;

/// How far the office's printer set its values from where the form expects them, in millimetres. One value for a sheet.
struct PrintOffset {
    double right = 0;
    double down = 0;
};

/// The lines of text found at a value's place, from the top: black on white, ruled lines taken out, with a little blank
/// paper around each. None where nothing is printed.
using ValueLines = std::vector<GreyImage>;

/// Cuts out every value of a sheet. First measures the sheet's print offset at the values that stand clear of their
/// labels, then uses it to cut those that nearly touch theirs.
std::map<Field, ValueLines> cropValues(const Pyramid& picture, const SheetPose& sheet);

/// Columns of a line with print in them, for cutting a line between characters.
std::vector<bool> printedColumns(const GreyImage& line);

}  // namespace recogniser
