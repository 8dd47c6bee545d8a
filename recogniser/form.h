#pragma once

#include <span>

#include "recogniser/reading.h"

namespace recogniser {

/// The sheet inside the lamination, in millimetres. Source: public descriptions of the standard GA 37.
inline constexpr double kSheetWidthMm = 88.0;
inline constexpr double kSheetHeightMm = 60.0;

/// The two pages of the licence: main page (front) and sub page (back).
enum class Side { kFront, kBack };

/// An upright rectangle on the sheet, in millimetres from its left top corner.
struct Box {
    double left = 0;
    double top = 0;
    double right = 0;
    double bottom = 0;
};

/// A printed text that stands at the same place on every sheet of a side.
struct Label {
    Box print;
    double weight = 1;         ///< in the score of a registration
    bool blank_above = false;  ///< no print in the strip over it on any sheet
    bool blank_below = false;
    bool blank_after = false;  ///< nor right behind it; before it there never is
};

/// Where the office prints a value. The row runs through the middle of one line of it.
struct ValuePlace {
    Field field = Field::kPlateNumber;
    double left = 0;   ///< where the text begins, give or take a millimetre
    double right = 0;  ///< where it ends at the latest
    double row = 0;
    int lines = 1;  ///< how many lines it can take
};

/// The form of one side. This table is all that knows the licence's layout; half a millimetre matters.
std::span<const Label> labelsOf(Side side);
std::span<const ValuePlace> valuesOf(Side side);

}  // namespace recogniser
