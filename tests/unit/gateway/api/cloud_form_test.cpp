#include "gateway/api/cloud_form.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>

namespace gateway::api {
namespace {

using tenants::ErrorCode;

const std::string kJpeg = "\xFF\xD8\xFF\xE0 the picture \xFF\xFF\xFF";

std::string base64(const std::string& bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int written =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(written));
    return text;
}

http::Request request(const std::string& body) {
    http::Request made;
    made.head.method = "POST";
    made.body = body;
    return made;
}
std::string upload(const std::string& value) {
    return R"({"type":"photo","img":{"contentType":"image/jpeg","value":")" + value + "\"}}";
}

void expectRefused(const std::string& body, ErrorCode code) {
    auto sent = request(body);
    const auto picture = readCloudPicture(sent);
    ASSERT_FALSE(picture) << body.substr(0, 200);
    EXPECT_EQ(picture.error().code, code) << body.substr(0, 200) << ": " << picture.error().for_caller;
}

TEST(CloudForm, PictureIsDecodedWhereItStands) {
    auto sent = request(upload(base64(kJpeg)));

    const auto picture = readCloudPicture(sent);

    ASSERT_TRUE(picture);
    const auto& image = std::get<tenants::ImageBytes>(*picture);
    EXPECT_EQ(image.bytes, kJpeg);
    EXPECT_EQ(image.content_type, "image/jpeg");
    EXPECT_GE(image.bytes.data(), sent.body.view().data());
    EXPECT_LE(image.bytes.data() + image.bytes.size(), sent.body.view().data() + sent.body.size());
}

TEST(CloudForm, OrderTypeAndContentTypeDoNotMatter) {
    for (const std::string& body :
         {R"({"img":{"value":")" + base64(kJpeg) + R"(","contentType":"image/png"},"type":"scan"})",
          R"({"img":{"value":")" + base64(kJpeg) + R"("}})",
          R"({"other":[1,{"x":2}],"imgUrl":null,"img":{"contentType":null,"value":")" + base64(kJpeg) + R"("}})"}) {
        auto sent = request(body);
        const auto picture = readCloudPicture(sent);
        ASSERT_TRUE(picture) << body;
        EXPECT_EQ(std::get<tenants::ImageBytes>(*picture).bytes, kJpeg);
    }
}

TEST(CloudForm, SlashesThatAJsonWriterEscapedAreSlashes) {
    std::string escaped;
    for (const char c : base64(kJpeg)) escaped += c == '/' ? std::string{"\\/"} : std::string{c};
    ASSERT_NE(escaped.find('\\'), std::string::npos);
    auto sent = request(upload(escaped));

    const auto picture = readCloudPicture(sent);

    ASSERT_TRUE(picture);
    EXPECT_EQ(std::get<tenants::ImageBytes>(*picture).bytes, kJpeg);
}

TEST(CloudForm, UrlIsReadWithItsEscapesResolved) {
    for (const char* body : {R"({"type":"photo","imgUrl":"https://samples.tollgate.test/a.jpg"})",
                             R"({"img":null,"imgUrl":"https:\/\/samples.tollgate.test\u002fa.jpg"})"}) {
        auto sent = request(body);
        const auto picture = readCloudPicture(sent);
        ASSERT_TRUE(picture) << body;
        EXPECT_EQ(std::get<tenants::ImageUrl>(*picture).url, "https://samples.tollgate.test/a.jpg");
    }
}

TEST(CloudForm, NoPictureIsMissing) {
    for (const char* body : {"", "{}", R"({"type":"photo"})", R"({"img":null,"imgUrl":null})", R"({"img":{}})",
                             R"({"img":{"value":null}})", R"({"img":{"value":""}})", R"({"imgUrl":""})",
                             R"({"img_url":"https://samples.tollgate.test/a.jpg"})"}) {
        expectRefused(body, ErrorCode::kImageMissing);
    }
}

TEST(CloudForm, OtherShapesAreInvalid) {
    for (const std::string& body :
         {std::string{"{"}, std::string{"[]"}, std::string{"imgUrl=x"}, std::string{R"({"imgUrl":7})"},
          std::string{R"({"img":"text"})"}, std::string{R"({"img":[]})"}, std::string{R"({"img":{"value":7}})"},
          std::string{R"({"img":{"value":{"type":"Buffer","data":[255,216,255]}}})"},
          std::string{R"({"img":{"value":"a","value":"b"}})"},
          R"({"imgUrl":"https://a.test/a.jpg","img":{"value":")" + base64(kJpeg) + R"("}})",
          upload("data:image/jpeg;base64," + base64(kJpeg)), upload(base64(kJpeg) + "\\n"), upload("%%%%"),
          upload(base64("just text")), upload("\\uD800AAA"), upload(base64(kJpeg) + "====")}) {
        expectRefused(body, ErrorCode::kImageInvalid);
    }
}

TEST(CloudForm, ForbiddenUrlsAreRefused) {
    for (const char* url : {"http://127.0.0.1/a.jpg", "file:///etc/passwd", "a.jpg", R"(https://a.test/\ud800)",
                            R"(https://a.test/\n)"}) {
        expectRefused(R"({"imgUrl":")" + std::string{url} + R"("})", ErrorCode::kImageUrlInvalid);
    }
}

TEST(CloudForm, TwoMebibytesAreTooLargeAndOneByteLessIsNot) {
    std::string picture = kJpeg;
    picture.resize(kImageBytesMax, 'x');
    auto largest = request(upload(base64(picture)));
    EXPECT_LE(largest.body.size(), cloudBodyBytesMax(kImageBytesMax, kImageFrameBytesMax));
    EXPECT_TRUE(readCloudPicture(largest));

    picture += 'x';
    expectRefused(upload(base64(picture)), ErrorCode::kImageTooLarge);
    picture.append(1000, 'x');
    expectRefused(upload(base64(picture)), ErrorCode::kImageTooLarge);
}

TEST(CloudForm, LowerLimitIsExactWhateverThePadding) {
    for (const std::size_t lower : {1000U, 1001U, 1002U}) {
        const auto is_read = [lower](std::size_t bytes) {
            std::string picture = kJpeg;
            picture.resize(bytes, 'x');
            auto sent = request(upload(base64(picture)));
            EXPECT_LE(sent.body.size(), cloudBodyBytesMax(lower, kImageFrameBytesMax));
            return static_cast<bool>(readCloudPicture(sent, lower));
        };

        EXPECT_TRUE(is_read(lower - 1)) << lower;
        EXPECT_TRUE(is_read(lower)) << lower;
        EXPECT_FALSE(is_read(lower + 1)) << lower;
    }
}

}  // namespace
}  // namespace gateway::api
