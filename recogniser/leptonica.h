#pragma once

#include <leptonica/allheaders.h>

#include <memory>

#include "recogniser/grey_image.h"

namespace recogniser {

/// Owners of Leptonica's reference-counted structures.
struct PixDestroyer {
    void operator()(Pix* pix) const noexcept { pixDestroy(&pix); }
};
using PixOwner = std::unique_ptr<Pix, PixDestroyer>;

struct PixaDestroyer {
    void operator()(Pixa* pixa) const noexcept { pixaDestroy(&pixa); }
};
using PixaOwner = std::unique_ptr<Pixa, PixaDestroyer>;

struct BoxaDestroyer {
    void operator()(Boxa* boxa) const noexcept { boxaDestroy(&boxa); }
};
using BoxaOwner = std::unique_ptr<Boxa, BoxaDestroyer>;

/// The owned pix, checked: Leptonica returns null where memory ran out. Throws std::bad_alloc then.
PixOwner own(Pix* pix);

/// A one-bit picture, set where `image` is at least `threshold`.
PixOwner bitsAtLeast(const GreyImage& image, int threshold);

/// Whether the bit at (x, y) of a one-bit picture is set; the place must be inside.
bool bitAt(const Pix& bits, int x, int y);

}  // namespace recogniser
