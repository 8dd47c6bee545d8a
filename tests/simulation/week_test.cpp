#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <random>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"
#include "tests/simulation/shared_clock.h"

/// A provider leaves the gateway alone with its merchants while WeChat loses, repeats and delays what it sends, answers
/// refreshes late and out of order, merchants leave and come back, and the machine is killed every hour. What happens, and to
/// whom, repeats from a seed; what meets what within the same few milliseconds does not.
namespace integration {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLimits = R"("day_limit":1000000,"upstream_day_free":null)";
constexpr std::chrono::minutes kStep{5};
constexpr int kStepsAnHour = 12;
constexpr int kClients = 4;
constexpr int kScansAStep = 40;
// WeChat's tokens live two hours, and nobody can renew them later than the margin before their end and be safe.
constexpr std::chrono::seconds kLongestUse{7200 - 600};
constexpr std::chrono::hours kADayAndMore{26};
// A thousand accounts one by one, on a machine that has other things to do as well: seen to take 33 s.
constexpr std::chrono::minutes kReconciliationPatience{10};

int environmentNumber(const char* name, int otherwise) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    return text == nullptr ? otherwise : std::stoi(text);
}

/// A merchant and what the test knows of it that the gateway has to find out.
struct Shop {
    Merchant merchant;
    bool sets_grown = false;
    tenants::UtcTime scans_from{};  // before that it may be refused: nothing has told the gateway of its new consent
};

class Week {
public:
    Week(int merchants, int seed)
        : clock_(clock_folder_.path() / "clock"),
          installation_({.gateway = {{"upstream.call_ms", "40000"},
                                     {"upstream.connect_ms", "30000"},
                                     {"log.level", "info"},
                                     {"tokens.look_every_ms", "100"}},
                         .serving_program = "simulated_gateway",
                         .serving_environment = {{"TOLLGATE_SIMULATED_CLOCK", clock_folder_.path() / "clock"}}}),
          random_(static_cast<std::mt19937::result_type>(seed)) {
        installation_.sandbox().call("PATCH", "/component", R"({"platform_stamps":true})");
        installation_.sandbox().scriptAnswer(licenceAnswer("京C00001"));
        for (int number = 0; number < merchants; ++number) {
            // A shop may scan more in a day than WeChat gives for nothing, wherever the day turns in this week.
            shops_.push_back({.merchant = installation_.onboard("Shop " + std::to_string(number), kLimits)});
        }
        installation_.sandbox().call("DELETE", "/counters");
    }

    void liveThroughHour() {
        const int fatal_step = pick(kStepsAnHour);
        for (int step = 0; step < kStepsAnHour; ++step) {
            advance();
            somethingHappens();
            if (step == fatal_step) {
                scanUntil([this] { installation_.killGateway(); });
                installation_.startGateway();
            } else {
                scanUntil([] {});
            }
        }
    }

    /// Nobody had to help: whoever is authorized at WeChat can scan, and no merchant asks for an operator.
    void expectNobodyNeedsAPerson() {
        advanceBy(kADayAndMore);
        for (const Shop& shop : shops_) {
            EXPECT_TRUE(installation_.becomesState(shop.merchant.id, "active"))
                << shop.merchant.id << ": "
                << installation_.admin().merchant(shop.merchant.id).at("state_reason").text();
            EXPECT_EQ(scan(shop).errcode, 0) << shop.merchant.id;
        }
    }

