#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/integration/support/installation.h"

namespace integration {
namespace {

constexpr std::string_view kPlate = "京Z9PLANT";
constexpr std::string_view kOwner = "planted-owner-name";
constexpr std::string_view kVin = "LPLANTEDVIN000001";

/// Secrets by what they are.
using Secrets = std::map<std::string, std::set<std::string>>;

/// Every text in the emulated platform's state that is long enough to be a secret: tickets, tokens, codes.
std::set<std::string> secretsOfThePlatform(Installation& installation) {
    installation.sandbox().call("POST", "/state:save");
    // What is no secret: appids, names, addresses, and messages, whose secrets stand elsewhere too.
    const auto is_open = [](const std::string& text) {
        return text.size() < 24 || text.find(' ') != std::string::npos || text.find("://") != std::string::npos ||
               text.starts_with("<xml>");
    };
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{installation.sandboxFolder()}) {
        if (!entry.is_regular_file() || entry.path().extension() != ".json") continue;
        const auto texts = Json{readFile(entry.path())}.texts();
        std::ranges::copy_if(texts, std::inserter(found, found.end()),
                             [&](const auto& text) { return !is_open(text); });
    }
    return found;
}

/// The gateway's database with everything beside it, and its log. Not the key ring nor the configuration: those are secret.
std::vector<std::filesystem::path> filesToSearch(const Installation& installation) {
    std::vector<std::filesystem::path> files{installation.gatewayLog()};
    for (const auto& entry : std::filesystem::recursive_directory_iterator{installation.dataFolder()}) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
}

void expectNoneIn(const std::string& text, const std::string& where, const Secrets& secrets) {
    for (const auto& [what, values] : secrets) {
        for (const std::string& value : values) {
            EXPECT_EQ(text.find(value), std::string::npos) << where << " shows " << what;
        }
    }
}

class PlantedSecrets : public testing::Test {
protected:
    /// Everything that handles a secret once: onboarding, scans kept for a repeat, refreshes, refusals.
    void use() {
        installation_.sandbox().scriptAnswer(R"({"errcode":0,"errmsg":"ok","plate_num":")" + std::string{kPlate} +
                                             R"(","owner":")" + std::string{kOwner} + R"(","vin":")" +
                                             std::string{kVin} + "\"}");
        merchant_ = installation_.onboard("Secrets");
        MerchantClient client = installation_.clientOf(merchant_.key.text);
        ASSERT_EQ(client.scanWithKey(picture(1), "kept").errcode, 0);
        ASSERT_TRUE(client.scanWithKey(picture(1), "kept").replayed());
        installation_.sandbox().act(merchant_.appid, "expireToken");
        ASSERT_EQ(client.scan(picture(2)).errcode, 0);
        installation_.sandbox().act(merchant_.appid, "rotateRefreshToken");
        installation_.sandbox().act(merchant_.appid, "expireToken");
        ASSERT_EQ(client.scan(picture(3)).errcode, 0);
        installation_.sandbox().advanceClock(7201);
        ASSERT_EQ(client.scan(picture(9)).errcode, 0);
        installation_.sandbox().plan(kDrivingPath, R"("mode":"cut")");
        ASSERT_EQ(client.scan(picture(4)).errcode, -1);
        installation_.sandbox().plan(kDrivingPath, R"("errcode":61007)");
        ASSERT_EQ(client.scan(picture(5)).errcode, 61007);
        installation_.sandbox().changeAuthorizer(merchant_.appid, R"({"sets":[17,117]})");
        ASSERT_EQ(client.scan(picture(6)).errcode, 0);
        ASSERT_EQ(installation_.clientOf(merchant_.key.text + "x").scan(picture(7)).errcode, 40001);
        const Key revoked = installation_.admin().createKey(merchant_.id, "revoked");
        installation_.admin().revokeKey(merchant_.id, revoked.id);
        ASSERT_EQ(installation_.clientOf(revoked.text).scan(picture(8)).errcode, 40001);
        unused_link_ = installation_.admin().createLink(merchant_.id);
        keys_ = {merchant_.key.text, revoked.text};
        const HttpAnswer issued = HttpClient{}.send(
            {.url = installation_.publicUrl() + "/cgi-bin/token?grant_type=client_credential&appid=" + merchant_.appid +
                    "&secret=" + merchant_.key.text});
        token_ = Json{issued.body}.at("access_token").text();
        ASSERT_EQ(installation_.clientOf(token_).scan(picture(10)).errcode, 0);
        ASSERT_EQ(installation_.clientOf(token_ + "0").scan(picture(11)).errcode, 40001);
    }

