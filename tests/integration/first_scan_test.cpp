#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/integration/support/installation.h"

namespace integration {
namespace {

/// The sample licences in name order, as files.
std::vector<std::filesystem::path> samplePictures() {
    std::vector<std::filesystem::path> pictures;
    for (const auto& entry : std::filesystem::directory_iterator{sourceFolder() / "docs" / "samples"}) {
        if (entry.path().extension() == ".jpg") pictures.push_back(entry.path());
    }
    std::ranges::sort(pictures);
    return pictures;
}

/// What is printed on a sample, by field.
std::map<std::string, std::string> printedOn(const std::filesystem::path& picture) {
    std::filesystem::path truth = picture;
    const Json json{readFile(truth.replace_extension(".json"))};
    const Json fields = json.has("fields") ? json.at("fields") : json;
    std::map<std::string, std::string> printed;
    for (const std::string& name : fields.names()) {
        if (fields.at(name).isText()) printed[name] = fields.at(name).text();
    }
    return printed;
}

void expectFieldsOf(const std::filesystem::path& picture, const ScanAnswer& answer) {
    ASSERT_EQ(answer.errcode, 0) << answer.http.body;
    const Json json = answer.json();
    const auto printed = printedOn(picture);
    EXPECT_GE(printed.size(), 8U);
    for (const auto& [name, value] : printed) EXPECT_EQ(json.at(name).text(), value) << picture << " " << name;
}

TEST(FirstScan, TwoSamplesGiveTheirOwnFieldsAndOneChargeEachAndOutliveARestart) {
    Installation installation;
    const Merchant merchant = installation.onboard("First");
    const auto pictures = samplePictures();
    ASSERT_GE(pictures.size(), 2U);
    MerchantClient client = installation.clientOf(merchant.key.text);

    const ScanAnswer first = client.scan(readFile(pictures.at(0)));
    const ScanAnswer second = client.scan(readFile(pictures.at(1)));

    expectFieldsOf(pictures.at(0), first);
    expectFieldsOf(pictures.at(1), second);
    EXPECT_NE(first.json().at("vin").text(), second.json().at("vin").text());
    const auto entries = installation.admin().entries(merchant.id);
    ASSERT_EQ(entries.size(), 2U);
    for (const Entry& entry : entries) {
        EXPECT_EQ(entry.kind, "charge");
        EXPECT_EQ(entry.units, 1);
        EXPECT_EQ(entry.key_id, merchant.key.id);
        EXPECT_EQ(entry.outcome, "billed");
    }
    EXPECT_EQ(entries.at(1).request_id, first.requestId());
    EXPECT_EQ(entries.at(0).request_id, second.requestId());

    ASSERT_EQ(installation.stopGateway(), 0);
    installation.startGateway();
    installation.sandbox().scriptAnswer(licenceAnswer("京A00001"));

    EXPECT_EQ(installation.admin().entries(merchant.id).size(), 2U);
    EXPECT_EQ(installation.clientOf(merchant.key.text).scan(picture(1)).errcode, 0);
    EXPECT_EQ(installation.admin().entries(merchant.id).size(), 3U);
}

TEST(FirstScan, TlsListenerServesTheSameRoute) {
    Installation installation;
    installation.sandbox().scriptAnswer(licenceAnswer("京A00002"));
    const Merchant merchant = installation.onboard("Encrypted");
    MerchantClient client = installation.tlsClientOf(merchant.key.text);

    for (int number = 0; number < 3; ++number) {
        const ScanAnswer answer = client.scan(picture(number, 150'000));
        EXPECT_EQ(answer.errcode, 0) << answer.http.failure << answer.http.body;
    }

    EXPECT_EQ(installation.admin().entries(merchant.id).size(), 3U);
}

TEST(FirstScan, ImgUrlOfASampleWorksByPostAndByGet) {
    Installation installation;
    installation.sandbox().scriptAnswer(licenceAnswer("京A00003"));
    const Merchant merchant = installation.onboard("By address");
    const auto sample = samplePictures().at(0);
    const std::string url = "https://samples.tollgate.test/" + sample.filename().string();
    MerchantClient client = installation.clientOf(merchant.key.text);

    const ScanAnswer by_post = client.scanUrl(url, "POST");
    const ScanAnswer by_get = client.scanUrl(url, "GET");

    EXPECT_EQ(by_post.errcode, 0) << by_post.http.body;
    EXPECT_EQ(by_get.errcode, 0) << by_get.http.body;
    EXPECT_EQ(installation.admin().entries(merchant.id).size(), 2U);
    const auto calls = installation.sandbox().calls(kDrivingPath);
    ASSERT_EQ(calls.size(), 2U);
    for (const PlatformCall& call : calls) EXPECT_EQ(call.picture_sha256, sha256(readFile(sample)));
}

TEST(FirstScan, AnswerOfThePlatformPassesByteForByte) {
    Installation installation;
    const std::string body =
        R"({"errcode": 0, "errmsg":"ok", "plate_num" : "京A\/00004","new_member":{"a":[1, 2.50]}, "vin":""})";
    installation.sandbox().scriptAnswer(body);
    const Merchant merchant = installation.onboard("Byte for byte");

    const ScanAnswer answer = installation.clientOf(merchant.key.text).scan(picture(1));

    EXPECT_EQ(answer.http.body, body);
    EXPECT_EQ(answer.code(), "");
}

TEST(FirstScan, OldSpellingOfVehicleTypeIsCorrectedAndNothingElse) {
    Installation installation;
    installation.sandbox().scriptAnswer(R"({"errcode":0,"errmsg":"ok","vhicle_type":"vhicle_type","vin":"1"})");
    const Merchant merchant = installation.onboard("Old spelling");

    const ScanAnswer answer = installation.clientOf(merchant.key.text).scan(picture(1));

    EXPECT_EQ(answer.http.body, R"({"errcode":0,"errmsg":"ok","vehicle_type":"vhicle_type","vin":"1"})");
}

}  // namespace
}  // namespace integration
