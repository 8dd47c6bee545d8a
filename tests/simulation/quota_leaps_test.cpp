#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "tenants/base/period.h"
#include "tests/integration/support/crowd.h"
#include "tests/integration/support/database_view.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"
#include "tests/integration/support/temporary_folder.h"
#include "tests/simulation/shared_clock.h"

namespace integration {
namespace {

using namespace std::chrono_literals;

constexpr int kClients = 64;
constexpr int kScansEach = 2;

// Limits of the merchant: a day's own, a month's of its plan, prepaid units, and a day's at WeChat.
constexpr int kDayLimit = 30;
constexpr int kMonthLimit = 70;
constexpr int kPackUnits = 150;
constexpr int kDayFree = 25;
constexpr int kUpstreamPackUnits = 20;

/// The real gateway under a wall clock that leaps, and 64 clients that want more than there is.
class QuotaLeaps : public testing::Test {
protected:
    QuotaLeaps() {
        // An hour before the month ends in Beijing, whatever day it is where the test runs.
        const tenants::UtcTime month_ends = tenants::Period{clock_.now()}.ends();
        clock_.leap(std::chrono::floor<std::chrono::milliseconds>(month_ends - 1h - clock_.now()));
        installation_.sandbox().scriptAnswer(licenceAnswer("京T00001"));
        merchant_ =
            installation_.onboard("Leaping", R"("day_limit":)" + std::to_string(kDayLimit) +
                                                 R"(,"upstream_day_free":)" + std::to_string(kDayFree) +
                                                 R"(,"upstream_pack_units":)" + std::to_string(kUpstreamPackUnits));
        // WeChat would let more through: what stops the clients is Tollgate. It does not tell, so that our count stands.
        installation_.sandbox().plan("/cgi-bin/openapi/quota/get", R"("errcode":-1)", 1000);
        AdminClient& admin = installation_.admin();
        admin.call("POST", "/plans",
                   R"({"id":"p","name":"P","price_micro_yuan":50000,"packs_only":true,"month_limit":)" +
                       std::to_string(kMonthLimit) + "}");
        admin.call("POST", "/merchants/" + merchant_.id + "/plan-assignments", R"({"plan_version":"p@1"})");
        admin.call("POST", "/merchants/" + merchant_.id + "/packs",
                   R"({"expires_at":"2199-01-01T00:00:00Z","units":)" + std::to_string(kPackUnits) + "}");
        clock_.leap(1s);  // past the instant at which plan and pack begin, for a machine whose clock is coarse
    }

    /// 64 clients scan while `meanwhile` is done; what was passed is looked at all the while.
    void scanWhile(const std::function<void()>& meanwhile) {
        std::atomic<bool> over{false};
        std::thread watcher{[&] {
            while (!over) {
                if (limitsPassed() != 0) ++passed_;
                ++looks_;
            }
        }};
        std::atomic<int> answered{0};
        Crowd crowd{kClients, [&](int) {
                        MerchantClient client = installation_.clientOf(merchant_.key.text);
                        for (int scan = 0; scan < kScansEach; ++scan) {
                            const ScanAnswer answer = client.scan(picture(++pictures_));
                            if (!answer.http.came()) return;
                            ++answered;
                            if (answer.errcode == 0) ++recognised_;
                            const bool refused = answer.errcode == 45009 || answer.errcode == 101003;
                            EXPECT_TRUE(answer.errcode == 0 || refused) << answer.http.body << answer.code();
                        }
                    }};
        EXPECT_TRUE(eventually(kPatience, [&] { return answered >= kClients / 2; }));
        meanwhile();
        crowd.join();
        over = true;
        watcher.join();
    }