    /// What a week that went wrong left behind, for who looks for the reason: TOLLGATE_WEEK_LOGS names the folder.
    void keepLogs() {
        const char* folder = std::getenv("TOLLGATE_WEEK_LOGS");  // NOLINT(concurrency-mt-unsafe): as above
        if (folder == nullptr) return;
        std::filesystem::create_directories(folder);
        std::filesystem::copy(
            installation_.folder(), folder,
            std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    }

    void expectFewRefreshes(std::chrono::hours lived) {
        std::int64_t refreshes = 0;
        const Json told = installation_.sandbox().call("GET", "/counters?path=" + std::string{kRefreshPath});
        const Json counters = told.at("counters");
        for (std::size_t index = 0; index < counters.size(); ++index)
            refreshes += counters.at(index).at("calls").integer();
        const double necessary =
            static_cast<double>(shops_.size()) * std::chrono::duration<double>{lived} / kLongestUse + new_tokens_;
        std::cout << "refreshes " << refreshes << ", necessary " << necessary << ", ratio "
                  << static_cast<double>(refreshes) / necessary << ", scans " << scans_ << std::endl;
        // Each kill, one an hour, may cost a refresh whose answer died with the process.
        EXPECT_LE(static_cast<double>(refreshes), 1.05 * necessary + static_cast<double>(lived.count()));
    }

private:
    int pick(int count) { return std::uniform_int_distribution{0, count - 1}(random_); }
    template <std::size_t count>
    const char* oneOf(const std::array<const char*, count>& choices) {
        return choices.at(static_cast<std::size_t>(pick(static_cast<int>(count))));
    }
    bool happensOnceIn(int steps) { return pick(steps) == 0; }
    Shop& anyShop() { return shops_[static_cast<std::size_t>(pick(static_cast<int>(shops_.size())))]; }

    void advance() { advanceBy(kStep); }
    void advanceBy(std::chrono::minutes by) {
        // In steps that a machine can live through: a token lives two hours.
        for (; by > kStep; by -= kStep) advanceBy(kStep);
        clock_.advance(by);
        installation_.sandbox().advanceClock(std::chrono::seconds{by}.count());
        // An hour of ours is seconds long: what the gateway would do in an hour must not be cut off by the next one.
        EXPECT_TRUE(eventually(kReconciliationPatience, [this] { return !reconciles(); }));
    }

    bool reconciles() {
        const Json runs = installation_.admin().call("GET", "/reconciliations").at("reconciliations");
        return runs.size() > 0 && runs.at(0).at("state").text() == "running";
    }

    void somethingHappens() {
        if (happensOnceIn(3)) disturbEvents();
        if (happensOnceIn(4)) growSets(anyShop());
        if (happensOnceIn(4)) renewConsent(anyShop());
        if (happensOnceIn(6)) leaveAndComeBack(anyShop());
        if (happensOnceIn(6)) loseRefreshToken(anyShop());
        if (happensOnceIn(4)) delayRefreshes();
    }

    void disturbEvents() {
        static constexpr std::array kDisturbances{R"("drop":1)", R"("duplicate":2)", R"("reorder":2)",
                                                  R"("delay_ms":150)"};
        static constexpr std::array kTypes{"authorized", "updateauthorized", "unauthorized"};
        installation_.sandbox().planEvents(std::string{"{"} + oneOf(kDisturbances) + R"(,"info_type":")" +
                                           oneOf(kTypes) + "\"}");
    }
    /// One more set, 117 stays.
    void growSets(Shop& shop) {
        shop.sets_grown = !shop.sets_grown;
        installation_.sandbox().changeAuthorizer(shop.merchant.appid,
                                                 shop.sets_grown ? R"({"sets":[17,117]})" : R"({"sets":[117]})");
    }
    /// The merchant's administrator consents again in WeChat's own pages: the old tokens die, and no event need come.
    void renewConsent(Shop& shop) {
        installation_.sandbox().act(shop.merchant.appid, "reauthorize");
        ++new_tokens_;
    }
    /// Either the browser lands or the event comes. An authorization of which neither came is outside of what can be promised:
    /// nobody has its code, without which WeChat tells no refresh token, not in the list either (docs/pitfalls.md).
    void leaveAndComeBack(Shop& shop) {
        const bool lands = happensOnceIn(2);
        if (!lands) installation_.sandbox().call("DELETE", "/events");
        installation_.sandbox().act(shop.merchant.appid, "withdraw");
        advanceBy(std::chrono::minutes{1});  // nobody does both within a second
        const std::string link = installation_.admin().createLink(shop.merchant.id);
        const std::string redirect = installation_.sandbox().consent(shop.merchant.appid, link);
        ++new_tokens_;
        if (lands) {
            EXPECT_EQ(browser_.send({.url = redirect}).status, 200);
        } else {
            shop.scans_from = clock_.now() + 2 * kStep;
        }
    }
    void loseRefreshToken(Shop& shop) {
        installation_.sandbox().act(shop.merchant.appid, "rotateRefreshToken");
        ++new_tokens_;
    }
    void delayRefreshes() {
        installation_.sandbox().plan(kRefreshPath, R"("mode":"delay","delay_ms":)" + std::to_string(20 + 40 * pick(5)),
                                     3);
    }

    /// Scans from several clients while `meanwhile` is done. A scan that got no answer, because the gateway was killed, says
    /// nothing; every other one must succeed.
    void scanUntil(const std::function<void()>& meanwhile) {
        std::vector<const Shop*> chosen;
        for (int number = 0; number < kScansAStep; ++number) {
            const Shop& shop = anyShop();
            if (shop.scans_from <= clock_.now()) chosen.push_back(&shop);
        }
        std::atomic<std::size_t> next{0};
        Crowd crowd{kClients, [&](int) {
                        while (true) {
                            const std::size_t number = next++;
                            if (number >= chosen.size()) return;
                            const ScanAnswer answer = scan(*chosen[number]);
                            if (!answer.http.came()) return;
                            EXPECT_EQ(answer.errcode, 0)
                                << chosen[number]->merchant.id << " at " << tenants::rfc3339(clock_.now()) << ": "
                                << answer.http.body << " " << answer.code();
                        }
                    }};
        meanwhile();
        crowd.join();
    }
    ScanAnswer scan(const Shop& shop) { return installation_.clientOf(shop.merchant.key.text).scan(picture(++scans_)); }

    TemporaryFolder clock_folder_;
    simulation::SharedClock clock_;
    Installation installation_;
    std::mt19937 random_;
    HttpClient browser_;
    std::vector<Shop> shops_;
    std::atomic<std::int64_t> scans_{0};
    int new_tokens_ = 0;  // tokens that died before their time, each worth one refresh
};

// The whole week: script/simulate-week.
TEST(Week, NoMerchantIsLostAndNoRefreshIsWasted) {
    const int merchants = environmentNumber("TOLLGATE_WEEK_MERCHANTS", 40);
    const std::chrono::hours hours{environmentNumber("TOLLGATE_WEEK_HOURS", 12)};
    const int seed = environmentNumber("TOLLGATE_WEEK_SEED", 20'261'122);
    std::cout << "seed " << seed << ", merchants " << merchants << ", hours " << hours.count() << std::endl;
    Week week{merchants, seed};

    for (std::chrono::hours lived{0}; lived < hours && !testing::Test::HasFailure();) {
        week.liveThroughHour();
        if (++lived % std::chrono::days{1} == 0h) std::cout << "lived through " << lived.count() << " h" << std::endl;
    }

    week.expectFewRefreshes(hours);
    week.expectNobodyNeedsAPerson();
    if (testing::Test::HasFailure()) week.keepLogs();
}

}  // namespace
}  // namespace integration
