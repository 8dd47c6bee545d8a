#include "recogniser/image.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "recogniser/leptonica.h"

namespace recogniser {
namespace {

constexpr std::string_view kJpegStart = "\xFF\xD8\xFF";
constexpr std::string_view kPngStart = "\x89PNG\r\n\x1A\n";

// Print is read at 14 pixels a millimetre; two sheets side by side need some 2,600 pixels, so more than this is waste.
constexpr std::int64_t kUsefulPixels = 12'000'000;

/// The bytes as Leptonica takes them.
const l_uint8* bytesOf(std::span<const char> file) {
    return reinterpret_cast<const l_uint8*>(file.data());
}

bool startsWith(std::span<const char> file, std::string_view start) {
    return std::string_view{file.data(), file.size()}.starts_with(start);
}

/// Decodes to 32 bits a pixel; null if the file is damaged. A JPEG is reduced by `reduction` while it is decoded.
PixOwner decode(std::span<const char> file, bool is_jpeg, int reduction) {
    PixOwner pix;
    if (is_jpeg) {
        l_int32 warnings = 0;
        pix.reset(pixReadMemJpeg(bytesOf(file), file.size(), 0, reduction, &warnings, 0));
        // A cut-off JPEG decodes with a warning and a grey rest. Reading half a licence would look like an answer.
        if (warnings > 0) return nullptr;
    } else {
        pix.reset(pixReadMemPng(bytesOf(file), file.size()));
    }
    if (pix == nullptr) return nullptr;
    if (pixGetSpp(pix.get()) == 4) return PixOwner{pixAlphaBlendUniform(pix.get(), 0xFFFFFF00)};
    if (pixGetDepth(pix.get()) == 32) return pix;
    return PixOwner{pixConvertTo32(pix.get())};
}

struct Channels {
    GreyImage brightest;
    GreyImage darkest;
};

Channels channelsOf(Pix& pix) {
    const int width = pixGetWidth(&pix);
    const int height = pixGetHeight(&pix);
    Channels channels{GreyImage{width, height}, GreyImage{width, height}};
    const l_uint32* words = pixGetData(&pix);
    const auto words_per_line = static_cast<std::size_t>(pixGetWpl(&pix));
    for (int y = 0; y < height; ++y) {
        const l_uint32* line = words + words_per_line * static_cast<std::size_t>(y);
        std::uint8_t* brightest = channels.brightest.row(y);
        std::uint8_t* darkest = channels.darkest.row(y);
        for (int x = 0; x < width; ++x) {
            const l_uint32 word = line[x];  // red in the highest byte, then green, then blue
            const std::array<std::uint8_t, 3> colours = {static_cast<std::uint8_t>(word >> 24U),
                                                         static_cast<std::uint8_t>((word >> 16U) & 0xFFU),
                                                         static_cast<std::uint8_t>((word >> 8U) & 0xFFU)};
            const auto [low, high] = std::minmax_element(colours.begin(), colours.end());
            darkest[x] = *low;
            brightest[x] = *high;
        }
    }
    return channels;
}

}  // namespace

std::variant<Picture, Failure> decodePicture(std::span<const char> file) {
    const bool is_jpeg = startsWith(file, kJpegStart);
    if (!is_jpeg && !startsWith(file, kPngStart)) return Failure::kNotAnImage;

    setMsgSeverity(L_SEVERITY_NONE);  // damaged files are an expected outcome here, not news for stderr
    l_int32 width = 0;
    l_int32 height = 0;
    if (pixReadHeaderMem(bytesOf(file), file.size(), nullptr, &width, &height, nullptr, nullptr, nullptr) != 0)
        return Failure::kNotAnImage;
    if (width <= 0 || height <= 0) return Failure::kNotAnImage;
    std::int64_t pixels = std::int64_t{width} * height;
    if (pixels > kPixelsMax) return Failure::kTooLarge;

    int shrink = 1;
    for (; pixels > kUsefulPixels; pixels /= 4) shrink *= 2;
    const PixOwner pix = decode(file, is_jpeg, shrink);
    if (pix == nullptr) return Failure::kNotAnImage;

    Channels channels = channelsOf(*pix);
    if (!is_jpeg) {  // PNG has no reduced decoding
        for (int done = 1; done < shrink; done *= 2) {
            channels = Channels{channels.brightest.halved(), channels.darkest.halved()};
        }
    }
    return Picture{{width, height},
                   static_cast<double>(shrink),
                   Pyramid{std::move(channels.brightest)},
                   Pyramid{std::move(channels.darkest)}};
}

}  // namespace recogniser
