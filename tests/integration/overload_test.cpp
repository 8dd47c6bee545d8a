#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"
#include "tests/integration/support/load.h"
#include "tests/integration/support/wire_push.h"

namespace integration {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSlowerBuild = 10;
#else
constexpr int kSlowerBuild = 1;
#endif
constexpr int kPlaces = 32;
constexpr milliseconds kUpstreamTakes{100};
constexpr seconds kMeasured{4};
constexpr int kForEver = 1'000'000;

/// What another merchant's p99 may be while one misbehaves.
microseconds allowed(microseconds alone) {
    return alone * 12 / 10 + kSlowerBuild * milliseconds{20};
}

Load::Result measure(Load::Plan plan, seconds lasting = kMeasured) {
    Load load{std::move(plan)};
    letPass(lasting);
    return load.finish();
}

void expectNoFailure(const Load::Result& result) {
    EXPECT_EQ(result.broken, 0);
    EXPECT_TRUE(result.refused.empty()) << result.refused.size() << " " << result.codes.begin()->first;
}

// Capacity is what the places at the upstream let through: a hundredth of what the machine could do otherwise.
TEST(Overload, FourTimesTheCapacityLeavesGoodputAndRefusalsAreQuick) {
    Installation installation{{.gateway = {{"upstream.in_flight", std::to_string(kPlaces)},
                                           {"merchant.in_flight", "1000"},
                                           {"log.level", "warning"}}}};
    installation.sandbox().scriptAnswer(licenceAnswer("京O00001"));
    const Merchant merchant = installation.onboard("Many");
    installation.sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":)" + std::to_string(kUpstreamTakes.count()),
                                kForEver);
    Load::Plan plan{.url = installation.publicUrl(),
                    .request = scanRequest(merchant.key.text, picture(1, 20'000)),
                    .clients = kPlaces};
    const Load::Result alone = measure(plan);
    const double capacity = alone.servedPerSecond();
    plan.clients = 8 * kPlaces;
    plan.pace = microseconds{static_cast<std::int64_t>(1e6 * plan.clients / (4 * capacity))};

    const Load::Result result = measure(plan);

    RecordProperty("capacity_per_s", std::to_string(capacity));
    RecordProperty("goodput_per_s", std::to_string(result.servedPerSecond()));
    RecordProperty("offered_per_s", std::to_string(result.servedPerSecond() + result.refusedPerSecond()));
    RecordProperty("refusal_p50_us", std::to_string(quantile(result.refused, 0.5).count()));
    RecordProperty("refusal_p99_us", std::to_string(quantile(result.refused, 0.99).count()));
    expectNoFailure(alone);
    EXPECT_EQ(result.broken, 0);
    EXPECT_GE(result.servedPerSecond(), 0.9 * capacity);
    EXPECT_GE(result.servedPerSecond() + result.refusedPerSecond(), 3 * capacity) << "no overload was made";
    EXPECT_LE(quantile(result.refused, 0.99), kSlowerBuild * milliseconds{50});
    EXPECT_EQ(result.codes.size(), 1U);
    EXPECT_TRUE(result.codes.contains("upstream_busy"));
    EXPECT_TRUE(eventually(kPatience, [&] { return installation.admin().window(merchant.id).held == 0; }))
        << "a refusal left a hold behind";
}

// Many small scans and an upstream that answers at once: what is short is the processor, of the gateway, its upstream and the
// load alike. A refusal costs it an eighth of a scan (docs/adr/0012), so that four times the capacity would leave 55 % of
// it by arithmetic where all were answered at once; what is held here is that goodput falls no further than that and the
// noise of a shared machine, as it would if work were begun that is thrown away later, and that most refusals are quick.
TEST(Overload, WhereTheProcessorIsShortWorkThatWasBegunIsFinished) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    Installation installation{{.gateway = {{"merchant.in_flight", "100000"}, {"log.level", "warning"}}}};
    installation.sandbox().scriptAnswer(licenceAnswer("京C00001"));
    const Merchant merchant = installation.onboard("Many", R"("day_limit":1000000000)", 1'000'000'000);
    Load::Plan plan{
        .url = installation.publicUrl(), .request = scanRequest(merchant.key.text, picture(1, 1000)), .clients = 64};
    measure(plan, seconds{1});  // connections, tokens
    // Who shares the machine with other work waits for the processor as well: script/load-test does not.
    const bool alone_on_machine = std::getenv("TOLLGATE_NOISE_PACE_US") != nullptr;
    const milliseconds promised = kSlowerBuild * milliseconds{alone_on_machine ? 50 : 500};
    const double least_goodput = alone_on_machine ? 0.4 : 0.2;  // of the capacity
    Load::Result alone;
    Load::Result result;
    // The machine may have been slower in one of the two than in the other.
    for (int tries = 0; tries < 3; ++tries) {
        plan.clients = 64;
        plan.pace = microseconds{0};
        alone = measure(plan);
        plan.clients = 1500;
        plan.pace = microseconds{static_cast<std::int64_t>(1e6 * plan.clients / (4 * alone.servedPerSecond()))};
        result = measure(plan);
        const bool quick = !result.refused.empty() && quantile(result.refused, 0.5) <= promised;
        if (quick && result.servedPerSecond() >= least_goodput * alone.servedPerSecond()) break;
    }

    RecordProperty("capacity_per_s", std::to_string(alone.servedPerSecond()));
    RecordProperty("goodput_per_s", std::to_string(result.servedPerSecond()));
    RecordProperty("offered_per_s", std::to_string(result.servedPerSecond() + result.refusedPerSecond()));
    ASSERT_FALSE(result.refused.empty()) << "no overload was made";
    RecordProperty("served_p50_us", std::to_string(quantile(result.served, 0.5).count()));
    RecordProperty("served_p99_us", std::to_string(quantile(result.served, 0.99).count()));
    RecordProperty("refusal_p50_us", std::to_string(quantile(result.refused, 0.5).count()));
    RecordProperty("refusal_p99_us", std::to_string(quantile(result.refused, 0.99).count()));
    EXPECT_EQ(alone.broken + result.broken, 0);
    EXPECT_GE(result.servedPerSecond(), least_goodput * alone.servedPerSecond());
    EXPECT_LE(quantile(result.refused, 0.5), promised);
    for (const auto& [code, count] : result.codes) EXPECT_EQ(code, "upstream_busy") << count;
    EXPECT_TRUE(eventually(kPatience, [&] { return installation.admin().window(merchant.id).held == 0; }));
    EXPECT_EQ(installation.admin().window(merchant.id).unknown, 0) << "a call went out that nobody waited for";
}

class Neighbours : public testing::Test {
protected:
    Load::Plan quietPlan() const {
        return {.url = installation_.publicUrl(),
                .request = scanRequest(quiet_.key.text, picture(1, 20'000)),
                .clients = 4,
                .pace = milliseconds{20}};
    }
    /// What the quiet merchant sees alone, and then beside what `disturb` begins.
    void expectUndisturbed(const std::function<void()>& disturb) {
        measure(quietPlan(), seconds{1});  // connections, tokens
        const Load::Result alone = measure(quietPlan());
        expectNoFailure(alone);
        const microseconds bound = allowed(quantile(alone.served, 0.99));
        disturb();
        // What the machine itself stalls for a moment does not come three times; what a neighbour does comes every time.
        microseconds beside_p99{};
        for (int tries = 0; tries < 3 && (tries == 0 || beside_p99 > bound); ++tries) {
            const Load::Result beside = measure(quietPlan());
            expectNoFailure(beside);
            beside_p99 = quantile(beside.served, 0.99);
        }

        RecordProperty("alone_p99_us", std::to_string(quantile(alone.served, 0.99).count()));
        RecordProperty("beside_p99_us", std::to_string(beside_p99.count()));
        EXPECT_LE(beside_p99, bound);
    }

    Installation installation_{{.gateway = {{"log.level", "warning"}}}};
    Merchant noisy_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京N00001"));
        return installation_.onboard("Noisy");
    }();
    Merchant quiet_ = installation_.onboard("Quiet");
};

TEST_F(Neighbours, MerchantWhoseCallsHangSlowsOnlyItself) {
    installation_.sandbox().plan(kDrivingPath, R"("mode":"silent","appid":)" + jsonText(noisy_.appid), kForEver);
    std::unique_ptr<Load> stuck;

    expectUndisturbed([&] {
        stuck = std::make_unique<Load>(Load::Plan{.url = installation_.publicUrl(),
                                                  .request = scanRequest(noisy_.key.text, picture(2)),
                                                  .clients = 100,
                                                  .pace = milliseconds{100}});
    });

    const Load::Result result = stuck->finish();
    EXPECT_TRUE(result.served.empty());
    EXPECT_GT(result.codes.at("rate_limited"), 0) << "its own places are what it used up";
}

// In script/load-test they come again as soon as they are answered, which takes a machine of its own.
TEST_F(Neighbours, MerchantWithFiveHundredClientsSlowsOnlyItself) {
    const char* const pace_us = std::getenv("TOLLGATE_NOISE_PACE_US");
    const microseconds pace{pace_us == nullptr ? 500'000 : std::stoi(pace_us)};
    installation_.sandbox().plan(kDrivingPath, R"("mode":"delay","delay_ms":100,"appid":)" + jsonText(noisy_.appid),
                                 kForEver);
    std::unique_ptr<Load> noise;

    expectUndisturbed([&] {
        noise = std::make_unique<Load>(Load::Plan{.url = installation_.publicUrl(),
                                                  .request = scanRequest(noisy_.key.text, picture(2)),
                                                  .clients = 500,
                                                  .pace = pace});
    });

    const Load::Result result = noise->finish();
    EXPECT_EQ(result.broken, 0);
    RecordProperty("noise_served", std::to_string(result.served.size()));
    RecordProperty("noise_refused", std::to_string(result.refused.size()));
    EXPECT_GT(result.served.size(), 100U);
    EXPECT_GT(result.codes.at("rate_limited"), 100) << "no more of it came than it may have";
}

TEST_F(Neighbours, FloodOfForgedPushesSlowsNoScan) {
    const std::int64_t now = PushSender{installation_.publicUrl() + "/wechat/events"}.receiverTime();
    WirePush forged = sealedPush(eventMessage("unauthorized", now, std::string(40'000, 'x')), now);
    forged.msg_signature.back() = forged.msg_signature.back() == '0' ? '1' : '0';
    const std::string body = forged.body();
    const std::string request =
        "POST /wechat/events" + forged.query() +
        " HTTP/1.1\r\nHost: gateway\r\nContent-Type: text/xml\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    std::unique_ptr<Load> flood;

    expectUndisturbed([&] {
        flood = std::make_unique<Load>(
            Load::Plan{.url = installation_.publicUrl(), .request = request, .clients = 32, .pace = milliseconds{20}});
    });

    EXPECT_GT(flood->answers(), 100 / kSlowerBuild) << "there was no flood";
}

TEST_F(Neighbours, SlowReadsOfTheAdminSlowNoScan) {
    const std::string request = "GET /admin/v1/merchants/" + quiet_.id +
                                "/usage-entries?page_size=500 HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " +
                                installation_.adminToken() + "\r\n\r\n";
    std::unique_ptr<Load> reads;

    expectUndisturbed([&] {
        reads = std::make_unique<Load>(
            Load::Plan{.url = installation_.adminUrl(), .request = request, .clients = 16, .pace = milliseconds{20}});
    });

    EXPECT_GT(reads->answers(), 50 / kSlowerBuild) << "too few reads to slow anything";
}

}  // namespace
}  // namespace integration
