#include "recogniser/image.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <span>
#include <string>
#include <variant>

#include "recogniser/leptonica.h"

namespace recogniser {
namespace {

enum class Format { kPng, kJpeg, kTiff };

/// A picture of one colour, red in the highest byte of `colour`, as a file of that format.
std::string fileOf(int width, int height, l_uint32 colour, Format format) {
    const PixOwner pix = own(pixCreate(width, height, 32));
    pixSetAllArbitrary(pix.get(), colour);
    l_uint8* bytes = nullptr;
    std::size_t size = 0;
    const l_int32 formats[] = {IFF_PNG, IFF_JFIF_JPEG, IFF_TIFF};
    EXPECT_EQ(pixWriteMem(&bytes, &size, pix.get(), formats[static_cast<int>(format)]), 0);
    std::string file{reinterpret_cast<const char*>(bytes), size};
    std::free(bytes);
    return file;
}

std::variant<Picture, Failure> decode(const std::string& file) {
    return decodePicture(std::span<const char>{file.data(), file.size()});
}

TEST(DecodePicture, GivesTheBrightestAndTheDarkestChannel) {
    const auto decoded = decode(fileOf(50, 40, 0x20C08000, Format::kPng));

    const auto* picture = std::get_if<Picture>(&decoded);
    ASSERT_NE(picture, nullptr);
    EXPECT_EQ(picture->size.width, 50);
    EXPECT_EQ(picture->size.height, 40);
    EXPECT_EQ(picture->brightest.full().at(20, 20), 0xC0);
    EXPECT_EQ(picture->darkest.full().at(20, 20), 0x20);
}

TEST(DecodePicture, LargePicturesAreReducedButKeepTheirSize) {
    for (const Format format : {Format::kPng, Format::kJpeg}) {
        const auto decoded = decode(fileOf(5000, 3000, 0x80808000, format));

        const auto* picture = std::get_if<Picture>(&decoded);
        ASSERT_NE(picture, nullptr);
        EXPECT_EQ(picture->size.width, 5000);
        EXPECT_DOUBLE_EQ(picture->shrink, 2);
        EXPECT_EQ(picture->brightest.full().width(), 2500);
    }
}

TEST(DecodePicture, OtherFormatsAndForeignBytesAreNoImage) {
    const std::string tiff = fileOf(50, 40, 0x20C08000, Format::kTiff);
    for (const std::string& file :
         {std::string{}, std::string{"hello"}, std::string{"\xFF\xD8\xFF"}, std::string{"\x89PNG\r\n\x1A\n"}, tiff}) {
        const auto decoded = decode(file);

        ASSERT_TRUE(std::holds_alternative<Failure>(decoded));
        EXPECT_EQ(std::get<Failure>(decoded), Failure::kNotAnImage);
    }
}

TEST(DecodePicture, ACutOffFileIsNoImageWhereverItIsCut) {
    for (const Format format : {Format::kPng, Format::kJpeg}) {
        const std::string file = fileOf(300, 200, 0x20C08000, format);
        for (std::size_t size = 8; size + 2 < file.size(); size += file.size() / 9) {
            const auto decoded = decode(file.substr(0, size));

            ASSERT_TRUE(std::holds_alternative<Failure>(decoded)) << size << " of " << file.size();
            EXPECT_EQ(std::get<Failure>(decoded), Failure::kNotAnImage);
        }
    }
}

TEST(DecodePicture, AnnouncedSizeIsCheckedBeforePixelsAre) {
    // A PNG header for 50,000 x 50,000 pixels and nothing behind it: eight bytes of signature, then IHDR and the start of IDAT.
    std::string file{"\x89PNG\r\n\x1A\n", 8};
    for (const int byte : {0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0xC3, 0x50, 0,    0,    0xC3, 0x50, 8,
                           2, 0, 0, 0,  0,    0,    0,    0,    0, 0, 0,    0,    0x49, 0x44, 0x41, 0x54}) {
        file.push_back(static_cast<char>(byte));
    }

    const auto decoded = decode(file);

    ASSERT_TRUE(std::holds_alternative<Failure>(decoded));
    EXPECT_EQ(std::get<Failure>(decoded), Failure::kTooLarge);
}

}  // namespace
}  // namespace recogniser
