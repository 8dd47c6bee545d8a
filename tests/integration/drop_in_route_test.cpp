#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;

constexpr std::size_t kImageBytesMax = 2 * 1024 * 1024 - 1;

/// A request that is refused, and how.
struct BadRequest {
    const char* what;
    HttpRequest request;
    std::string query;  // after `?`; `{key}` stands for the merchant's key
    int errcode;
    const char* code;
};

HttpRequest upload(const std::vector<FormPart>& parts) {
    return {.method = "POST", .headers = {multipartHeader()}, .body = multipartBody(parts)};
}
FormPart pictureNamed(const std::string& name) {
    return {name, picture(1), "licence.jpg", "image/jpeg"};
}
HttpRequest post(const std::string& content_type, const std::string& body) {
    return {.method = "POST", .headers = {"Content-Type: " + content_type}, .body = body};
}

class DropInRoute : public testing::Test {
protected:
    ScanAnswer send(const BadRequest& bad) {
        std::string query = bad.query;
        if (const auto at = query.find("{key}"); at != std::string::npos) query.replace(at, 5, merchant_.key.text);
        return client_.sendPlain(bad.request, query);
    }

    void expectRefused(const std::vector<BadRequest>& table) {
        for (const BadRequest& bad : table) {
            const ScanAnswer answer = send(bad);
            EXPECT_EQ(answer.http.status, 200) << bad.what << ": " << answer.http.failure;
            EXPECT_EQ(answer.errcode, bad.errcode) << bad.what << ": " << answer.http.body;
            EXPECT_EQ(answer.code(), bad.code) << bad.what;
            EXPECT_NE(answer.requestId(), "") << bad.what;
            EXPECT_THAT(answer.errmsg, testing::EndsWith(". rid: " + answer.requestId())) << bad.what;
            EXPECT_THAT(answer.http.header("Content-Type"), HasSubstr("application/json")) << bad.what;
        }
        EXPECT_TRUE(installation_.sandbox().calls(kDrivingPath).empty());
        EXPECT_TRUE(installation_.admin().holds(merchant_.id).empty()) << "a unit was set aside for a bad request";
    }

    void expectGood(const HttpRequest& request, const std::string& more_query = {}) {
        const ScanAnswer answer = client_.send(request, more_query);
        EXPECT_EQ(answer.errcode, 0) << answer.http.failure << answer.http.body;
    }

    Installation installation_;
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京J00001"));
        return installation_.onboard("Forms");
    }();
    MerchantClient client_ = installation_.clientOf(merchant_.key.text);
};

TEST_F(DropInRoute, RefusesWrongCredentials) {
    const HttpRequest good = upload({pictureNamed("img")});
    HttpRequest bearer = good;
    bearer.headers.push_back("Authorization: Bearer tgk_wrong");
    HttpRequest basic = good;
    basic.headers.push_back("Authorization: Basic dXNlcjpwYXNz");

    expectRefused({{"no token", good, "", 41001, "credential_missing"},
                   {"empty token", good, "?access_token=", 41001, "credential_missing"},
                   {"other scheme", basic, "", 41001, "credential_missing"},
                   {"unknown token", good, "?access_token=tgk_unknown", 40001, "credential_invalid"},
                   {"one letter more", good, "?access_token={key}x", 40001, "credential_invalid"},
                   {"admin token", good, "?access_token=" + installation_.adminToken(), 40001, "credential_invalid"},
                   {"unknown bearer", bearer, "", 40001, "credential_invalid"}});
}

// One of them counted silently before: which one, others on the way may read differently.
TEST_F(DropInRoute, RefusesCredentialsAndAddressesThatStandThereMoreThanOnce) {
    const HttpRequest good = upload({pictureNamed("img")});
    const std::string key = "access_token={key}";
    const auto with = [&](std::vector<std::string> fields) {
        HttpRequest request = good;
        request.headers.insert(request.headers.end(), fields.begin(), fields.end());
        return request;
    };
    const std::string bearer = "Authorization: Bearer " + merchant_.key.text;
    const std::string url = "img_url=https%3A%2F%2Fsamples.tollgate.test%2Fsample-1.jpg";
    const std::string address = "https://samples.tollgate.test/sample-1.jpg";
    const HttpRequest form = post("application/x-www-form-urlencoded", url + "&" + url);

    expectRefused(
        {{"same key twice", good, "?" + key + "&" + key, 40001, "credential_invalid"},
         {"key and none", good, "?" + key + "&access_token=", 40001, "credential_invalid"},
         {"none and key", good, "?access_token=&" + key, 40001, "credential_invalid"},
         {"key and another", good, "?" + key + "&access%5Ftoken=x", 40001, "credential_invalid"},
         {"same bearer twice", with({bearer, bearer}), "", 40001, "credential_invalid"},
         {"two schemes", with({"Authorization: Basic dXNlcjpwYXNz", bearer}), "", 40001, "credential_invalid"},
         {"key and two fields", with({bearer, bearer}), "?" + key, 40001, "credential_invalid"},
         {"key and another bearer", with({bearer + "x"}), "?" + key, 40001, "credential_invalid"},
         {"address twice", {}, "?" + key + "&" + url + "&" + url, 101000, "image_url_invalid"},
         {"address and none", {}, "?" + key + "&" + url + "&img_url=", 101000, "image_url_invalid"},
         {"address twice in a form", form, "?" + key, 101000, "image_url_invalid"},
         {"address twice in parts", upload({{"img_url", address}, {"img_url", address}}), "?" + key, 101000,
          "image_url_invalid"}});

    EXPECT_EQ(client_.sendPlain(with({bearer}), "?access_token=" + merchant_.key.text).errcode, 0) << "one, said twice";
}

