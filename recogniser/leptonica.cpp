#include "recogniser/leptonica.h"

#include <cstddef>
#include <new>

namespace recogniser {
namespace {

constexpr unsigned kWordBits = 32;

/// The word and the mask that hold pixel (x, y): one-bit rows are 32-bit words, the leftmost pixel in the highest bit.
std::size_t wordOf(int words_per_line, int x, int y) {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(words_per_line) +
           static_cast<unsigned>(x) / kWordBits;
}

l_uint32 maskOf(int x) {
    return 0x80000000U >> (static_cast<unsigned>(x) % kWordBits);
}

}  // namespace

PixOwner own(Pix* pix) {
    if (pix == nullptr) throw std::bad_alloc{};
    return PixOwner{pix};
}

PixOwner bitsAtLeast(const GreyImage& image, int threshold) {
    PixOwner bits = own(pixCreate(image.width(), image.height(), 1));
    l_uint32* words = pixGetData(bits.get());
    const int words_per_line = pixGetWpl(bits.get());
    for (int y = 0; y < image.height(); ++y) {
        const std::uint8_t* pixels = image.row(y);
        for (int x = 0; x < image.width(); ++x) {
            if (pixels[x] >= threshold) words[wordOf(words_per_line, x, y)] |= maskOf(x);
        }
    }
    return bits;
}

bool bitAt(const Pix& bits, int x, int y) {
    return (bits.data[wordOf(static_cast<int>(bits.wpl), x, y)] & maskOf(x)) != 0;
}

}  // namespace recogniser
