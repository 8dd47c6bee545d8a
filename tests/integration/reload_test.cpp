#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <string>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::Not;

class Reload : public testing::Test {
protected:
    /// A client that trusts the authority as it is now, whatever becomes of its file.
    MerchantClient tlsClientOfToday(const std::string& name) {
        const auto copy = installation_.folder() / (name + ".pem");
        std::filesystem::copy_file(installation_.authorityFile(), copy);
        return {installation_.publicTlsUrl(), merchant_.key.text, copy};
    }
    void writeSetting(const std::string& line) {
        std::ofstream{installation_.configurationFile(), std::ios::app} << line << '\n';
    }
    std::string log() const { return readFile(installation_.gatewayLog()); }

    Installation installation_;
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京R00001"));
        return installation_.onboard("Reload");
    }();
};

TEST_F(Reload, NewConnectionsSeeTheNewCertificateAndNoCallFails) {
    constexpr int kClients = 8;
    MerchantClient old_client = tlsClientOfToday("old");
    ASSERT_EQ(old_client.scan(picture(1)).errcode, 0);
    const auto old_authority = installation_.folder() / "old.pem";
    std::atomic<bool> ended{false};
    std::atomic<int> answered{0};
    Crowd crowd{kClients, [&](int number) {
                    // Half of them over TLS connections from before, half in plain.
                    MerchantClient client = number % 2 == 0 ? MerchantClient{installation_.publicTlsUrl(),
                                                                             merchant_.key.text, old_authority}
                                                            : installation_.clientOf(merchant_.key.text);
                    while (!ended) {
                        const ScanAnswer answer = client.scan(picture(number));
                        EXPECT_EQ(answer.errcode, 0) << answer.http.failure << answer.http.body;
                        ++answered;
                    }
                }};
    const bool running = eventually(kPatience, [&] { return answered >= 4 * kClients; });

    installation_.replaceCertificates();
    // The platform goes on with its certificate, so that its authority has to be among those that are trusted then.
    std::ofstream{installation_.authorityFile(), std::ios::app} << readFile(old_authority);
    const bool reloaded = installation_.reloadGateway();
    const int before = answered;
    const bool went_on = eventually(kPatience, [&] { return answered >= before + 4 * kClients; });
    ended = true;
    crowd.join();

    EXPECT_TRUE(running && reloaded && went_on);
    EXPECT_EQ(tlsClientOfToday("new").scan(picture(2)).errcode, 0);
    MerchantClient distrustful{installation_.publicTlsUrl(), merchant_.key.text, old_authority};
    EXPECT_FALSE(distrustful.scan(picture(3)).http.came()) << "the old certificate is still shown";
    EXPECT_EQ(old_client.scan(picture(4)).errcode, 0) << "a connection from before goes on";
}

TEST_F(Reload, NewAuthorityOfThePlatformIsTrusted) {
    MerchantClient client = installation_.clientOf(merchant_.key.text);
    ASSERT_EQ(client.scan(picture(1)).errcode, 0);
    installation_.replaceCertificates();
    ASSERT_EQ(installation_.stopSandbox(), 0);
    installation_.startSandbox();
    installation_.sandbox().scriptAnswer(licenceAnswer("京R00002"));
    EXPECT_EQ(client.scan(picture(2)).code(), "upstream_unreachable") << "nobody it knows";
    EXPECT_TRUE(installation_.sandbox().calls(kDrivingPath).empty());

    EXPECT_TRUE(installation_.reloadGateway());

    EXPECT_EQ(client.scan(picture(3)).errcode, 0);
}

TEST_F(Reload, LogLevelIsTakenOver) {
    MerchantClient client = installation_.clientOf(merchant_.key.text);
    ASSERT_EQ(client.scan(picture(1), {"X-Request-Id: told"}).errcode, 0);
    writeSetting("log.level = warning");

    ASSERT_TRUE(installation_.reloadGateway());
    ASSERT_EQ(client.scan(picture(2), {"X-Request-Id: untold"}).errcode, 0);
    ASSERT_EQ(installation_.stopGateway(), 0);

    EXPECT_THAT(log(), HasSubstr("\"request_id\":\"told\""));
    EXPECT_THAT(log(), Not(HasSubstr("\"request_id\":\"untold\"")));
    installation_.startGateway();
}

TEST_F(Reload, WhatCannotBeReadLeavesEverythingAsItWas) {
    MerchantClient before = tlsClientOfToday("before");
    ASSERT_EQ(before.scan(picture(1)).errcode, 0);
    const std::string good_key = readFile(installation_.serverKeyFile());
    const std::string good_settings = readFile(installation_.configurationFile());

    writePrivateFile(installation_.serverKeyFile(), "not a key\n");
    EXPECT_FALSE(installation_.reloadGateway());
    EXPECT_THAT(log(), HasSubstr("server.key"));
    writePrivateFile(installation_.serverKeyFile(), good_key);
    writeSetting("log.level = error\nupstream.ca_file = /nowhere/ca.pem");
    EXPECT_FALSE(installation_.reloadGateway());
    EXPECT_THAT(log(), HasSubstr("/nowhere/ca.pem"));
    writePrivateFile(installation_.configurationFile(), good_settings + "no.such.setting = 1\n");
    EXPECT_FALSE(installation_.reloadGateway());
    EXPECT_THAT(log(), HasSubstr("no.such.setting"));

    EXPECT_EQ(tlsClientOfToday("after").scan(picture(2), {"X-Request-Id: still-told"}).errcode, 0);
    EXPECT_EQ(before.scan(picture(3)).errcode, 0);
    writePrivateFile(installation_.configurationFile(), good_settings);
    EXPECT_TRUE(installation_.reloadGateway());
    EXPECT_THAT(log(), HasSubstr("\"request_id\":\"still-told\""));
}

}  // namespace
}  // namespace integration