TEST_F(DropInRoute, RefusesWhatBringsNoUsablePicture) {
    const std::string query = "?access_token={key}";
    HttpRequest broken = upload({pictureNamed("img")});
    broken.body->resize(broken.body->size() - 10);  // no closing boundary
    HttpRequest other_boundary = upload({pictureNamed("img")});
    other_boundary.headers = {"Content-Type: multipart/form-data; boundary=another"};
    HttpRequest no_boundary = upload({pictureNamed("img")});
    no_boundary.headers = {"Content-Type: multipart/form-data"};
    const FormPart text{"img", "these are words and no picture", "words.txt", "text/plain"};
    const FormPart largest{"img", picture(1, kImageBytesMax + 1), "large.jpg", "image/jpeg"};

    expectRefused({{"empty POST", {.method = "POST", .body = ""}, query, 41005, "image_missing"},
                   {"empty object", post("application/json", "{}"), query, 41005, "image_missing"},
                   {"GET without img_url", {}, query, 41005, "image_missing"},
                   {"form without a file", upload({{"type", "photo"}}), query, 41005, "image_missing"},
                   {"empty file", upload({{"img", "", "empty.jpg", "image/jpeg"}}), query, 41005, "image_missing"},
                   {"text file", upload({text}), query, 40005, "image_invalid"},
                   {"two pictures", upload({pictureNamed("img"), pictureNamed("img")}), query, 40005, "image_invalid"},
                   {"no closing boundary", broken, query, 40005, "image_invalid"},
                   {"another boundary", other_boundary, query, 40005, "image_invalid"},
                   {"no boundary", no_boundary, query, 40005, "image_invalid"},
                   {"broken JSON", post("application/json", "{\"img_url\":"), query, 40005, "image_invalid"},
                   {"picture and address", upload({pictureNamed("img")}),
                    query + "&img_url=https%3A%2F%2Fsamples.tollgate.test%2Fa.jpg", 40005, "image_invalid"},
                   {"2 MiB", upload({largest}), query, 40006, "image_too_large"}});
}

TEST_F(DropInRoute, RefusesAddressesThatAreNoPlainDnsName) {
    std::vector<BadRequest> table;
    for (const char* url :
         {"ftp://samples.tollgate.test/a.jpg", "file:///etc/passwd", "https://127.0.0.1/a.jpg",
          "https://2130706433/a.jpg", "https://0x7f.1/a.jpg", "https://[::1]/a.jpg", "https://localhost/a.jpg",
          "https://user@samples.tollgate.test/a.jpg", "https://evil\\@samples.tollgate.test/a.jpg",
          "https://samples.tollgate.test:8443/a.jpg", "a.jpg", "https://", "https://samples.tollgate.test/\r\nX: y"}) {
        table.push_back({url,
                         {.method = "POST", .body = ""},
                         "?access_token={key}&img_url=" + percentEncoded(url),
                         101000,
                         "image_url_invalid"});
    }
    table.push_back({"too long",
                     {},
                     "?access_token={key}&img_url=https%3A%2F%2Fa.test%2F" + std::string(2100, 'a'),
                     101000,
                     "image_url_invalid"});

    expectRefused(table);
}

TEST_F(DropInRoute, HeadScansAndCostsNothing) {
    HttpClient http;

    const HttpAnswer answer = http.send({.method = "HEAD",
                                         .url = installation_.publicUrl() + std::string{kDrivingPath} +
                                                "?access_token=" + merchant_.key.text +
                                                "&img_url=https%3A%2F%2Fsamples.tollgate.test%2Fsample-1.jpg"});

    EXPECT_EQ(answer.status, 405) << answer.failure;
    EXPECT_EQ(answer.header("Allow"), "GET, POST");
    EXPECT_TRUE(installation_.sandbox().calls(kDrivingPath).empty());
    EXPECT_TRUE(installation_.admin().holds(merchant_.id).empty());
}

TEST_F(DropInRoute, AddressThatThePlatformCannotFetchIsItsOwnRefusal) {
    const ScanAnswer answer = client_.scanUrl("https://elsewhere.example/a.jpg");

    EXPECT_EQ(answer.errcode, 101000);
    EXPECT_EQ(answer.code(), "image_url_invalid");
    EXPECT_TRUE(installation_.admin().entries(merchant_.id).empty());
    EXPECT_EQ(installation_.admin().window(merchant_.id).held, 0);
}

