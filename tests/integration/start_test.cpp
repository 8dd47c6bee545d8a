#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;

// Exit codes as `tollgate --help` documents them.
constexpr int kUsage = 2;
constexpr int kSettings = 3;
constexpr int kStore = 4;

TEST(Start, WithoutAKeyRingItIsRefusedAndSaysWhatToDo) {
    Installation installation;
    ASSERT_EQ(installation.stopGateway(), 0);
    const auto aside = installation.folder() / "ring-aside";
    std::filesystem::rename(installation.keyRingFile(), aside);

    const Finished finished = runToEnd(installation.gatewayCommand({"serve"}));

    EXPECT_EQ(finished.exit_code, kSettings);
    EXPECT_THAT(finished.standard_error, HasSubstr("key ring"));
    EXPECT_THAT(finished.standard_error, HasSubstr("secrets init"));
    EXPECT_FALSE(std::filesystem::exists(installation.keyRingFile())) << "no key is made up in silence";
    std::filesystem::rename(aside, installation.keyRingFile());
    installation.startGateway();
}

TEST(Start, WithAnotherKeyRingTheDatabaseIsRefused) {
    Installation installation;
    const Merchant merchant = installation.onboard("Ring");
    ASSERT_EQ(installation.stopGateway(), 0);
    const auto aside = installation.folder() / "ring-aside";
    std::filesystem::rename(installation.keyRingFile(), aside);
    ASSERT_EQ(runToEnd(installation.gatewayCommand({"secrets", "init"})).exit_code, 0);

    const Finished finished = runToEnd(installation.gatewayCommand({"serve"}));

    EXPECT_TRUE(finished.exit_code == kSettings || finished.exit_code == kStore) << finished.exit_code;
    EXPECT_NE(finished.standard_error, "");
    std::filesystem::remove(installation.keyRingFile());
    std::filesystem::rename(aside, installation.keyRingFile());
    installation.startGateway();
    EXPECT_EQ(installation.admin().merchant(merchant.id).at("state").text(), "active");
}

TEST(Start, SecretsInitNeverReplacesAKeyRing) {
    Installation installation;
    const std::string before = readFile(installation.keyRingFile());

    EXPECT_NE(runToEnd(installation.gatewayCommand({"secrets", "init"})).exit_code, 0);

    EXPECT_EQ(readFile(installation.keyRingFile()), before);
}

TEST(Start, TooFewDescriptorsAreToldAndServedWithAllTheSame) {
    Installation installation;
    const Merchant merchant = installation.onboard("Few");
    ASSERT_EQ(installation.stopGateway(), 0);
    const auto log = installation.folder() / "few.log";
    const auto ready_file = installation.folder() / "gateway-ready.json";
    std::filesystem::remove(ready_file);
    std::vector<std::string> words{"/bin/sh", "-c", "ulimit -n 1000 && exec \"$@\"", "sh"};
    for (std::string& word : installation.gatewayCommand({"serve"})) words.push_back(std::move(word));

    Process few{{words, {}, {}, log}};

    EXPECT_TRUE(eventually(kPatience, [&] { return std::filesystem::exists(ready_file); })) << readFile(log);
    EXPECT_THAT(readFile(log), HasSubstr("\"event\":\"descriptor_limit_low\",\"limit\":1000"));
    few.signal(SIGTERM);
    EXPECT_EQ(few.waitForExit(kPatience), 0);
    installation.startGateway();
}

TEST(Start, SecondInstanceOnTheSameDatabaseIsRefused) {
    Installation installation;

    const Finished second = runToEnd(installation.gatewayCommand({"serve"}), {{"TOLLGATE_READY_FILE", ""}});

    EXPECT_EQ(second.exit_code, kStore) << second.standard_error;
    EXPECT_EQ(installation.admin().send("GET", "/merchants").status, 200) << "the first one goes on";
}

TEST(Start, ForeignDatabaseIsRefusedUntouched) {
    Installation installation;
    ASSERT_EQ(installation.stopGateway(), 0);
    const auto foreign = installation.dataFolder() / "foreign.sqlite";
    writePrivateFile(foreign, "this is not a database, and it is long enough not to look like an empty one");
    const std::string before = readFile(foreign);

    const Finished finished =
        runToEnd(installation.gatewayCommand({"serve"}), {{"TOLLGATE_STORE_DATABASE_FILE", foreign.string()}});

    EXPECT_EQ(finished.exit_code, kStore) << finished.standard_error;
    EXPECT_EQ(readFile(foreign), before);
    installation.startGateway();
}

TEST(Start, WrongSettingsAreNamed) {
    Installation installation;
    ASSERT_EQ(installation.stopGateway(), 0);
    const std::map<std::string, std::string> wrong{
        {"TOLLGATE_PUBLIC_PORT", "public.port"},
        {"TOLLGATE_COMPONENT_ENCODING_AES_KEY", "component.encoding_aes_key"},
        {"TOLLGATE_UPSTREAM_CALL_MS", "upstream.call_ms"},
        {"TOLLGATE_LOG_LEVEL", "log.level"}};
    for (const auto& [variable, setting] : wrong) {
        const Finished finished = runToEnd(installation.gatewayCommand({"serve"}), {{variable, "-7-planted"}});
        EXPECT_EQ(finished.exit_code, kSettings) << setting;
        EXPECT_THAT(finished.standard_error, HasSubstr(setting));
        EXPECT_EQ(finished.standard_error.find("planted"), std::string::npos) << "a value may be a secret";
    }
    installation.startGateway();
}

TEST(Start, WrongCommandLinesExitWithTwo) {
    const std::string program = programFile("tollgate").string();
    EXPECT_EQ(runToEnd({program}).exit_code, kUsage);
    EXPECT_EQ(runToEnd({program, "dance"}).exit_code, kUsage);
    EXPECT_EQ(runToEnd({program, "serve"}).exit_code, kUsage);
    EXPECT_EQ(runToEnd({program, "serve", "--config"}).exit_code, kUsage);
    EXPECT_EQ(runToEnd({program, "serve", "--colour", "red"}).exit_code, kUsage);
    const Finished help = runToEnd({program, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.standard_output, HasSubstr("exit codes"));
}

TEST(Start, LiveAndReadySayHowItStands) {
    Installation installation;
    HttpClient client;

    EXPECT_EQ(client.send({.url = installation.publicUrl() + "/livez"}).status, 200);
    EXPECT_EQ(client.send({.url = installation.adminUrl() + "/livez"}).status, 200);
    EXPECT_EQ(client.send({.url = installation.adminUrl() + "/readyz"}).status, 200);
}

TEST(Start, RevokedAdminTokenIsRefusedAfterTheNextStart) {
    Installation installation;
    ASSERT_EQ(installation.stopGateway(), 0);
    const std::string list = runToEnd(installation.gatewayCommand({"admin-token", "list"})).standard_output;
    const std::string id = list.substr(0, list.find('\t'));

    EXPECT_EQ(runToEnd(installation.gatewayCommand({"admin-token", "revoke", "--id", id})).exit_code, 0);

    installation.startGateway();
    EXPECT_EQ(installation.admin().send("GET", "/merchants").status, 401);
}

}  // namespace
}  // namespace integration