    Secrets secrets() {
        Secrets secrets{{"an API key", keys_},
                        {"a gateway token", {token_}},
                        {"the admin token", {installation_.adminToken()}},
                        {"the component's secret", {std::string{kComponentSecret}}},
                        {"the push token", {std::string{kPushToken}}},
                        {"the EncodingAESKey", {std::string{kEncodingAesKey}}},
                        {"what is on a licence", {std::string{kPlate}, std::string{kOwner}, std::string{kVin}}},
                        {"a ticket, token or code of the platform", secretsOfThePlatform(installation_)}};
        const auto state = unused_link_.find("state%3D");
        if (state != std::string::npos) {
            const std::string rest = unused_link_.substr(state + 8);
            secrets["a link's state"] = {rest.substr(0, rest.find_first_of("&#%"))};
        }
        return secrets;
    }

    Installation installation_;
    Merchant merchant_;
    std::string unused_link_;
    std::set<std::string> keys_;
    std::string token_;
};

TEST_F(PlantedSecrets, AreNowhereInPlainInDatabaseWriteAheadLogOrLog) {
    ASSERT_NO_FATAL_FAILURE(use());
    const Secrets planted = secrets();
    ASSERT_GE(planted.at("a ticket, token or code of the platform").size(), 8U);
    ASSERT_TRUE(planted.contains("a link's state"));
    ASSERT_GE(planted.at("a link's state").begin()->size(), 16U);

    installation_.killGateway();  // leaves the write-ahead log as it was

    const auto files = filesToSearch(installation_);
    const bool has_log = std::ranges::any_of(files, [](const auto& file) { return file.string().ends_with("-wal"); });
    EXPECT_TRUE(has_log);
    for (const auto& file : files) expectNoneIn(readFile(file), file.filename(), planted);

    installation_.startGateway();
    ASSERT_EQ(installation_.stopGateway(), 0);

    for (const auto& file : filesToSearch(installation_)) expectNoneIn(readFile(file), file.filename(), planted);
}

TEST_F(PlantedSecrets, AreNotInTheProcessArguments) {
    ASSERT_NO_FATAL_FAILURE(use());
    const std::string id = std::to_string(installation_.gatewayProcess().pid());

    const std::string arguments = readFile(std::filesystem::path{"/proc"} / id / "cmdline");

    EXPECT_NE(arguments.find("serve"), std::string::npos);
    expectNoneIn(arguments, "the command line", secrets());
}

TEST_F(PlantedSecrets, AreNotShownByTheAdminApi) {
    ASSERT_NO_FATAL_FAILURE(use());
    const Secrets planted = secrets();
    const std::string path = "/merchants/" + merchant_.id;

    for (const std::string& route :
         {std::string{"/merchants"}, path, path + "/keys", path + "/usage-entries", path + "/holds", path + "/quota"}) {
        const HttpAnswer answer = installation_.admin().send("GET", route);
        EXPECT_EQ(answer.status, 200) << route;
        expectNoneIn(answer.body, route, planted);
    }
}

TEST_F(PlantedSecrets, FilesAreReadableByTheirOwnerAlone) {
    ASSERT_NO_FATAL_FAILURE(use());
    using std::filesystem::perms;
    std::vector<std::filesystem::path> files{installation_.keyRingFile()};
    for (const auto& entry : std::filesystem::recursive_directory_iterator{installation_.dataFolder()}) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }

    for (const auto& file : files) {
        const perms open = std::filesystem::status(file).permissions() & (perms::group_all | perms::others_all);
        EXPECT_EQ(open, perms::none) << file.filename();
    }
}

}  // namespace
}  // namespace integration
