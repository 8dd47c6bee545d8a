#pragma once

#include <string>

#include "recogniser/grey_image.h"

namespace recogniser {

/// What a line of print can consist of. A reader may use it to choose a model and to rule out characters.
enum class Alphabet {
    kChinese,  ///< Chinese with Latin letters and digits among it
    kCode,     ///< capital letters and digits
    kPlate,    ///< capital letters and digits of a plate: no I, no O
    kVin,      ///< capital letters and digits of a VIN: no I, O, Q
    kDigits,
    kDate,      ///< digits and hyphens
    kQuantity,  ///< digits and a unit in Latin letters, such as 1790kg
    kSize,      ///< three numbers with a cross between them, then mm
};

/// One line as read: UTF-8 without spaces at either end, and 0 to 100.
struct LineText {
    std::string text;
    int confidence = 0;
};

/// Turns the picture of one line of print into text; the seam at which another engine can take Tesseract's place.
class LineReader {
public:
    virtual ~LineReader() = default;

    /// Reads dark print on a light ground, one line, with some blank paper around it. Nothing readable: an empty text.
    /// Not for two threads at once.
    virtual LineText read(const GreyImage& line, Alphabet alphabet) = 0;
};

}  // namespace recogniser
