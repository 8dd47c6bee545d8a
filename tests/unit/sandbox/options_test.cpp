#include "sandbox/options.h"

#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "tests/unit/sandbox/support/temporary_folder.h"

namespace sandbox {
namespace {

constexpr const char* kGood =
    "tls.certificate_file = /c/server.pem\n"
    "tls.key_file = /c/server.key\n"
    "data_dir = /d\n"
    "component.appid = wxc0a1b2c3d4e5f607\n"
    "component.secret = s3cret\n"
    "component.push_token = GwPushToken01\n"
    "component.encoding_aes_key = Gk7wQ2mZ9xT4bN6vR1cY8sJ5hL3pD0fA7eU2iO4qW8k\n";

class OptionsTest : public testing::Test {
protected:
    Options read(const std::string& content) {
        const auto file = folder_.path() / "sandbox.properties";
        std::ofstream{file} << content;
        return readOptions(file, [this](const std::string& name) -> std::optional<std::string> {
            const auto found = environment_.find(name);
            return found == environment_.end() ? std::nullopt : std::optional{found->second};
        });
    }

    std::string faultOf(const std::string& content) {
        try {
            read(content);
        } catch (const std::invalid_argument& fault) {
            return fault.what();
        }
        return {};
    }

    testing_support::TemporaryFolder folder_;
    std::map<std::string, std::string> environment_;
};

TEST_F(OptionsTest, DefaultsStandWhereNothingIsSaid) {
    const Options options = read(kGood);

    EXPECT_EQ(options.listen_address, "127.0.0.1");
    EXPECT_EQ(options.platform_port, 9443);
    EXPECT_EQ(options.control_port, 9444);
    EXPECT_EQ(options.recogniser_program.filename(), "tollgate-recogniser");
    EXPECT_EQ(options.samples_folder.filename(), "samples");
    EXPECT_GE(options.recogniser_workers, 1);
    EXPECT_EQ(options.too_large_errcode, 40009);
    ASSERT_EQ(options.components.size(), 1U);
    EXPECT_FALSE(options.components.front().events_url);
    EXPECT_TRUE(options.ready_file.empty());
    EXPECT_EQ(options.components.front().keys.push_token, "GwPushToken01");
}

TEST_F(OptionsTest, EnvironmentComesBeforeTheFile) {
    environment_["TOLLGATE_SANDBOX_LISTEN_PLATFORM_PORT"] = "0";
    environment_["TOLLGATE_SANDBOX_COMPONENT_SECRET"] = "from the environment";
    environment_["TOLLGATE_SANDBOX_EVENTS_URL"] = "http://127.0.0.1:8080/wechat/events";

    const Options options = read(std::string{kGood} + "listen.platform_port = 1234\n");

    EXPECT_EQ(options.platform_port, 0);
    EXPECT_EQ(options.components.front().keys.secret, "from the environment");
    EXPECT_EQ(options.components.front().events_url, "http://127.0.0.1:8080/wechat/events");
}

TEST_F(OptionsTest, FaultsNameTheSetting) {
    const std::string good = kGood;

    EXPECT_EQ(faultOf(good + "listen.prot = 1\n"), "unknown setting listen.prot");
    EXPECT_EQ(faultOf(good + "listen.control_port = 65536\n"),
              "setting listen.control_port is not a number from 0 to 65535");
    EXPECT_EQ(faultOf(good + "listen.control_port = 1x\n"),
              "setting listen.control_port is not a number from 0 to 65535");
    EXPECT_EQ(faultOf(good + "listen.address = 0.0.0.0\n"), "setting listen.address is not a loopback address");
    EXPECT_EQ(faultOf(good + "events_url = ftp://x\n"), "setting events_url is not an http or https URL");
    EXPECT_EQ(faultOf(good + "component.secret =\n"), "setting component.secret is missing");
}

constexpr const char* kSecond =
    "component.2.appid = wxc2\n"
    "component.2.secret = second\n"
    "component.2.push_token = GwPushToken02\n"
    "component.2.encoding_aes_key = q7Xc3VbN9mKfT2sRw8LzYp4JhDgA6uEo1iC5nMtBvZd\n"
    "component.2.events_url = http://127.0.0.1:8080/second\n";

TEST_F(OptionsTest, SeveralComponentsAreReadInTheirOrder) {
    environment_["TOLLGATE_SANDBOX_COMPONENT_2_SECRET"] = "from the environment";

    const Options options = read(std::string{kGood} + kSecond);

    ASSERT_EQ(options.components.size(), 2U);
    EXPECT_EQ(options.components.front().keys.appid, "wxc0a1b2c3d4e5f607");
    EXPECT_EQ(options.components.back().keys.appid, "wxc2");
    EXPECT_EQ(options.components.back().keys.secret, "from the environment");
    EXPECT_EQ(options.components.back().events_url, "http://127.0.0.1:8080/second");
}

TEST_F(OptionsTest, FaultsOfFurtherComponentsNameTheSetting) {
    const std::string good = std::string{kGood} + kSecond;

    EXPECT_EQ(faultOf(std::string{kGood} + "component.2.appid = wxc2\n"), "setting component.2.secret is missing");
    EXPECT_EQ(faultOf(good + "component.2.appid = wxc0a1b2c3d4e5f607\n"),
              "setting component.2.appid is that of another component");
    EXPECT_EQ(faultOf(good + "component.10.appid = wxc3\n"), "unknown setting component.10.appid");
    EXPECT_EQ(faultOf(good + "component.2.color = red\n"), "unknown setting component.2.color");
}

TEST_F(OptionsTest, WrongAesKeyIsNotShown) {
    const std::string fault = faultOf(std::string{kGood} + "component.encoding_aes_key = tooshort\n");

    EXPECT_NE(fault.find("component.encoding_aes_key"), std::string::npos);
    EXPECT_EQ(fault.find("tooshort"), std::string::npos);
}

TEST_F(OptionsTest, MissingFileIsNamed) {
    try {
        readOptions("/nowhere/sandbox.properties", [](const std::string&) { return std::nullopt; });
        FAIL() << "read a file that is not there";
    } catch (const std::runtime_error& failure) {
        EXPECT_NE(std::string{failure.what()}.find("/nowhere/sandbox.properties"), std::string::npos);
    }
}

}  // namespace
}  // namespace sandbox
