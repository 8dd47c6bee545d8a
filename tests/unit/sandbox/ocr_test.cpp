// The OCR endpoint: forms of request, order of checks, quota, and one picture read by the real worker.

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/json.h"
#include "sandbox/log.h"
#include "tests/unit/sandbox/support/running_sandbox.h"

namespace sandbox {
namespace {

using testing_support::RunningSandbox;

constexpr std::size_t kTwoMebibytes = 2 * 1024 * 1024;

std::string readFile(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

class Ocr : public testing::Test {
protected:
    std::int64_t byUrl(const std::string& method, const std::string& encoded_url) {
        const auto answer =
            sandbox_.platform({.method = method}, "/cv/ocr/driving?access_token=" + token_ + "&img_url=" + encoded_url);
        return integerField(parseObject(answer.body), "errcode").value();
    }
    std::int64_t used() { return *integerField(sandbox_.control("GET", "/authorizers/wx1"), "day_used"); }

    RunningSandbox sandbox_;
    std::string token_ = sandbox_.authorize("wx1");
};

TEST_F(Ocr, AnswerHasEveryTextFieldAndTheFoundSideOnly) {
    const auto answer = parseObject(sandbox_.scan(token_, "粤B12345").body);

    EXPECT_EQ(integerField(answer, "errcode"), 0);
    EXPECT_EQ(stringField(answer, "errmsg"), "ok");
    EXPECT_EQ(stringField(answer, "plate_num"), "粤B12345");
    for (const char* name :
         {"vehicle_type", "owner", "addr", "use_character", "model", "vin", "engine_num", "register_date", "issue_date",
          "plate_num_b", "record", "passengers_num", "total_quality", "prepare_quality", "overall_size"}) {
        EXPECT_EQ(stringField(answer, name), "") << name;
    }
    const auto corner = answer->getObject("card_position_front")->getObject("pos")->getObject("left_top");
    EXPECT_EQ(integerField(corner, "x"), 10);
    EXPECT_EQ(integerField(corner, "y"), 11);
    EXPECT_FALSE(answer->has("card_position_back"));
    EXPECT_EQ(integerField(answer->getObject("img_size"), "w"), 800);
}

TEST_F(Ocr, PartMayHaveAnyName) {
    EXPECT_EQ(integerField(parseObject(sandbox_.scan(token_, "粤B1", "file").body), "errcode"), 0);
    EXPECT_THAT(sandbox_.logText(), testing::HasSubstr("picture_part_has_another_name"));
}

TEST_F(Ocr, RefusalsOfTokens) {
    EXPECT_EQ(sandbox_.scanErrcode("", "粤B1"), 41001);
    EXPECT_EQ(sandbox_.scanErrcode("nonsense", "粤B1"), 40014);
    EXPECT_EQ(sandbox_.scanErrcode("71_" + std::string(80, 'a'), "粤B1"), 40001);
}

TEST_F(Ocr, RequestWithoutAPicture) {
    EXPECT_EQ(sandbox_.errcode("/cv/ocr/driving?access_token=" + token_, "{}"), 41005);
    EXPECT_EQ(sandbox_.errcode("/cv/ocr/driving?access_token=" + token_,
                               R"({"img_url":"https://samples.tollgate.test/sample-1.jpg"})"),
              41005);
    EXPECT_EQ(sandbox_.scanErrcode(token_, ""), 41005);
    EXPECT_EQ(used(), 0);
}

TEST_F(Ocr, SampleIsReadByUrlWithPostAndGet) {
    EXPECT_EQ(byUrl("POST", "https%3A%2F%2Fsamples.tollgate.test%2Fsample-1.jpg"), 0);
    EXPECT_EQ(byUrl("GET", "https%3A%2F%2Fsamples.tollgate.test%2Fsample-1.jpg"), 0);

    EXPECT_EQ(stringField(sandbox_.calls().back(), "picture_sha256"), sha256Hex(testing_support::kSamplePicture));
    EXPECT_EQ(integerField(parseObject(sandbox_.platform({.method = "PUT"}, "/cv/ocr/driving").body), "errcode"),
              43002);
}

TEST_F(Ocr, NoOtherUrlIsEverFetched) {
    for (const char* url :
         {"https%3A%2F%2Fexample.com%2Fsample-1.jpg", "http%3A%2F%2Fsamples.tollgate.test%2Fsample-1.jpg",
          "https%3A%2F%2Fsamples.tollgate.test%3A443%2Fsample-1.jpg",
          "https%3A%2F%2Fsamples.tollgate.test%2F..%2Fsamples%2Fsample-1.jpg",
          "https%3A%2F%2Fsamples.tollgate.test%2Fmissing.jpg",
          "https%253A%252F%252Fsamples.tollgate.test%252Fsample-1.jpg", "%2Ftmp%2Fsample-1.jpg",
          "https%3A%2F%2Fsamples.tollgate.test%2F"}) {
        EXPECT_EQ(byUrl("POST", url), 101000) << url;
    }
    EXPECT_EQ(used(), 0);
}

TEST_F(Ocr, PictureOfTwoMebibytesIsTooLarge) {
    EXPECT_EQ(sandbox_.scanErrcode(token_, std::string(kTwoMebibytes - 1, 'x')), 0);
    EXPECT_EQ(sandbox_.scanErrcode(token_, std::string(kTwoMebibytes, 'x')), 40009);
    EXPECT_EQ(used(), 1);
}

TEST_F(Ocr, ConnectionServesOneCallAfterTheOther) {
    testing_support::HttpClient client;
    const auto call = [&] {
        return client.send(
            {.method = "POST",
             .url = sandbox_.platformUrl("/cv/ocr/driving?access_token=" + token_ +
                                         "&img_url=https%3A%2F%2Fsamples.tollgate.test%2Fsample-1.jpg")});
    };
    ASSERT_EQ(call().status, 200);
    ASSERT_EQ(client.connectionsMade(), 1);

    const auto second = call();

    EXPECT_EQ(stringField(parseObject(second.body), "plate_num"), std::string{testing_support::kSamplePicture});
    EXPECT_EQ(client.connectionsMade(), 0);
}

TEST_F(Ocr, OnlyWhatWasReadUsesUpQuota) {
    EXPECT_EQ(sandbox_.scanErrcode(token_, "not an image"), 40005);
    EXPECT_EQ(sandbox_.scanErrcode(token_, "crash"), -1);
    EXPECT_EQ(used(), 0);

    EXPECT_EQ(sandbox_.scanErrcode(token_, "no card"), 101001);
    EXPECT_EQ(used(), 1);
}

TEST_F(Ocr, QuotaEndsWithItsLastUnitAndAPackGoesOn) {
    sandbox_.control("PATCH", "/authorizers/wx1", R"({"day_free":1,"pack_units":1})");

    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 0);
    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 0);
    EXPECT_EQ(sandbox_.scanErrcode(token_, "粤B1"), 101003);

    const auto quota =
        sandbox_.post("/cgi-bin/openapi/quota/get?access_token=" + token_, R"({"cgi_path":"/cv/ocr/driving"})");
    EXPECT_EQ(integerField(quota->getObject("quota"), "daily_limit"), 1);
    EXPECT_EQ(integerField(quota->getObject("quota"), "remain"), 0);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/openapi/quota/get?access_token=" + token_, R"({"cgi_path":"/x"})"), 76021);
    EXPECT_EQ(sandbox_.errcode("/cgi-bin/openapi/quota/get?access_token=" + sandbox_.componentToken(),
                               R"({"cgi_path":"/cv/ocr/driving"})"),
              76022);
}

TEST_F(Ocr, ParallelCallsUseExactlyTheQuota) {
    sandbox_.control("PATCH", "/authorizers/wx1", R"({"day_free":10})");
    std::atomic<int> read{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> clients;
    for (int client = 0; client < 8; ++client) {
        clients.emplace_back([&] {
            for (int call = 0; call < 4; ++call) {
                const auto code = sandbox_.scanErrcode(token_, "粤B1");
                if (code == 0) ++read;
                if (code == 101003) ++refused;
            }
        });
    }

    for (std::thread& client : clients) client.join();

    EXPECT_EQ(read, 10);
    EXPECT_EQ(refused, 22);
    EXPECT_EQ(sandbox_.calls("?path=/cv/ocr/driving").size(), 32U);
}

TEST(OcrWithTheRealWorker, SamplePictureIsReadAndAnythingElseIsNot) {
    RunningSandbox sandbox{PictureReader{}};
    const std::string token = sandbox.authorize("wx1");
    const auto truth = parseObject(readFile(SANDBOX_TEST_SAMPLES "/sample-1.json"));
    ASSERT_FALSE(truth.isNull());
    const auto printed = truth->has("fields") ? truth->getObject("fields") : truth;

    const auto answer = parseObject(sandbox.scan(token, readFile(SANDBOX_TEST_SAMPLES "/sample-1.jpg")).body);

    EXPECT_EQ(integerField(answer, "errcode"), 0);
    ASSERT_TRUE(stringField(printed, "plate_num"));
    EXPECT_EQ(stringField(answer, "plate_num"), stringField(printed, "plate_num"));
    EXPECT_EQ(stringField(answer, "vin"), stringField(printed, "vin"));
    EXPECT_EQ(sandbox.scanErrcode(token, "this is no picture"), 40005);
}

}  // namespace
}  // namespace sandbox
