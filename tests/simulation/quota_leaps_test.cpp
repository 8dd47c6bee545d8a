#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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
using testing::AnyOf;
using testing::Optional;

constexpr int kClients = 64;
constexpr int kScansEach = 2;

/// Of the merchant: a day's own, a month's of its plan, prepaid units of each pack, and a day's at WeChat.
struct Limits {
    int day = 30;
    int month = 70;
    std::vector<int> packs = {150};
    int day_free = 25;
    int upstream_pack = 20;
};

/// The real gateway under a wall clock that leaps, and 64 clients that want more than there is.
class QuotaLeaps : public testing::Test {
protected:
    QuotaLeaps() : QuotaLeaps(Limits{}) {}
    explicit QuotaLeaps(Limits limits) : limits_(std::move(limits)) {
        // An hour before the month ends in Beijing, whatever day it is where the test runs.
        const tenants::UtcTime month_ends = tenants::Period{clock_.now()}.ends();
        clock_.leap(std::chrono::floor<std::chrono::milliseconds>(month_ends - 1h - clock_.now()));
        installation_.sandbox().scriptAnswer(licenceAnswer("京T00001"));
        merchant_ =
            installation_.onboard("Leaping", R"("day_limit":)" + std::to_string(limits_.day) +
                                                 R"(,"upstream_day_free":)" + std::to_string(limits_.day_free) +
                                                 R"(,"upstream_pack_units":)" + std::to_string(limits_.upstream_pack));
        // WeChat would let more through: what stops the clients is Tollgate. It does not tell, so that our count stands.
        installation_.sandbox().plan("/cgi-bin/openapi/quota/get", R"("errcode":-1)", 1000);
        AdminClient& admin = installation_.admin();
        admin.call("POST", "/plans",
                   R"({"id":"p","name":"P","price_micro_yuan":50000,"packs_only":true,"month_limit":)" +
                       std::to_string(limits_.month) + "}");
        admin.call("POST", "/merchants/" + merchant_.id + "/plan-assignments", R"({"plan_version":"p@1"})");
        for (const int units : limits_.packs) {
            admin.call("POST", "/merchants/" + merchant_.id + "/packs",
                       R"({"expires_at":"2199-01-01T00:00:00Z","units":)" + std::to_string(units) + "}");
        }
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
                            EXPECT_THAT(answer.errcode, Optional(AnyOf(0, 45009, 101003)))
                                << answer.http.body << answer.code();
                        }
                    }};
        EXPECT_TRUE(eventually(kPatience, [&] { return answered >= kClients / 2; }));
        meanwhile();
        crowd.join();
        over = true;
        watcher.join();
    }

    /// The platform's first ticket is stamped by its own clock, which does not leap: it is taken near that only.
    void restart() {
        const auto away = std::chrono::floor<std::chrono::milliseconds>(clock_.now() - tenants::SystemClock{}.now());
        clock_.leap(-away);
        installation_.startGateway();
        clock_.leap(away);
    }

    std::int64_t number(const std::string& sql) const {
        return numberIn(installation_.dataFolder() / "tollgate.sqlite", sql);
    }
    std::int64_t limitsPassed() const {
        return number(
            "SELECT (SELECT count(*) FROM quota_window WHERE used + held > limit_units)"
            " + (SELECT count(*) FROM quota_window WHERE policy = 'day' AND used + held > " +
            std::to_string(limits_.day) +
            ") + (SELECT count(*) FROM quota_window WHERE policy = 'month' AND used + held > " +
            std::to_string(limits_.month) + ") + (SELECT count(*) FROM pack WHERE used + held > units)" +
            // All days together cannot have more of WeChat's packs than there were.
            " + (SELECT count(*) FROM (SELECT sum(max(0, used + held - " + std::to_string(limits_.day_free) +
            ")) AS beyond FROM quota_window WHERE policy = 'upstream_day') WHERE beyond > " +
            std::to_string(limits_.upstream_pack) + ")");
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
        EXPECT_EQ(number("SELECT sum(used) - (SELECT count(*) FROM usage_entry) FROM pack"), 0);
        EXPECT_EQ(number("SELECT " + std::to_string(limits_.upstream_pack) +
                         " - upstream_pack_units - (SELECT sum(max(0, "
                         "used + held - " +
                         std::to_string(limits_.day_free) +
                         ")) FROM quota_window WHERE policy = "
                         "'upstream_day') FROM merchant"),
                  0)
            << "WeChat's packs are counted down by what lies beyond the free calls";
    }

    const Limits limits_;
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
    EXPECT_EQ(recognised_, limits_.day) << "a day's worth, before anything leaps";
    scanWhile(leap(1h));   // over the end of the month
    scanWhile(leap(-1h));  // and back
    scanWhile(leap(48h));  // two days into the next one
    scanWhile([this] {
        clock_.leap(-48h);
        installation_.killGateway();
    });
    restart();
    scanWhile(leap(48h));
    scanWhile(leap(24h * 27));  // the month after that is not far
    scanWhile(leap(-24h * 27));

    EXPECT_EQ(passed_, 0) << "a limit was passed at some commit";
    EXPECT_GT(looks_, 0);
    expectEachScanInTheWindowsItWasHeldIn();
    EXPECT_GE(number("SELECT count(*) FROM usage_entry"), recognised_) << "every answer has its line";
    EXPECT_GT(recognised_, 2 * limits_.day) << "other days have their own";
}

