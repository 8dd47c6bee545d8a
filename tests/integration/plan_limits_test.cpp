#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/database_view.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

constexpr int kClients = 64;

/// A merchant under every limit at once: 90 a day of its own, 70 a month of its plan's, 60 prepaid units in two packs, and
/// 50 free calls with 15 of a pack at WeChat.
class PlanLimits : public testing::Test {
protected:
    PlanLimits() {
        waitOutMidnight(std::chrono::seconds{90});
        installation_.sandbox().scriptAnswer(licenceAnswer("京L00001"));
        merchant_ =
            installation_.onboard("Limited", R"("day_limit":90,"upstream_day_free":50,"upstream_pack_units":15)", 50);
        installation_.sandbox().changeAuthorizer(merchant_.appid, R"({"pack_units":1000})");
        AdminClient& admin = installation_.admin();
        admin.call("POST", "/plans",
                   R"({"id":"p","name":"P","price_micro_yuan":50000,"month_limit":70,"packs_only":true})");
        const std::string mine = "/merchants/" + merchant_.id;
        admin.call("POST", mine + "/plan-assignments", R"({"plan_version":"p@1"})");
        for (int pack = 0; pack < 2; ++pack) {
            admin.call("POST", mine + "/packs", R"({"units":30,"expires_at":"2099-01-01T00:00:00Z"})");
        }
    }

    /// Scans until each client was refused for want of quota, or `goes_on` says no. Looks at the limits all the while.
    void scanAll(int scans_each, const std::function<void()>& meanwhile) {
        std::atomic<bool> over{false};
        std::atomic<int> looks{0};
        std::atomic<std::int64_t> passed{0};
        std::thread watcher{[&] {
            while (!over) {
                passed += limitsPassed();
                ++looks;
            }
        }};
        Crowd crowd{kClients, [&](int) {
                        MerchantClient client = installation_.clientOf(merchant_.key.text);
                        for (int scan = 0; scan < scans_each; ++scan) {
                            const ScanAnswer answer = client.scan(picture(++last_picture_));
                            if (!answer.http.came()) return;
                            if (answer.errcode == 0) ++recognised_;
                            ++codes_[answer.errcode == 0 ? 0 : answer.errcode == 45009 ? 1 : 2];
                        }
                    }};
        meanwhile();
        crowd.join();
        over = true;
        watcher.join();
        EXPECT_EQ(passed, 0) << "a limit was passed at some commit";
        EXPECT_GT(looks, 0);
    }

    std::int64_t number(const std::string& sql) const {
        return numberIn(installation_.dataFolder() / "tollgate.db", sql);
    }
    std::int64_t limitsPassed() const {
        return number(
            "SELECT (SELECT count(*) FROM quota_window WHERE used + held > limit_units)"
            " + (SELECT count(*) FROM pack WHERE used + held > units)"
            " + (SELECT count(*) FROM (SELECT sum(used + held) AS taken FROM pack) WHERE taken > 60)"
            " + (SELECT count(*) FROM quota_window WHERE policy = 'upstream_day' AND used + held > 65)"
            " + (SELECT count(*) FROM quota_window WHERE policy = 'month' AND used + held > 70)");
    }
    void expectSumsEqualTheirHolds() const {
        EXPECT_EQ(
            number("SELECT count(*) FROM quota_window AS w WHERE held <> (SELECT coalesce(sum(units), 0) FROM hold "
                   "WHERE state IN ('held', 'unknown') AND w.row IN (day_window_row, month_window_row, "
                   "upstream_window_row))"),
            0);
        EXPECT_EQ(number("SELECT count(*) FROM pack AS p WHERE held <> (SELECT coalesce(sum(units), 0) FROM hold WHERE "
                         "state IN ('held', 'unknown') AND pack_row = p.row) OR used <> (SELECT count(*) FROM "
                         "usage_entry WHERE pack_row = p.row)"),
                  0);
        EXPECT_EQ(number("SELECT count(*) FROM quota_window AS w WHERE policy = 'upstream_day' AND used + held <> "
                         "(SELECT count(*) FROM hold WHERE state <> 'released' AND upstream_window_row = w.row)"),
                  0);
    }

    Installation installation_{withPatience()};
    Merchant merchant_;
    std::atomic<std::int64_t> last_picture_{0};
    std::atomic<int> recognised_{0};
    std::array<std::atomic<int>, 3> codes_{};  // recognised, refused by a limit of ours, anything else
};

TEST_F(PlanLimits, SixtyFourClientsGetWhatTheNarrowestLimitLeaves) {
    scanAll(4, [] {});

    EXPECT_EQ(recognised_, 60) << "two packs of thirty";
    EXPECT_EQ(codes_[1], kClients * 4 - 60);
    EXPECT_EQ(codes_[2], 0);
    EXPECT_EQ(installation_.sandbox().calls(kDrivingPath).size(), 60U);
    EXPECT_EQ(installation_.admin().window(merchant_.id, "day").used, 60);
    EXPECT_EQ(installation_.admin().window(merchant_.id, "month").used, 60);
    EXPECT_EQ(installation_.admin().window(merchant_.id, "upstream_day").used, 60);
    EXPECT_EQ(installation_.admin().merchant(merchant_.id).at("upstream_pack_units").integer(), 5);
    expectSumsEqualTheirHolds();
}

TEST_F(PlanLimits, KillInTheMiddleLosesNoUnitAndGivesNoneTwice) {
    installation_.sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":50)", 1000);

    scanAll(1000, [this] {
        EXPECT_TRUE(eventually(kPatience, [this] { return recognised_ >= 10; }));
        installation_.killGateway();
    });
    installation_.startGateway();
    expectSumsEqualTheirHolds();
    installation_.sandbox().clearFaults();
    scanAll(4, [] {});

    expectSumsEqualTheirHolds();
    const std::int64_t unknown = number("SELECT count(*) FROM hold WHERE state = 'unknown'");
    const std::int64_t charged = number("SELECT count(*) FROM usage_entry");
    EXPECT_GE(charged, recognised_) << "every answer has its line";
    EXPECT_EQ(charged + unknown, 60) << "what nobody knows keeps its prepaid unit";
    EXPECT_EQ(installation_.admin().merchant(merchant_.id).at("upstream_pack_units").integer(), 5);
    EXPECT_EQ(installation_.admin().window(merchant_.id, "month").unknown, unknown);
}

}  // namespace
}  // namespace integration
