#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/integration/support/installation.h"
#include "tests/integration/support/wire_push.h"

// Limits that an operator has lowered hold for whoever sends, one below, at and one beyond them. Those of heads, deadlines
// and connections are proved at the parsers and at the server: docs/limits.md names each test.
namespace integration {
namespace {

constexpr std::size_t kImageBytes = 5000;
constexpr std::size_t kFrameBytes = 2048;
constexpr std::size_t kBodyBytes = 4096;
constexpr std::size_t kJsonDepth = 9;
constexpr std::size_t kXmlDepth = 3;
constexpr std::size_t kXmlTags = 64;

std::string nested(std::size_t depth, const std::string& opening, const std::string& closing) {
    std::string text;
    for (std::size_t level = 0; level < depth; ++level) text += opening;
    for (std::size_t level = 0; level < depth; ++level) text += closing;
    return text;
}

class LoweredLimits : public testing::Test {
protected:
    ScanAnswer sendPicture(const std::vector<FormPart>& parts) {
        HttpRequest request{.method = "POST", .headers = {multipartHeader()}};
        request.body = multipartBody(parts);
        return client_.send(std::move(request));
    }
    ScanAnswer scanWithJson(std::size_t depth) {
        HttpRequest request{.method = "POST", .headers = {"Content-Type: application/json"}};
        request.body =
            R"({"img_url":"https://samples.tollgate.test/sample-1.jpg","more":)" + nested(depth - 1, "[", "]") + "}";
        return client_.send(std::move(request));
    }
    int statusOfPush(const std::string& fields) {
        return static_cast<int>(pushes_.send(sealedPush(eventMessage("something_new", now_, fields), now_)).status);
    }

    Installation installation_{{.gateway = {{"limits.image_bytes", std::to_string(kImageBytes)},
                                            {"limits.image_frame_bytes", std::to_string(kFrameBytes)},
                                            {"limits.body_bytes", std::to_string(kBodyBytes)},
                                            {"limits.json_depth", std::to_string(kJsonDepth)},
                                            {"limits.xml_depth", std::to_string(kXmlDepth)},
                                            {"limits.xml_tags", std::to_string(kXmlTags)}}}};
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京B00001"));
        return installation_.onboard("Limited");
    }();
    MerchantClient client_ = installation_.clientOf(merchant_.key.text);
    PushSender pushes_{installation_.publicUrl() + "/wechat/events"};
    std::int64_t now_ = pushes_.receiverTime();
};

TEST_F(LoweredLimits, OfAPictureAreExact) {
    const auto send = [this](std::size_t bytes) {
        return sendPicture({{"img", picture(1, bytes), "a.jpg", "image/jpeg"}});
    };

    EXPECT_EQ(send(kImageBytes - 1).errcode, 0);
    EXPECT_EQ(send(kImageBytes).errcode, 0);
    const ScanAnswer refused = send(kImageBytes + 1);
    EXPECT_EQ(refused.errcode, 40006);
    EXPECT_EQ(refused.code(), "image_too_large");
    EXPECT_NE(refused.errmsg.find("5000 bytes"), std::string::npos) << refused.errmsg;
}

TEST_F(LoweredLimits, OfAScansWholeBodyAreExact) {
    const FormPart image{"img", picture(1), "a.jpg", "image/jpeg"};
    const std::size_t others = multipartBody({image, {"note", ""}}).size();
    const auto send = [&](std::size_t bytes) {
        return sendPicture({image, {"note", std::string(bytes - others, 'n')}});
    };
    constexpr std::size_t kMost = kImageBytes + 1 + kFrameBytes;

    EXPECT_EQ(send(kMost - 1).errcode, 0);
    EXPECT_EQ(send(kMost).errcode, 0);
    EXPECT_EQ(send(kMost + 1).code(), "image_too_large");
}

TEST_F(LoweredLimits, OfJsonDepthAreExactForRequestsAndForAnswersOfWechat) {
    EXPECT_EQ(scanWithJson(kJsonDepth - 1).errcode, 0);
    EXPECT_EQ(scanWithJson(kJsonDepth).errcode, 0);
    EXPECT_EQ(scanWithJson(kJsonDepth + 1).code(), "image_invalid");

    const auto answered = [this](std::size_t depth) {
        std::string answer = licenceAnswer("京B00002");
        answer.insert(answer.rfind('}'), ",\"more\":" + nested(depth - 1, "[", "]"));
        installation_.sandbox().scriptAnswer(answer);
        return client_.scan(picture(2));
    };
    EXPECT_EQ(answered(kJsonDepth - 1).errcode, 0);
    EXPECT_EQ(answered(kJsonDepth).errcode, 0);
    EXPECT_EQ(answered(kJsonDepth + 1).code(), "upstream_unreachable") << "no whole answer: of unknown outcome";
    EXPECT_EQ(installation_.admin().holds(merchant_.id, "unknown").size(), 1U);
}

TEST_F(LoweredLimits, OfJsonDepthAreExactForOperators) {
    const auto complaint = [this](std::size_t depth) {
        const HttpAnswer answer =
            installation_.admin().send("POST", "/merchants", "{\"name\":" + nested(depth - 1, "[", "]") + "}");
        EXPECT_EQ(answer.status, 400);
        return answer.body;
    };

    EXPECT_NE(complaint(kJsonDepth - 1).find("name must be"), std::string::npos);
    EXPECT_NE(complaint(kJsonDepth).find("name must be"), std::string::npos);
    EXPECT_NE(complaint(kJsonDepth + 1).find("the body must be one JSON object"), std::string::npos);
}

TEST_F(LoweredLimits, OfAPushesDepthAreExact) {
    EXPECT_EQ(statusOfPush(nested(kXmlDepth - 2, "<a>", "</a>")), 200);
    EXPECT_EQ(statusOfPush(nested(kXmlDepth - 1, "<a>", "</a>")), 200);
    EXPECT_EQ(statusOfPush(nested(kXmlDepth, "<a>", "</a>")), 400);
}

TEST_F(LoweredLimits, OfAPushesTagsAreExact) {
    const std::string message = eventMessage("something_new", now_, "");
    const auto others = static_cast<std::size_t>(std::ranges::count(message, '<'));
    const auto status = [&](std::size_t tags) {
        std::string fields;
        for (std::size_t count = others; count < tags; ++count) fields += "<e" + std::to_string(count) + "/>";
        return statusOfPush(fields);
    };

    EXPECT_EQ(status(kXmlTags - 1), 200);
    EXPECT_EQ(status(kXmlTags), 200);
    EXPECT_EQ(status(kXmlTags + 1), 400);
}

TEST_F(LoweredLimits, OfAPushesBodyAreExact) {
    const WirePush push = sealedPush(eventMessage("something_new", now_, ""), now_);
    const auto status = [&](std::size_t bytes) {
        const std::string body = push.body();
        return pushes_.send(push.query(), body + std::string(bytes - body.size(), '\n')).status;
    };

    EXPECT_EQ(status(kBodyBytes - 1), 200);
    EXPECT_EQ(status(kBodyBytes), 200);
    EXPECT_EQ(status(kBodyBytes + 1), 400);
}

}  // namespace
}  // namespace integration