TEST_F(DropInRoute, TakesThePictureUnderEveryPartNameThatClientsUse) {
    expectGood(upload({pictureNamed("img")}));
    expectGood(upload({pictureNamed("file")}));
    expectGood(upload({pictureNamed("media")}));
    expectGood(upload({pictureNamed("anything")}));
    expectGood(upload({{"type", "photo"}, pictureNamed("img")}));
    expectGood(upload({pictureNamed("img")}), "&type=scan");
    HttpRequest plain_type = upload({{"img", picture(1), "licence", {}}});
    expectGood(plain_type);

    const auto calls = installation_.sandbox().calls(kDrivingPath);
    ASSERT_EQ(calls.size(), 7U);
    for (const PlatformCall& call : calls) EXPECT_EQ(call.picture_sha256, sha256(picture(1)));
}

TEST_F(DropInRoute, TakesTheKeyAsBearerToken) {
    HttpRequest request = upload({pictureNamed("img")});
    request.headers.push_back("Authorization: Bearer " + merchant_.key.text);

    EXPECT_EQ(client_.sendPlain(request, "").errcode, 0);
}

TEST_F(DropInRoute, TakesChunkedUploadsAndSendsThemOnWithALength) {
    HttpRequest request = upload({{"img", picture(1, 300'000), "licence.jpg", "image/jpeg"}});
    request.chunked = true;

    expectGood(request);

    const auto calls = installation_.sandbox().calls(kDrivingPath);
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls.at(0).picture_sha256, sha256(picture(1, 300'000)));
    EXPECT_EQ(calls.at(0).answer, "0") << "a chunked call gets 412 there";
}

TEST_F(DropInRoute, AnswersExpectContinue) {
    HttpRequest request = upload({{"img", picture(1, 500'000), "licence.jpg", "image/jpeg"}});
    request.headers.push_back("Expect: 100-continue");

    const ScanAnswer answer = client_.send(request);

    EXPECT_EQ(answer.errcode, 0) << answer.http.body;
    EXPECT_LT(answer.http.took, kPatience);
}

TEST_F(DropInRoute, TakesTheLargestPicture) {
    HttpRequest request = upload({{"img", picture(1, kImageBytesMax), "licence.jpg", "image/jpeg"}});

    expectGood(request);

    EXPECT_EQ(installation_.sandbox().calls(kDrivingPath).at(0).picture_sha256, sha256(picture(1, kImageBytesMax)));
}

TEST_F(DropInRoute, RefusesABodyThatIsTooLargeAsSoonAsThatIsKnown) {
    HttpRequest announced = upload({{"img", picture(1, 3 * 1024 * 1024), "large.jpg", "image/jpeg"}});
    HttpRequest waiting = announced;
    waiting.headers.push_back("Expect: 100-continue");
    HttpRequest chunked = announced;
    chunked.chunked = true;
    const std::string query = "?access_token={key}";

    expectRefused({{"announced", announced, query, 40006, "image_too_large"},
                   {"asked before it is sent", waiting, query, 40006, "image_too_large"},
                   {"found on the way", chunked, query, 40006, "image_too_large"}});
}

TEST_F(DropInRoute, EchoesAGoodRequestIdAndReplacesABadOne) {
    const ScanAnswer echoed = client_.scan(picture(1), {"X-Request-Id: Mine.0_1-2"});
    const ScanAnswer replaced = client_.scan(picture(2), {"X-Request-Id: not allowed!"});
    const ScanAnswer made = client_.scan(picture(3));

    EXPECT_EQ(echoed.requestId(), "Mine.0_1-2");
    EXPECT_NE(replaced.requestId(), "not allowed!");
    const std::regex form{"[A-Za-z0-9._-]{1,64}"};
    EXPECT_TRUE(std::regex_match(replaced.requestId(), form)) << replaced.requestId();
    EXPECT_TRUE(std::regex_match(made.requestId(), form)) << made.requestId();
    EXPECT_NE(made.requestId(), replaced.requestId());
    EXPECT_EQ(installation_.admin().entries(merchant_.id).at(2).request_id, "Mine.0_1-2");
}

TEST_F(DropInRoute, MerchantThatNeverAuthorizedHearsSo) {
    const std::string merchant = installation_.createMerchant("Not yet");
    const Key key = installation_.admin().createKey(merchant);

    const ScanAnswer answer = installation_.clientOf(key.text).scan(picture(1));

    EXPECT_EQ(answer.errcode, 61003);
    EXPECT_EQ(answer.code(), "merchant_not_authorized");
}

TEST_F(DropInRoute, OtherPathsAndMethodsAreNotServed) {
    HttpClient http;
    EXPECT_EQ(http.send({.url = installation_.publicUrl() + "/nowhere"}).status, 404);
    EXPECT_EQ(http.send({.url = installation_.publicUrl() + "/admin/v1/merchants"}).status, 404);
    EXPECT_EQ(http.send({.method = "DELETE", .url = installation_.publicUrl() + "/cv/ocr/driving"}).status, 405);
}

}  // namespace
}  // namespace integration
