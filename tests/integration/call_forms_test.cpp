#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

// Every form in which a merchant can call the scan: the same answer, the same call to WeChat and the same line in the ledger.
namespace integration {
namespace {

using testing::HasSubstr;

// With what a careless rewriting would spoil: names inside, one that nobody knows, numbers that no double holds.
const std::string kAnswer =
    R"({"errcode":0,"errmsg":"ok","plate_num":"京F00001","vehicle_type":"小型轿车","plate_num_b":"京F00001",)"
    R"("card_position_front":{"pos":{"left_top":{"x":1,"y":2},"right_bottom":{"x":3,"y":4}}},)"
    R"("img_size":{"w":18446744073709551617,"h":1.10},"new_field":{"inner_name":"some_value","n":-0}})";
const std::string kCloudAnswer =
    R"({"errCode":0,"errMsg":"ok","plateNum":"京F00001","vehicleType":"小型轿车","plateNumB":"京F00001",)"
    R"("cardPositionFront":{"pos":{"leftTop":{"x":1,"y":2},"rightBottom":{"x":3,"y":4}}},)"
    R"("imgSize":{"w":18446744073709551617,"h":1.10},"newField":{"innerName":"some_value","n":-0}})";

const std::string kSampleUrl = "https://samples.tollgate.test/sample-1.jpg";
constexpr std::string_view kCloudPath = "/openapi/ocr.vehicleLicense";

std::string sample() {
    return readFile(sourceFolder() / "docs" / "samples" / "sample-1.jpg");
}

std::string base64(const std::string& bytes) {
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8U | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += at + i > bytes.size() ? '=' : kAlphabet[(bits >> (18 - 6 * i)) & 0x3FU];
        }
    }
    return text;
}

std::string cloudUpload(const std::string& bytes) {
    return R"({"type":"photo","img":{"contentType":"image/jpeg","value":")" + base64(bytes) + "\"}}";
}

struct CallForm {
    const char* name;
    HttpRequest request;
    std::string path = std::string{kDrivingPath};
    std::string query = "?access_token={key}";  // {url}: the sample's address, encoded once
    const std::string& answer = kAnswer;
};

HttpRequest post(const std::string& content_type, const std::string& body) {
    HttpRequest request{.method = "POST", .body = body};
    if (!content_type.empty()) request.headers = {"Content-Type: " + content_type};
    return request;
}
HttpRequest upload(const std::string& part_name) {
    return {.method = "POST",
            .headers = {multipartHeader()},
            .body = multipartBody({{part_name, sample(), "licence.jpg", "image/jpeg"}})};
}
HttpRequest with(HttpRequest request, const std::string& header) {
    request.headers.push_back(header);
    return request;
}
HttpRequest chunked(HttpRequest request) {
    request.chunked = true;
    return request;
}

class CallForms : public testing::Test {
protected:
    std::string filled(std::string text) const {
        const std::pair<std::string, std::string> values[] = {{"{key}", merchant_.key.text},
                                                              {"{url}", percentEncoded(kSampleUrl)},
                                                              {"{base}", installation_.publicUrl()}};
        for (const auto& [name, value] : values) {
            for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size())) {
                text.replace(at, name.size(), value);
            }
        }
        return text;
    }
    HttpAnswer send(const CallForm& form) {
        HttpRequest request = form.request;
        request.url = installation_.publicUrl() + form.path + filled(form.query);
        for (std::string& header : request.headers) header = filled(header);
        return http_.send(request);
    }

    /// `call` is one scan; it carries the X-Request-Id that it is given, and gives the answer's body.
    void expectOneScan(const std::string& name, const std::string& expected_answer,
                       const std::function<std::string(const std::string&)>& call) {
        const std::string request_id = "form-" + std::to_string(++scans_);
        const std::int64_t before = installation_.sandbox().lastCallNumber();

        EXPECT_EQ(call(request_id), expected_answer) << name;

        const auto calls = installation_.sandbox().calls(kDrivingPath, before);
        ASSERT_EQ(calls.size(), 1U) << name;
        EXPECT_EQ(calls.at(0).picture_sha256, sha256(sample())) << name;
        EXPECT_EQ(calls.at(0).appid, merchant_.appid) << name;
        const auto entries = installation_.admin().entries(merchant_.id);
        ASSERT_EQ(entries.size(), scans_) << name;
        const Entry& entry = entries.front();
        EXPECT_EQ(entry.kind, "charge") << name;
        EXPECT_EQ(entry.units, 1) << name;
        EXPECT_EQ(entry.outcome, "billed") << name;
        EXPECT_EQ(entry.key_id, merchant_.key.id) << name;
        EXPECT_EQ(entry.request_id, request_id) << name;
        for (const char* policy : {"day", "upstream_day"}) {
            const Window window = installation_.admin().window(merchant_.id, policy);
            EXPECT_EQ(window.used, static_cast<std::int64_t>(scans_)) << name;
            EXPECT_EQ(window.held, 0) << name;
        }
    }
    void expectOneScan(const CallForm& form) {
        expectOneScan(form.name, form.answer, [&](const std::string& request_id) {
            CallForm named = form;
            named.request.headers.push_back("X-Request-Id: " + request_id);
            const HttpAnswer answer = send(named);
            EXPECT_EQ(answer.status, 200) << form.name << answer.failure;
            EXPECT_EQ(answer.header("Tollgate-Error"), "") << form.name;
            EXPECT_EQ(answer.header("X-Request-Id"), request_id) << form.name;
            return answer.body;
        });
    }
    void expectRefused(const CallForm& form, const std::string& members, const std::string& code) {
        const HttpAnswer answer = send(form);
        EXPECT_EQ(answer.status, 200) << form.name << answer.failure;
        EXPECT_THAT(answer.body, testing::StartsWith(members)) << form.name;
        EXPECT_THAT(answer.body, HasSubstr(". rid: " + answer.header("X-Request-Id") + "\"}")) << form.name;
        EXPECT_EQ(answer.header("Tollgate-Error"), code) << form.name;
    }

    Installation installation_;
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(kAnswer);
        return installation_.onboard("Forms");
    }();
    HttpClient http_;
    std::size_t scans_ = 0;
};