    std::int64_t number(const std::string& sql) const {
        return numberIn(installation_.dataFolder() / "tollgate.db", sql);
    }
    std::int64_t limitsPassed() const {
        return number(
            "SELECT (SELECT count(*) FROM quota_window WHERE used + held > limit_units)"
            " + (SELECT count(*) FROM quota_window WHERE policy = 'day' AND used + held > " +
            std::to_string(kDayLimit) +
            ") + (SELECT count(*) FROM quota_window WHERE policy = 'month' AND used + held > " +
            std::to_string(kMonthLimit) + ") + (SELECT count(*) FROM pack WHERE used + held > units)" +
            // All days together cannot have more of WeChat's packs than there were.
            " + (SELECT count(*) FROM (SELECT sum(max(0, used + held - " + std::to_string(kDayFree) +
            ")) AS beyond FROM quota_window WHERE policy = 'upstream_day') WHERE beyond > " +
            std::to_string(kUpstreamPackUnits) + ")");
    }
    /// Every hold lies in the windows of the instant that it was held at, and every sum is that of its holds.
    void expectEachScanInTheWindowsItWasHeldIn() const {
        EXPECT_EQ(
            number("SELECT count(*) FROM hold JOIN quota_window AS w ON w.row IN (day_window_row, month_window_row, "
                   "upstream_window_row) WHERE at_ms < starts_ms OR at_ms >= ends_ms"),
            0);
        EXPECT_EQ(
            number("SELECT count(*) FROM quota_window AS w WHERE held <> (SELECT coalesce(sum(units), 0) FROM hold "
                   "WHERE state IN ('held', 'unknown') AND w.row IN (day_window_row, month_window_row, "
                   "upstream_window_row))"),
            0);
        EXPECT_EQ(number("SELECT count(*) FROM quota_window AS w WHERE policy IN ('day', 'month') AND used <> (SELECT "
                         "count(*) FROM usage_entry WHERE w.starts_ms <= at_ms AND at_ms < w.ends_ms)"),
                  0);
        EXPECT_EQ(number("SELECT used - (SELECT count(*) FROM usage_entry) FROM pack"), 0);
        EXPECT_EQ(number("SELECT " + std::to_string(kUpstreamPackUnits) +
                         " - upstream_pack_units - (SELECT sum(max(0, "
                         "used + held - " +
                         std::to_string(kDayFree) +
                         ")) FROM quota_window WHERE policy = "
                         "'upstream_day') FROM merchant"),
                  0)
            << "WeChat's packs are counted down by what lies beyond the free calls";
    }

    TemporaryFolder clock_folder_;
    simulation::SharedClock clock_{clock_folder_.path() / "clock"};
    Installation installation_{{.gateway = {{"upstream.call_ms", "40000"}, {"upstream.connect_ms", "30000"}},
                                .serving_program = "simulated_gateway",
                                .serving_environment = {{"TOLLGATE_SIMULATED_CLOCK", clock_folder_.path() / "clock"}}}};
    Merchant merchant_;
    std::atomic<std::int64_t> pictures_{0};
    std::atomic<int> recognised_{0};
    std::atomic<int> passed_{0};
    std::atomic<int> looks_{0};
};

TEST_F(QuotaLeaps, LimitsHoldWhileTheClockLeapsAndTheGatewayIsKilled) {
    const auto leap = [this](std::chrono::hours by) { return [this, by] { clock_.leap(by); }; };

    scanWhile([] {});
    EXPECT_EQ(recognised_, kDayLimit) << "a day's worth, before anything leaps";
    scanWhile(leap(1h));   // over the end of the month
    scanWhile(leap(-1h));  // and back
    scanWhile(leap(48h));  // two days into the next one
    scanWhile([this] {
        clock_.leap(-48h);
        installation_.killGateway();
    });
    installation_.startGateway();
    scanWhile(leap(48h));
    scanWhile(leap(24h * 27));  // the month after that is not far
    scanWhile(leap(-24h * 27));

    EXPECT_EQ(passed_, 0) << "a limit was passed at some commit";
    EXPECT_GT(looks_, 0);
    expectEachScanInTheWindowsItWasHeldIn();
    EXPECT_GE(number("SELECT count(*) FROM usage_entry"), recognised_) << "every answer has its line";
    EXPECT_GT(recognised_, 2 * kDayLimit) << "other days have their own";
}

}  // namespace
}  // namespace integration
