#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/database_view.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"
#include "tests/integration/support/slow_crowd.h"

namespace integration {
namespace {

constexpr int kClients = 16;

TEST(Shutdown, ScansThatRunAreFinishedAndChargedBeforeTheGatewayExits) {
    Installation installation;
    installation.sandbox().scriptAnswer(licenceAnswer("京F00001"));
    const Merchant merchant = installation.onboard("Slow");
    installation.sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":2000)", kClients);
    const std::string key = merchant.key.text;
    std::mutex mutex;
    std::set<std::string> answered;

    Crowd crowd{kClients, [&](int number) {
                    const ScanAnswer answer = installation.clientOf(key).scan(picture(number));
                    EXPECT_EQ(answer.errcode, 0) << answer.http.failure << answer.http.body;
                    const std::scoped_lock lock{mutex};
                    answered.insert(answer.requestId());
                }};
    const bool all_sent =
        eventually(kPatience, [&] { return installation.sandbox().calls(kDrivingPath).size() == kClients; });
    const auto exit_code = installation.stopGateway(std::chrono::seconds{10});
    crowd.join();

    EXPECT_TRUE(all_sent);
    EXPECT_EQ(exit_code, 0);
    installation.startGateway();
    std::set<std::string> charged;
    for (const Entry& entry : installation.admin().entries(merchant.id)) charged.insert(entry.request_id);
    EXPECT_EQ(charged, answered);
    EXPECT_TRUE(installation.admin().holds(merchant.id, "unknown").empty());
}

TEST(Shutdown, SilentPlatformDoesNotHoldTheGatewayUp) {
    Installation installation{{.gateway = {{"upstream.call_ms", "30000"}}}};
    const Merchant merchant = installation.onboard("Silent");
    installation.sandbox().plan(kDrivingPath, R"("mode":"silent")", kClients);
    const std::string key = merchant.key.text;

    Crowd crowd{kClients, [&](int number) {
                    const ScanAnswer answer = installation.clientOf(key).scan(picture(number));
                    EXPECT_NE(answer.errcode, 0) << answer.http.body;
                }};
    const bool all_sent =
        eventually(kPatience, [&] { return installation.sandbox().calls(kDrivingPath).size() == kClients; });
    const auto exit_code = installation.stopGateway(std::chrono::seconds{12});
    crowd.join();

    EXPECT_TRUE(all_sent);
    EXPECT_EQ(exit_code, 5) << "documented in --help: stopped with work that did not finish in time";
    installation.startGateway();
    EXPECT_TRUE(installation.admin().entries(merchant.id).empty());
    EXPECT_EQ(installation.admin().holds(merchant.id, "unknown").size(), static_cast<std::size_t>(kClients));
    EXPECT_EQ(installation.admin().window(merchant.id).unknown, kClients);
}

TEST(Shutdown, WithTheUsualDeadlinesASilentPlatformIsWaitedForAndItsScansAreMarked) {
    Installation installation;
    const Merchant merchant = installation.onboard("Silent");
    installation.sandbox().plan(kDrivingPath, R"("mode":"silent")", kClients);
    const std::string key = merchant.key.text;

    Crowd crowd{kClients, [&](int number) {
                    const ScanAnswer answer = installation.clientOf(key).scan(picture(number));
                    EXPECT_EQ(answer.code(), "upstream_timeout") << answer.http.failure << answer.http.body;
                }};
    const bool all_sent =
        eventually(kPatience, [&] { return installation.sandbox().calls(kDrivingPath).size() == kClients; });
    const auto exit_code = installation.stopGateway(std::chrono::seconds{10});
    crowd.join();

    EXPECT_TRUE(all_sent);
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(numberIn(installation.dataFolder() / "tollgate.sqlite", "SELECT count(*) FROM hold WHERE state = 'held'"),
              0)
        << "left for the next start to mark";
    installation.startGateway();
    EXPECT_EQ(installation.admin().holds(merchant.id, "unknown").size(), static_cast<std::size_t>(kClients));
}

TEST(Shutdown, RequestsThatAreStillBeingSentDoNotHoldItUp) {
    Installation installation;
    installation.sandbox().scriptAnswer(licenceAnswer("京F00003"));
    const Merchant merchant = installation.onboard("Dripping");
    for (const auto kind : {SlowCrowd::Kind::kHead, SlowCrowd::Kind::kBody, SlowCrowd::Kind::kHandshake}) {
        const bool tls = kind == SlowCrowd::Kind::kHandshake;
        const auto crowd =
            std::make_unique<SlowCrowd>(kind, tls ? installation.publicTlsUrl() : installation.publicUrl(),
                                        merchant.key.text, kClients, SlowCrowd::Closed::kStayAway);
        ASSERT_EQ(installation.clientOf(merchant.key.text).scan(picture(1)).errcode, 0);

        EXPECT_EQ(installation.stopGateway(std::chrono::seconds{5}), 0);

        installation.startGateway();
    }
}

TEST(Shutdown, IdleConnectionsDoNotDelayIt) {
    Installation installation;
    installation.sandbox().scriptAnswer(licenceAnswer("京F00002"));
    const Merchant merchant = installation.onboard("Idle");
    std::vector<MerchantClient> clients;
    for (int number = 0; number < kClients; ++number) {
        clients.push_back(installation.clientOf(merchant.key.text));
        ASSERT_EQ(clients.back().scan(picture(number)).errcode, 0);
    }

    EXPECT_EQ(installation.stopGateway(std::chrono::seconds{10}), 0);

    installation.startGateway();
    EXPECT_EQ(installation.admin().entries(merchant.id).size(), static_cast<std::size_t>(kClients));
}

}  // namespace
}  // namespace integration