TEST_F(CallForms, EveryFormOfTheDropInRouteIsTheSameScan) {
    const std::string by_url = "?access_token={key}&img_url={url}";
    const std::string json = R"({"type":"photo","img_url":")" + kSampleUrl + "\"}";
    const std::string escaped_json = R"({"img_url":"https:\/\/samples.tollgate.test\/sample-1.jpg"})";
    const std::string form = "type=photo&img_url=" + percentEncoded(kSampleUrl);
    const CallForm forms[] = {
        {"part img", upload("img")},
        {"part file", upload("file")},
        {"part media", upload("media")},
        {"only file part", upload("anything")},
        {"type in the query", upload("img"), "/cv/ocr/driving", "?type=scan&access_token={key}"},
        {"chunked", chunked(upload("img"))},
        {"expect continue", with(upload("img"), "Expect: 100-continue")},
        {"bearer", with(upload("img"), "Authorization: Bearer {key}"), "/cv/ocr/driving", ""},
        {"GET", {}, "/cv/ocr/driving", by_url},
        {"GET, type first", {}, "/cv/ocr/driving", "?type=photo&img_url={url}&access_token={key}"},
        {"empty body", post("", ""), "/cv/ocr/driving", by_url},
        {"empty JSON body", post("application/json", ""), "/cv/ocr/driving", by_url},
        {"empty object", post("application/json", "{}"), "/cv/ocr/driving", by_url},
        {"empty object without a type", post("", "{}"), "/cv/ocr/driving", by_url},
        {"chunked empty body", chunked(post("", "")), "/cv/ocr/driving", by_url},
        {"img_url in JSON", post("application/json", json)},
        {"img_url in JSON, chunked", chunked(post("application/json; charset=utf-8", json))},
        {"img_url in JSON with escapes", post("application/json", escaped_json)},
        {"img_url in JSON that is called a form", post("application/x-www-form-urlencoded", json)},
        {"img_url in a form", post("application/x-www-form-urlencoded", form)},
        {"img_url in a multipart field",
         {.method = "POST", .headers = {multipartHeader()}, .body = multipartBody({{"img_url", kSampleUrl}})}},
        {"img_url twice the same", post("application/json", json), "/cv/ocr/driving", by_url},
    };

    for (const CallForm& each : forms) expectOneScan(each);
}

TEST_F(CallForms, EveryFormOfTheCloudCallIsTheSameScan) {
    const std::string other_path = "/openapi/ocr.drivingLicense";
    const std::string token = "?access_token={key}";
    const std::string path{kCloudPath};
    const HttpRequest by_url = post("application/json", R"({"type":"photo","imgUrl":")" + kSampleUrl + "\"}");
    const HttpRequest by_bytes = post("application/json", cloudUpload(sample()));
    std::string slashes = *by_bytes.body;
    for (auto at = slashes.find('/'); at != std::string::npos; at = slashes.find('/', at + 2)) slashes.insert(at, "\\");
    const CallForm forms[] = {
        {"imgUrl", by_url, path, token, kCloudAnswer},
        {"img", by_bytes, path, token, kCloudAnswer},
        {"img with escaped slashes", post("application/json", slashes), path, token, kCloudAnswer},
        {"no media type", post("", *by_url.body), path, token, kCloudAnswer},
        {"chunked", chunked(by_bytes), path, token, kCloudAnswer},
        {"expect continue", with(by_bytes, "Expect: 100-continue"), path, token, kCloudAnswer},
        {"bearer", with(by_url, "Authorization: Bearer {key}"), path, "", kCloudAnswer},
        {"other name, imgUrl", by_url, other_path, token, kCloudAnswer},
        {"other name, img", by_bytes, other_path, token, kCloudAnswer},
    };

    for (const CallForm& each : forms) expectOneScan(each);
}

