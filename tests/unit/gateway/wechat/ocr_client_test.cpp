#include "gateway/wechat/ocr_client.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/gateway/wechat/scripted_caller.h"

namespace gateway::wechat {
namespace {

using namespace std::string_view_literals;
using tenants::UpstreamAnswer;
using tenants::UpstreamSilence;

class OcrClientTest : public testing::Test {
protected:
    auto scan(tenants::Picture picture) {
        return tenants::runBlocking(
            client_.recogniseDriving(tenants::AppId{"wx1"}, token_, std::move(picture), deadline_));
    }
    auto scanBytes() { return scan(tenants::ImageBytes{picture_, ""}); }

    ScriptedCaller caller_;
    OcrClient client_{caller_};
    tenants::SharedSecret token_ = tenants::shareSecret("71_a+b");
    tenants::SteadyTime deadline_{std::chrono::seconds{42}};
    std::string picture_ = "\xFF\xD8\xFF\xE0 picture bytes";
};

TEST_F(OcrClientTest, UploadIsOneImgPartAroundTheUncopiedPicture) {
    caller_.answerJson(R"({"errcode":0,"plate_num":"x"})");

    const auto outcome = scanBytes();

    EXPECT_TRUE(std::get<UpstreamAnswer>(outcome).has_licence);
    ASSERT_EQ(caller_.calls().size(), 1U);
    const auto& call = caller_.calls().front();
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.target, "/cv/ocr/driving?access_token=71_a%2Bb");
    EXPECT_EQ(call.deadline, deadline_);
    const std::string prefix = "multipart/form-data; boundary=";
    ASSERT_TRUE(call.content_type.starts_with(prefix));
    const std::string boundary = call.content_type.substr(prefix.size());
    EXPECT_EQ(call.body, "--" + boundary +
                             "\r\nContent-Disposition: form-data; name=\"img\"; filename=\"licence.jpg\"\r\n"
                             "Content-Type: image/jpeg\r\n\r\n" +
                             picture_ + "\r\n--" + boundary + "--\r\n");
    ASSERT_EQ(call.parts.size(), 3U);
    EXPECT_EQ(call.parts[1].data(), picture_.data());
}

TEST_F(OcrClientTest, BoundaryIsLegalAndNewForEachCall) {
    caller_.answerJson("{}");
    caller_.answerJson("{}");

    scanBytes();
    scanBytes();

    const std::string& first = caller_.calls()[0].content_type;
    EXPECT_NE(first, caller_.calls()[1].content_type);
    const std::string boundary = first.substr(first.find('=') + 1);
    EXPECT_GE(boundary.size(), 32U);
    EXPECT_LE(boundary.size(), 70U);
    EXPECT_EQ(boundary.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos);
}

TEST_F(OcrClientTest, PictureUrlIsEncodedOnceAndTheBodyIsEmpty) {
    caller_.answerJson("{}");

    scan(tenants::ImageUrl{"https://a.example/p%20q.jpg?x=1&y=行"});

    const auto& call = caller_.calls().front();
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.target,
              "/cv/ocr/driving?access_token=71_a%2Bb&img_url="
              "https%3A%2F%2Fa.example%2Fp%2520q.jpg%3Fx%3D1%26y%3D%E8%A1%8C");
    EXPECT_EQ(call.content_type, "");
    EXPECT_TRUE(call.parts.empty());
}

TEST_F(OcrClientTest, RefusalIsAnAnswer) {
    caller_.answerJson(R"({"errcode":101001,"errmsg":"certificate not found rid: 1a-2b-3c"})");

    const auto outcome = scanBytes();

    const auto& answer = std::get<UpstreamAnswer>(outcome);
    EXPECT_EQ(answer.errcode, 101001);
    EXPECT_EQ(answer.rid, "1a-2b-3c");
    EXPECT_FALSE(answer.has_licence);
}

TEST_F(OcrClientTest, OtherStatusThan200IsSilenceAfterSending) {
    for (const int status : {204, 302, 412, 503}) {
        caller_.answer(HttpsAnswer{status, "application/json", R"({"errcode":40001})"});

        const auto outcome = scanBytes();

        const auto& silence = std::get<UpstreamSilence>(outcome);
        EXPECT_TRUE(silence.sent);
        EXPECT_FALSE(silence.timed_out);
        EXPECT_EQ(silence.reason, "http_status_" + std::to_string(status));
    }
}

TEST_F(OcrClientTest, AnswerThatIsNoStrictJsonIsSilenceAfterSending) {
    caller_.answerJson(R"({"errcode":0,"plate_num":"x")");

    const auto outcome = scanBytes();

    EXPECT_TRUE(std::get<UpstreamSilence>(outcome).sent);
    EXPECT_EQ(std::get<UpstreamSilence>(outcome).reason, "answer_not_json");
}

