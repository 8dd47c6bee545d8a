#include "gateway/api/picture_form.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace gateway::api {
namespace {

using tenants::ErrorCode;

const std::string kJpeg = "\xFF\xD8\xFF\xE0 the picture";

http::Request request(std::string query, std::string content_type = "", const std::string& body = "") {
    http::Request made;
    made.head.method = "POST";
    made.head.path = "/cv/ocr/driving";
    made.head.query = std::move(query);
    if (!content_type.empty()) made.head.headers.add("Content-Type", std::move(content_type));
    made.body = body;
    return made;
}

std::string part(const std::string& disposition, const std::string& bytes) {
    return "--B\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + bytes + "\r\n";
}

http::Request multipart(const std::string& parts, std::string query = "") {
    return request(std::move(query), "multipart/form-data; boundary=B", parts + "--B--\r\n");
}

std::string bytesOf(const tenants::Result<tenants::Picture>& picture) {
    return std::string{std::get<tenants::ImageBytes>(*picture).bytes};
}

std::string urlOf(const tenants::Result<tenants::Picture>& picture) {
    return std::get<tenants::ImageUrl>(*picture).url;
}

void expectRefused(const http::Request& refused, ErrorCode code) {
    const auto picture = readPicture(refused);
    ASSERT_FALSE(picture) << refused.head.query << refused.body.view().substr(0, 200);
    EXPECT_EQ(picture.error().code, code) << picture.error().for_caller;
}

TEST(PictureForm, UploadIsFoundUnderEachOfItsNames) {
    for (const char* name : {"img", "file", "media", "anything"}) {
        const auto sent = multipart(part(std::string{"name=\""} + name + "\"; filename=\"a.jpg\"", kJpeg));

        const auto picture = readPicture(sent);

        ASSERT_TRUE(picture) << name;
        EXPECT_EQ(bytesOf(picture), kJpeg);
    }
}

TEST(PictureForm, UploadBorrowsTheBody) {
    const auto sent = multipart(part("name=\"img\"; filename=\"a.jpg\"", kJpeg));

    const auto picture = readPicture(sent);

    ASSERT_TRUE(picture);
    const auto bytes = std::get<tenants::ImageBytes>(*picture).bytes;
    EXPECT_GE(bytes.data(), sent.body.view().data());
    EXPECT_LE(bytes.data() + bytes.size(), sent.body.view().data() + sent.body.size());
}

TEST(PictureForm, UrlIsFoundInQueryFormAndJson) {
    EXPECT_EQ(urlOf(readPicture(request("access_token=k&img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa.jpg"))),
              "https://samples.tollgate.test/a.jpg");
    EXPECT_EQ(urlOf(readPicture(request("", "application/x-www-form-urlencoded",
                                        "type=photo&img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa.jpg"))),
              "https://samples.tollgate.test/a.jpg");
    EXPECT_EQ(urlOf(readPicture(request("", "application/json; charset=utf-8",
                                        R"({"img_url":"https://samples.tollgate.test/a.jpg"})"))),
              "https://samples.tollgate.test/a.jpg");
    EXPECT_EQ(urlOf(readPicture(multipart(part("name=\"img_url\"", "https://samples.tollgate.test/a.jpg")))),
              "https://samples.tollgate.test/a.jpg");
}

TEST(PictureForm, PlusAndPercent20AreTheSameSpaceInQueryAndForm) {
    const std::string url = "https://samples.tollgate.test/a b.jpg";
    for (const char* sent :
         {"img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa%20b.jpg",
          "img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa+b.jpg", "img_url=https://samples.tollgate.test/a%20b.jpg"}) {
        EXPECT_EQ(urlOf(readPicture(request(sent))), url) << sent;
        EXPECT_EQ(urlOf(readPicture(request("", "application/x-www-form-urlencoded", sent))), url) << sent;
    }
    EXPECT_EQ(urlOf(readPicture(request("img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa%2Bb.jpg"))),
              "https://samples.tollgate.test/a+b.jpg");
}

TEST(PictureForm, UrlThatWasEncodedTwiceIsDecodedOnce) {
    EXPECT_EQ(urlOf(readPicture(request("img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa%2520b.jpg"))),
              "https://samples.tollgate.test/a%20b.jpg");
    EXPECT_EQ(urlOf(readPicture(request("img_url=https%253A%252F%252Fsamples.tollgate.test%252Fa.jpg"))),
              "https%3A%2F%2Fsamples.tollgate.test%2Fa.jpg")
        << "for WeChat to judge";
}

TEST(PictureForm, JsonIsReadWhateverItIsCalled) {
    const std::string body = R"( {"type":"photo","img_url":"https:\/\/samples.tollgate.test\/a.jpg"})";

    for (const char* type : {"application/json", "application/x-www-form-urlencoded", "text/plain", ""}) {
        EXPECT_EQ(urlOf(readPicture(request("", type, body))), "https://samples.tollgate.test/a.jpg") << type;
    }
}

TEST(PictureForm, SameUrlTwiceIsOneAndTwoAreNone) {
    const std::string query = "img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa.jpg";

    EXPECT_TRUE(
        readPicture(request(query, "application/json", R"({"img_url":"https://samples.tollgate.test/a.jpg"})")));
    expectRefused(request(query, "application/json", R"({"img_url":"https://samples.tollgate.test/b.jpg"})"),
                  ErrorCode::kImageInvalid);
    expectRefused(request("", "application/json", R"({"img_url":"https://a.test/a","img_url":"https://a.test/b"})"),
                  ErrorCode::kImageInvalid);
}

TEST(PictureForm, UrlThatStandsTwiceInOnePlaceIsRefused) {
    const std::string url = "img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa.jpg";
    const std::string field = part("name=\"img_url\"", "https://samples.tollgate.test/a.jpg");

    expectRefused(request(url + "&" + url), ErrorCode::kImageUrlInvalid);
    expectRefused(request(url + "&img_url="), ErrorCode::kImageUrlInvalid);
    expectRefused(request("", "application/x-www-form-urlencoded", url + "&" + url), ErrorCode::kImageUrlInvalid);
    expectRefused(multipart(field + field), ErrorCode::kImageUrlInvalid);
}

TEST(PictureForm, EmptyBodyAndEmptyObjectGoWithUrlInTheQuery) {
    const std::string query = "img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa.jpg";

    EXPECT_TRUE(readPicture(request(query)));
    EXPECT_TRUE(readPicture(request(query, "application/json", "{}")));
    EXPECT_TRUE(readPicture(request(query, "", "{}")));
}

TEST(PictureForm, NoPictureIsMissing) {
    expectRefused(request("access_token=k"), ErrorCode::kImageMissing);
    expectRefused(request("img_url="), ErrorCode::kImageMissing);
    expectRefused(request("", "application/json", "{}"), ErrorCode::kImageMissing);
    expectRefused(multipart(part("name=\"note\"", "hello")), ErrorCode::kImageMissing);
    expectRefused(multipart(part("name=\"img\"; filename=\"a.jpg\"", "")), ErrorCode::kImageMissing);
}

TEST(PictureForm, BothFormsAreInvalid) {
    const std::string image = part("name=\"img\"; filename=\"a.jpg\"", kJpeg);

    expectRefused(multipart(image, "img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa.jpg"), ErrorCode::kImageInvalid);
    expectRefused(multipart(image + part("name=\"img_url\"", "https://samples.tollgate.test/a.jpg")),
                  ErrorCode::kImageInvalid);
    expectRefused(multipart(image + image), ErrorCode::kImageInvalid);
}

TEST(PictureForm, EmptyFieldOfTheOtherFormIsNone) {
    const std::string image = part("name=\"img\"; filename=\"a.jpg\"", kJpeg);
    EXPECT_TRUE(readPicture(multipart(image + part("name=\"img_url\"", ""))));
    EXPECT_TRUE(readPicture(multipart(image, "img_url=")));
    EXPECT_TRUE(readPicture(
        request("img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa.jpg", "application/json", R"({"img_url":""})")));
}

TEST(PictureForm, EveryFormatOfPhonesScannersAndBrowsersIsTaken) {
    using namespace std::string_literals;
    for (const std::string& beginning : {"\xFF\xD8\xFF"s, "\x89PNG\r\n\x1A\n"s, "GIF87a"s, "GIF89a"s, "II*\0"s,
                                         "MM\0*"s, "BM"s, "RIFF\x10\0\0\0WEBPVP8 "s}) {
        EXPECT_TRUE(acceptImage({beginning + "the rest", ""})) << beginning;
    }
    for (const std::string& beginning : {"MM\0"s, "II*"s, "RIFF\x10\0\0\0WAVE"s, "%PDF"s, "PK\3\4"s, "\xFF\xD8"s}) {
        EXPECT_FALSE(acceptImage({beginning + "the rest", ""})) << beginning;
    }
}

TEST(PictureForm, WhatIsNotAPictureIsInvalid) {
    expectRefused(multipart(part("name=\"img\"; filename=\"a.jpg\"", "just text")), ErrorCode::kImageInvalid);
    expectRefused(request("", "multipart/form-data; boundary=B", "--B\r\nbroken"), ErrorCode::kImageInvalid);
    expectRefused(request("", "multipart/form-data", "--B--"), ErrorCode::kImageInvalid);
    expectRefused(request("", "application/json", "{\"img_url\":"), ErrorCode::kImageInvalid);
    expectRefused(request("", "application/json", "[1]"), ErrorCode::kImageInvalid);
    expectRefused(request("", "application/x-www-form-urlencoded", "img_url=%zz"), ErrorCode::kImageInvalid);
}

TEST(PictureForm, TwoMebibytesAreTooLargeAndOneByteLessIsNot) {
    std::string picture = kJpeg;
    for (const std::size_t bytes : {kImageBytesMax - 1, kImageBytesMax}) {
        picture.resize(bytes, 'x');
        EXPECT_TRUE(readPicture(multipart(part("name=\"img\"; filename=\"a.jpg\"", picture))));
    }

    picture += 'x';
    expectRefused(multipart(part("name=\"img\"; filename=\"a.jpg\"", picture)), ErrorCode::kImageTooLarge);
}

TEST(PictureForm, LowerLimitIsExactAndNamedInTheRefusal) {
    constexpr std::size_t kLower = 1000;
    const auto read = [](std::size_t bytes) {
        std::string picture = kJpeg;
        picture.resize(bytes, 'x');
        return readPicture(multipart(part("name=\"img\"; filename=\"a.jpg\"", picture)), kLower);
    };

    EXPECT_TRUE(read(kLower - 1));
    EXPECT_TRUE(read(kLower));
    const auto refused = read(kLower + 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kImageTooLarge);
    EXPECT_EQ(refused.error().for_caller, "The picture must not be larger than 1000 bytes.");
}

TEST(PictureForm, UrlOfForbiddenFormIsRefused) {
    expectRefused(request("img_url=http%3A%2F%2F127.0.0.1%2Fa.jpg"), ErrorCode::kImageUrlInvalid);
    expectRefused(request("img_url=%2Fetc%2Fpasswd"), ErrorCode::kImageUrlInvalid);
    expectRefused(request("img_url=%zz"), ErrorCode::kImageUrlInvalid);
}

}  // namespace
}  // namespace gateway::api