TEST_F(CallForms, CurlInEveryFormOfTheExamples) {
    const std::string file = (sourceFolder() / "docs" / "samples" / "sample-1.jpg").string();
    const std::string cloud_body = (installation_.folder() / "cloud.json").string();
    std::ofstream{cloud_body, std::ios::binary} << cloudUpload(sample());
    const std::string driving = "{base}/cv/ocr/driving?access_token={key}";
    const std::string by_url = driving + "&img_url={url}";
    const std::string json = R"({"img_url":")" + kSampleUrl + "\"}";
    const struct {
        const char* name;
        std::vector<std::string> words;
        const std::string& answer = kAnswer;
    } forms[] = {
        {"-F img", {"-F", "img=@" + file, driving}},
        {"-F media with a type", {"-F", "media=@" + file + ";type=image/jpeg", "-F", "type=photo", driving}},
        {"-F chunked", {"-H", "Transfer-Encoding: chunked", "-F", "img=@" + file, driving}},
        {"-F asking first", {"-H", "Expect: 100-continue", "-F", "img=@" + file, driving}},
        {"-F with a bearer token",
         {"-H", "Authorization: Bearer {key}", "-F", "img=@" + file, "{base}/cv/ocr/driving"}},
        {"GET", {by_url}},
        {"-G", {"-G", "--data-urlencode", "img_url=" + kSampleUrl, driving}},
        {"-X POST without a body", {"-X", "POST", by_url}},
        {"-d nothing", {"-d", "", by_url}},
        {"-d {}", {"-d", "{}", by_url}},
        {"-d JSON", {"-d", json, driving}},
        {"--json", {"--json", json, driving}},
        {"--data-urlencode", {"--data-urlencode", "img_url=" + kSampleUrl, driving}},
        {"cloud img",
         {"--json", "@" + cloud_body, "{base}/openapi/ocr.vehicleLicense?access_token={key}"},
         kCloudAnswer},
        {"cloud imgUrl",
         {"--json", R"({"type":"scan","imgUrl":")" + kSampleUrl + "\"}",
          "{base}/openapi/ocr.drivingLicense?access_token={key}"},
         kCloudAnswer},
    };

    for (const auto& form : forms) {
        expectOneScan(std::string{"curl "} + form.name, form.answer, [&](const std::string& request_id) {
            std::vector<std::string> words{"/usr/bin/curl",
                                           "--silent",
                                           "--show-error",
                                           "--noproxy",
                                           "*",
                                           "--max-time",
                                           "60",
                                           "-H",
                                           "X-Request-Id: " + request_id};
            for (const std::string& word : form.words) words.push_back(filled(word));
            const Finished finished = runToEnd(words);
            EXPECT_EQ(finished.exit_code, 0) << form.name << finished.standard_error;
            return finished.standard_output;
        });
    }
}

TEST_F(CallForms, AddressesThatOnlyThePlatformCanJudgeReachItAsTheyAre) {
    // Encoded twice, a space written either way, a plus: the platform fetches none of them, and says so itself.
    for (const char* url :
         {"https%3A%2F%2Fsamples.tollgate.test%2Fsample%252D1.jpg", "https%3A%2F%2Fsamples.tollgate.test%2Fa%20b.jpg",
          "https%3A%2F%2Fsamples.tollgate.test%2Fa+b.jpg", "https%3A%2F%2Fsamples.tollgate.test%2Fa%2Bb.jpg",
          "https://samples.tollgate.test/not%20encoded.jpg",
          "https%253A%252F%252Fsamples.tollgate.test%252Fsample-1.jpg"}) {
        const std::int64_t before = installation_.sandbox().lastCallNumber();

        expectRefused({url, {}, "/cv/ocr/driving", std::string{"?access_token={key}&img_url="} + url},
                      R"({"errcode":101000,"errmsg":)", "image_url_invalid");

        const auto calls = installation_.sandbox().calls(kDrivingPath, before);
        ASSERT_EQ(calls.size(), 1U) << url;
        EXPECT_EQ(calls.at(0).answer, "101000") << url;
    }
    EXPECT_TRUE(installation_.admin().entries(merchant_.id).empty());
    EXPECT_EQ(installation_.admin().window(merchant_.id).held, 0);
}

