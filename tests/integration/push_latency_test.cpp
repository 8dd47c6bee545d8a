#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/database_view.h"
#include "tests/integration/support/installation.h"
#include "tests/integration/support/wire_push.h"

namespace integration {
namespace {

using std::chrono::milliseconds;

constexpr int kPushers = 4;
constexpr int kPushesEach = 100;
constexpr int kScanners = 4;

// What is promised, and the allowance for programs that a sanitizer slows down.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr milliseconds kPromised{2000};
#else
constexpr milliseconds kPromised{200};
#endif

TEST(PushLatency, PushesBesideScansAreDurableWithinTheirTimeAndOutliveAKill) {
    Installation installation{withPatience()};
    installation.sandbox().scriptAnswer(licenceAnswer("京P00001"));
    const Merchant merchant = installation.onboard("Busy");
    const std::string events_url = installation.publicUrl() + "/wechat/events";
    const std::int64_t now = PushSender{events_url}.receiverTime();
    std::vector<std::vector<milliseconds>> took(kPushers);
    std::atomic<int> pushing{kPushers};
    std::atomic<int> scans{0};

    Crowd crowd{
        kPushers + kScanners, [&](int number) {
            if (number >= kPushers) {
                MerchantClient client = installation.clientOf(merchant.key.text);
                while (pushing.load() > 0) {
                    if (client.scan(picture(scans.fetch_add(1))).errcode != 0) ADD_FAILURE() << "a scan failed";
                }
                return;
            }
            PushSender sender{events_url};
            for (int push = 0; push < kPushesEach; ++push) {
                // Each of an account that is unknown: stored, found to concern nobody, closed.
                const std::string appid = "wx" + std::to_string(number) + "x" + std::to_string(push);
                const HttpAnswer answer = sender.send(sealedPush(
                    eventMessage("unauthorized", now, "<AuthorizerAppid>" + appid + "</AuthorizerAppid>"), now));
                if (answer.body != "success") ADD_FAILURE() << answer.status << answer.failure;
                took[static_cast<std::size_t>(number)].push_back(answer.took);
            }
            --pushing;
        }};
    crowd.join();
    installation.killGateway();

    std::vector<milliseconds> all;
    for (const auto& one : took) all.insert(all.end(), one.begin(), one.end());
    std::ranges::sort(all);
    ASSERT_EQ(all.size(), static_cast<std::size_t>(kPushers * kPushesEach));
    const milliseconds p99 = all[all.size() * 99 / 100];
    RecordProperty("p50_ms", std::to_string(all[all.size() / 2].count()));
    RecordProperty("p99_ms", std::to_string(p99.count()));
    RecordProperty("scans", std::to_string(scans.load()));
    EXPECT_LE(p99, kPromised) << "beside " << scans.load() << " scans";
    EXPECT_EQ(numberIn(installation.dataFolder() / "tollgate.sqlite",
                       "SELECT count(*) FROM platform_event WHERE appid LIKE 'wx%x%' AND info_type = 'unauthorized'"),
              kPushers * kPushesEach)
        << "every push that was answered success";
    installation.startGateway();
}

}  // namespace
}  // namespace integration
