#pragma once

#include "recogniser/grey_image.h"

namespace recogniser {

/// A province character and how sure it is, 0 to 100.
struct ProvinceGuess {
    char32_t character = 0;
    int confidence = 0;
};

/// Which of the 31 province characters a picture of one character shows. Tesseract's small Chinese model reads several of
/// them as nothing; this linear classifier was trained on drawings in Debian's CJK fonts (training/train_provinces.py).
/// It knows nothing but provinces: anything else gets the nearest one, mostly with a low confidence.
ProvinceGuess classifyProvince(const GreyImage& glyph);

}  // namespace recogniser