TEST_F(OcrClientTest, FailureTellsWhetherAnythingWasSent) {
    caller_.answer(HttpsFailure{Sent::kNothing, false, "connect_refused"});
    caller_.answer(HttpsFailure{Sent::kSomething, true, "answer_late"});

    const auto nothing = scanBytes();
    const auto something = scanBytes();

    EXPECT_FALSE(std::get<UpstreamSilence>(nothing).sent);
    EXPECT_FALSE(std::get<UpstreamSilence>(nothing).timed_out);
    EXPECT_EQ(std::get<UpstreamSilence>(nothing).reason, "connect_refused");
    EXPECT_TRUE(std::get<UpstreamSilence>(something).sent);
    EXPECT_TRUE(std::get<UpstreamSilence>(something).timed_out);
    EXPECT_EQ(std::get<UpstreamSilence>(something).reason, "answer_late");
}

TEST_F(OcrClientTest, CallWithoutATokenIsNeverMade) {
    for (const tenants::SharedSecret& token : {tenants::SharedSecret{}, tenants::shareSecret("")}) {
        token_ = token;

        const auto outcome = scanBytes();

        EXPECT_FALSE(std::get<UpstreamSilence>(outcome).sent);
        EXPECT_EQ(std::get<UpstreamSilence>(outcome).reason, "no_access_token");
    }
    EXPECT_TRUE(caller_.calls().empty());
}

TEST(PictureType, FirstBytesTellAndJpegIsAssumed) {
    const std::vector<std::pair<std::string_view, std::string_view>> cases{
        {"\xFF\xD8\xFF\xE0"sv, "image/jpeg"},
        {"\x89PNG\r\n\x1A\nrest"sv, "image/png"},
        {"GIF89a"sv, "image/gif"},
        {"BM6"sv, "image/bmp"},
        {"RIFF\x10\0\0\0WEBPVP8 "sv, "image/webp"},
        {"II*\0"sv, "image/tiff"},
        {"RIFF\x10\0\0\0WAVE"sv, "image/jpeg"},
        {"\x89PNG"sv, "image/jpeg"},
        {""sv, "image/jpeg"},
    };

    for (const auto& [picture, type] : cases) EXPECT_EQ(pictureType(picture), type);
}

class OcrQuotaTest : public OcrClientTest {
protected:
    std::optional<tenants::UpstreamQuotaTold> quota() {
        return tenants::runBlocking(client_.drivingQuota(tenants::AppId{"wx1"}, token_, deadline_));
    }
    std::optional<tenants::UpstreamQuotaTold> quotaFrom(std::string answer) {
        caller_.answerJson(std::move(answer));
        return quota();
    }
};

TEST_F(OcrQuotaTest, QuotaOfTheOcrCallIsAskedUnderTheAccountsToken) {
    const auto told =
        quotaFrom(R"({"errcode":0,"errmsg":"ok","quota":{"daily_limit":100,"used":37,"remain":63},"rate_limit":{}})");

    ASSERT_TRUE(told);
    EXPECT_EQ(told->day_free, 100);
    EXPECT_EQ(told->used, 37);
    ASSERT_EQ(caller_.calls().size(), 1U);
    EXPECT_EQ(caller_.calls()[0].method, "POST");
    EXPECT_EQ(caller_.calls()[0].target, "/cgi-bin/openapi/quota/get?access_token=71_a%2Bb");
    EXPECT_EQ(caller_.calls()[0].body, R"({"cgi_path":"/cv/ocr/driving"})");
    EXPECT_EQ(caller_.calls()[0].deadline, deadline_);
}

TEST_F(OcrQuotaTest, AnythingButBothNumbersTellsNothing) {
    for (const char* answer :
         {R"({"errcode":76021,"errmsg":"cgi_path not found"})", R"({"errcode":0})", R"({"errcode":0,"quota":[]})",
          R"({"errcode":0,"quota":{"daily_limit":100}})", R"({"errcode":0,"quota":{"daily_limit":-1,"used":0}})",
          R"({"errcode":0,"quota":{"daily_limit":100,"used":-1}})",
          R"({"errcode":0,"quota":{"daily_limit":1000000000001,"used":0}})",
          R"({"errcode":0,"quota":{"daily_limit":1.5,"used":0}})", "not json", ""}) {
        EXPECT_FALSE(quotaFrom(answer)) << answer;
    }
    caller_.answer(HttpsAnswer{502, "text/html", R"({"errcode":0,"quota":{"daily_limit":1,"used":1}})"});
    EXPECT_FALSE(quota());
    caller_.answer(HttpsFailure{});
    EXPECT_FALSE(quota());
    token_ = tenants::shareSecret("");
    EXPECT_FALSE(quota()) << "and nothing is sent without a token";
}

}  // namespace
}  // namespace gateway::wechat