TEST_F(CallForms, CloudCallsAreRefusedInTheirOwnSpelling) {
    const std::string path{kCloudPath};
    const std::string token = "?access_token={key}";
    const auto json = [](const std::string& body) { return post("application/json", body); };
    const std::string too_large = cloudUpload(picture(1, std::size_t{2} * 1024 * 1024));
    const std::string far_too_large = cloudUpload(picture(1, std::size_t{3} * 1024 * 1024));
    const struct {
        CallForm form;
        int errcode;
        const char* code;
    } refusals[] = {
        {{"no token", json("{}"), path, ""}, 41001, "credential_missing"},
        {{"unknown token", json("{}"), path, "?access_token=x"}, 40001, "credential_invalid"},
        {{"empty body", json(""), path, token}, 41005, "image_missing"},
        {{"empty object", json("{}"), path, token}, 41005, "image_missing"},
        {{"not JSON", json("img=x"), path, token}, 40005, "image_invalid"},
        {{"multipart", upload("img"), path, token}, 40005, "image_invalid"},
        {{"not base64", json(R"({"img":{"value":"****"}})"), path, token}, 40005, "image_invalid"},
        {{"forbidden address", json(R"({"imgUrl":"https://127.0.0.1/a.jpg"})"), path, token},
         101000,
         "image_url_invalid"},
        {{"2 MiB", json(too_large), path, token}, 40006, "image_too_large"},
        {{"3 MiB", json(far_too_large), path, token}, 40006, "image_too_large"},
        {{"3 MiB, chunked", chunked(json(far_too_large)), path, token}, 40006, "image_too_large"},
        {{"malformed Idempotency-Key", with(json("{}"), "Idempotency-Key: a b"), path, token}, 40035, "invalid_input"},
    };

    for (const auto& refusal : refusals) {
        expectRefused(refusal.form, "{\"errCode\":" + std::to_string(refusal.errcode) + ",\"errMsg\":", refusal.code);
    }
    EXPECT_TRUE(installation_.sandbox().calls(kDrivingPath).empty());
    EXPECT_TRUE(installation_.admin().holds(merchant_.id).empty());

    installation_.sandbox().plan(kDrivingPath, R"("errcode":101001)");
    expectRefused({"no licence", json(cloudUpload(sample())), path, token}, R"({"errCode":101001,"errMsg":)",
                  "not_recognised");
}

TEST_F(CallForms, LargestPictureGoesThroughTheCloudCall) {
    const std::string largest = picture(1, std::size_t{2} * 1024 * 1024 - 1);

    const HttpAnswer answer =
        send({"largest", post("application/json", cloudUpload(largest)), std::string{kCloudPath}});

    EXPECT_EQ(answer.body, kCloudAnswer) << answer.failure;
    EXPECT_EQ(installation_.sandbox().calls(kDrivingPath).at(0).picture_sha256, sha256(largest));
}

TEST_F(CallForms, RepeatByTheSameFormIsReplayedAndByAnotherIsRefused) {
    const std::string other_path = "/openapi/ocr.drivingLicense";
    const std::string token = "?access_token={key}";
    const HttpRequest cloud = with(post("application/json", cloudUpload(sample())), "Idempotency-Key: \"form-key\"");
    const CallForm first{"cloud", cloud, std::string{kCloudPath}, token};

    const HttpAnswer scanned = send(first);
    const HttpAnswer replayed = send(first);
    const HttpAnswer by_drop_in = send({"drop-in", with(upload("img"), "Idempotency-Key: form-key")});
    const HttpAnswer by_other_name = send({"other name", cloud, other_path, token});

    EXPECT_EQ(scanned.body, kCloudAnswer);
    EXPECT_EQ(scanned.header("Idempotency-Replayed"), "");
    EXPECT_EQ(replayed.body, kCloudAnswer);
    EXPECT_EQ(replayed.header("Idempotency-Replayed"), "true");
    EXPECT_EQ(by_drop_in.header("Tollgate-Error"), "idempotency_mismatch");
    EXPECT_EQ(by_other_name.header("Tollgate-Error"), "idempotency_mismatch");
    EXPECT_THAT(by_other_name.body, testing::StartsWith(R"({"errCode":40035,)"));
    EXPECT_EQ(installation_.admin().entries(merchant_.id).size(), 1U);
    EXPECT_EQ(installation_.sandbox().calls(kDrivingPath).size(), 1U);
}

}  // namespace
}  // namespace integration
