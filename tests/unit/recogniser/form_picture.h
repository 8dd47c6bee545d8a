#pragma once

#include "recogniser/form.h"
#include "recogniser/geometry.h"
#include "recogniser/grey_image.h"

namespace recogniser {

/// A white picture on which the form's labels stand as patterns with as much ink as print has: `scale` pixels a
/// millimetre, the sheet's left top corner at (left, top), upside down if `turned`.
inline GreyImage drawForm(Side side, double scale, double left, double top, bool turned = false) {
    GreyImage picture{static_cast<int>(left * 2 + kSheetWidthMm * scale),
                      static_cast<int>(top * 2 + kSheetHeightMm * scale), 240};
    for (const Label& label : labelsOf(side)) {
        for (double y = label.print.top; y < label.print.bottom; y += 1 / scale) {
            for (double x = label.print.left; x < label.print.right; x += 1 / scale) {
                // Cells of 0.17 mm, every third inked: no strip of paper inside a label is blank.
                const int column = static_cast<int>((x - label.print.left) * 6);
                const int row = static_cast<int>((y - label.print.top) * 6);
                if ((column + 2 * row) % 3 != 0) continue;
                const double at_x = turned ? kSheetWidthMm - x : x;
                const double at_y = turned ? kSheetHeightMm - y : y;
                picture.set(static_cast<int>(left + at_x * scale), static_cast<int>(top + at_y * scale), 40);
            }
        }
    }
    return picture;
}

}  // namespace recogniser
