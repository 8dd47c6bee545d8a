// What stays over a restart, and what the files in the data folder are.

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/json.h"
#include "tests/unit/sandbox/support/running_sandbox.h"

namespace sandbox {
namespace {

using testing::HasSubstr;
using testing_support::RunningSandbox;

std::string readFile(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

TEST(Restart, GoesOnWhereItWas) {
    RunningSandbox sandbox;
    const std::string token = sandbox.authorize("wx1");
    sandbox.control("POST", "/clock", R"({"advance_s":30})");
    ASSERT_EQ(sandbox.scanErrcode(token, "粤B1"), 0);

    sandbox.restart();

    EXPECT_EQ(sandbox.scanErrcode(token, "粤B1"), 0);
    const auto account = sandbox.control("GET", "/authorizers/wx1");
    EXPECT_EQ(integerField(account, "day_used"), 2);
    EXPECT_EQ(booleanField(account, "authorized"), true);
    EXPECT_EQ(integerField(sandbox.control("GET", "/clock"), "offset_s"), 30);
    EXPECT_EQ(stringField(sandbox.control("GET", "/component"), "events_url"), sandbox.receiver().url());
    EXPECT_EQ(sandbox.errcode("/cgi-bin/component/api_create_preauthcode?access_token=" + sandbox.componentToken(),
                              R"({"component_appid":"wxc0a1b2c3d4e5f607"})"),
              0);
}

TEST(Restart, HeldEventIsPushedAfterTheRestart) {
    RunningSandbox sandbox;
    sandbox.authorize("wx1");
    sandbox.control("POST", "/events", R"({"reorder":2})");
    ASSERT_EQ(stringField(sandbox.control("POST", "/authorizers/wx1:withdraw"), "event"), "held");

    sandbox.restart();

    sandbox.control("POST", "/ticket");  // pushes go out in order: when this is answered, the older one has gone
    bool found = false;
    for (const std::string& message : sandbox.receiver().messages())
        found = found || message.find("unauthorized") != std::string::npos;
    EXPECT_TRUE(found);
}

TEST(Restart, SavedStateIsInTheFileWhenThatIsAnswered) {
    RunningSandbox sandbox;
    sandbox.control("POST", "/authorizers", R"({"appid":"wxplanted","kind":"service"})");

    const auto saved = sandbox.control("POST", "/state:save");

    EXPECT_EQ(booleanField(saved, "saved"), true);
    EXPECT_THAT(readFile(sandbox.options().data_folder / "platform.json"), HasSubstr("wxplanted"));
}

TEST(Restart, ReadyFileTellsPortsAndGoesAway) {
    RunningSandbox sandbox;
    const auto ready = parseObject(readFile(sandbox.options().ready_file));
    ASSERT_FALSE(ready.isNull());
    EXPECT_EQ(integerField(ready, "pid"), ::getpid());
    EXPECT_EQ(sandbox.platformUrl(""), "https://127.0.0.1:" + std::to_string(*integerField(ready, "platform_port")));

    sandbox.stop();

    EXPECT_FALSE(std::filesystem::exists(sandbox.options().ready_file));
}

TEST(Restart, SecondSandboxOnTheSameFolderIsRefused) {
    const RunningSandbox sandbox;
    const tenants::SystemClock clock;
    Options options = sandbox.options();
    options.ready_file.clear();

    EXPECT_THROW((Sandbox{options, clock, [](const std::string&) {}, testing_support::readTextPicture}),
                 std::runtime_error);
}

}  // namespace
}  // namespace sandbox