TEST_F(QuotaLeaps, ScanThatStraddlesMidnightIsInTheWindowsInWhichItWasHeld) {
    const tenants::Period month{clock_.now()};
    clock_.leap(std::chrono::floor<std::chrono::milliseconds>(month.ends() - 5s - clock_.now()));
    installation_.sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":5000)");
    Crowd straddling{1, [this](int) {
                         MerchantClient client = installation_.clientOf(merchant_.key.text);
                         EXPECT_EQ(client.scan(picture(++pictures_)).errcode, 0);
                     }};
    EXPECT_TRUE(eventually(kPatience, [this] { return installation_.sandbox().calls(kDrivingPath).size() == 1; }));
    clock_.leap(1min);
    straddling.join();
    MerchantClient client = installation_.clientOf(merchant_.key.text);
    ASSERT_EQ(client.scan(picture(++pictures_)).errcode, 0);

    const std::string end = std::to_string(tenants::Period{clock_.now()}.starts().time_since_epoch().count());
    EXPECT_EQ(number("SELECT count(*) FROM usage_entry WHERE at_ms < " + end + " AND recorded_ms >= " + end), 1)
        << "it was answered in the new month";
    for (const char* policy : {"day", "month", "upstream_day"}) {
        const std::string used = std::string{"SELECT used FROM quota_window WHERE policy = '"} + policy + "' AND ";
        EXPECT_EQ(number(used + "ends_ms = " + end), 1) << policy << " in which it was held";
        EXPECT_EQ(number(used + "starts_ms = " + end), 1) << policy << " of the scan after it";
    }
    const Json entries =
        installation_.admin().call("GET", "/merchants/" + merchant_.id + "/usage-entries").at("usage_entries");
    EXPECT_EQ(entries.at(1).at("period").text(), month.text()) << "and is billed there";
    EXPECT_EQ(entries.at(0).at("period").text(), month.next().text());
    expectEachScanInTheWindowsItWasHeldIn();
}

/// Packs and the month are what is narrow.
class PackLeaps : public QuotaLeaps {
protected:
    PackLeaps() : QuotaLeaps({.day = 1000, .month = 50, .packs = {30, 50}, .day_free = 1000, .upstream_pack = 0}) {}

    std::function<void()> leapAndKill(std::chrono::hours by) {
        return [this, by] {
            clock_.leap(by);
            installation_.killGateway();
        };
    }
};

TEST_F(PackLeaps, PacksAndTheMonthHoldWhileTheClockLeapsAndTheGatewayIsKilledEachTime) {
    scanWhile([] {});
    EXPECT_EQ(recognised_, 50) << "the month's worth";
    for (const std::chrono::hours by : {1h, -1h, 48h, -48h, 48h}) {  // each time over the end of the month, and back
        scanWhile(leapAndKill(by));
        restart();
    }
    scanWhile([] {});

    EXPECT_EQ(passed_, 0) << "a limit was passed at some commit";
    expectEachScanInTheWindowsItWasHeldIn();
    EXPECT_EQ(number("SELECT sum(units - used - held) FROM pack"), 0) << "eighty units, and all are gone";
    const std::int64_t charged = number("SELECT count(*) FROM usage_entry");
    EXPECT_GE(charged, recognised_) << "every answer has its line";
    EXPECT_EQ(charged + number("SELECT count(*) FROM hold WHERE state = 'unknown'"), 80);
    EXPECT_EQ(number("SELECT count(*) FROM quota_window WHERE policy = 'month' AND used + held > 50"), 0);
    EXPECT_GE(number("SELECT count(*) FROM quota_window WHERE policy = 'month'"), 2);
}

}  // namespace
}  // namespace integration
