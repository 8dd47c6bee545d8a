#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

constexpr int kClients = 16;

int environmentNumber(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoi(text);
}

/// One scan that was asked for: under which request id, with which picture, and whether its answer came.
struct Scan {
    std::int64_t number = 0;
    bool with_key = false;  // by Idempotency-Key, else by X-Request-Id
    bool answered = false;

    std::string requestId() const { return (with_key ? "key-" : "request-") + std::to_string(number); }
    std::vector<std::string> headers() const {
        return {(with_key ? "Idempotency-Key: " : "X-Request-Id: ") + requestId()};
    }
};

/// Clients that scan until the gateway is gone.
class CrashLoad {
public:
    CrashLoad(const Installation& installation, const Merchant& merchant)
        : installation_(installation), merchant_(merchant) {}

    /// Scans with all clients and calls `strike` after `answers` answers; ends when every client has met the end.
    void run(int answers, const std::function<void()>& strike) {
        const int goal = answered_ + answers;
        Crowd crowd{kClients, [this](int) { scanUntilGone(); }};
        const bool reached = eventually(kPatience, [&] { return answered_ >= goal; });
        strike();
        crowd.join();
        EXPECT_TRUE(reached) << "only " << answered_ << " of " << goal << " answers came";
    }

    /// Asks again for what got no answer, under the same request id where that is an Idempotency-Key.
    void repeatUnanswered() {
        MerchantClient client = installation_.clientOf(merchant_.key.text);
        for (auto& [id, scan] : scans_) {
            if (scan.answered || !scan.with_key || told_.contains(id)) continue;
            const ScanAnswer answer = client.scan(picture(scan.number), scan.headers());
            if (answer.errcode == 0) {
                scan.answered = true;
            } else {
                EXPECT_EQ(answer.errcode, -1) << answer.http.body;
                EXPECT_EQ(answer.code(), "upstream_timeout") << answer.http.body;
                told_.insert(id);
            }
        }
    }

    const std::map<std::string, Scan>& scans() const { return scans_; }
    const Merchant& merchant() const { return merchant_; }

private:
    void scanUntilGone() {
        MerchantClient client = installation_.clientOf(merchant_.key.text);
        while (true) {
            Scan scan{.number = ++last_number_};
            scan.with_key = scan.number % 2 == 0;
            note(scan);
            const ScanAnswer answer = client.scan(picture(scan.number), scan.headers());
            if (!answer.http.came()) return;
            EXPECT_EQ(answer.errcode, 0) << answer.http.body;
            scan.answered = answer.errcode == 0;
            note(scan);
            ++answered_;
        }
    }

    void note(const Scan& scan) {
        const std::scoped_lock lock{mutex_};
        scans_.insert_or_assign(scan.requestId(), scan);
    }

    const Installation& installation_;
    const Merchant& merchant_;
    std::atomic<std::int64_t> last_number_{0};
    std::atomic<int> answered_{0};
    std::mutex mutex_;
    std::map<std::string, Scan> scans_;
    std::set<std::string> told_;  // that their outcome is unknown
};

void expectTrueLedger(Installation& installation, const Merchant& merchant, const CrashLoad& load) {
    std::map<std::string, int> charges;
    std::set<std::int64_t> numbers;
    for (const Entry& entry : installation.admin().entries(merchant.id)) {
        ++charges[entry.request_id];
        numbers.insert(entry.number);
        EXPECT_EQ(entry.units, 1);
    }
    for (const auto& [id, count] : charges) EXPECT_EQ(count, 1) << id << " was charged more than once";
    EXPECT_EQ(numbers.size(), charges.size());
    const std::int64_t last_number = numbers.empty() ? 0 : *numbers.rbegin();
    EXPECT_EQ(last_number, static_cast<std::int64_t>(numbers.size())) << "a gap in the ledger";
    for (const auto& [id, scan] : load.scans()) {
        EXPECT_TRUE(!scan.answered || charges[id] == 1) << id << " was answered and not charged";
    }

    std::map<std::string, std::int64_t> units;
    std::set<std::string> held_ids;
    for (const Hold& hold : installation.admin().holds(merchant.id)) {
        units[hold.state] += hold.units;
        EXPECT_TRUE(held_ids.insert(hold.request_id).second) << hold.request_id << " has two holds";
    }
    EXPECT_EQ(units["held"], 0) << "something stays held";
    EXPECT_EQ(units["settled"], static_cast<std::int64_t>(numbers.size()));
    const Window window = installation.admin().window(merchant.id);
    EXPECT_EQ(window.used, units["settled"]);
    EXPECT_EQ(window.held, units["unknown"]);
    EXPECT_EQ(window.unknown, units["unknown"]);
    const Window upstream = installation.admin().window(merchant.id, "upstream_day");
    EXPECT_EQ(upstream.used, units["settled"]);
    EXPECT_EQ(upstream.held, units["unknown"]);
}

void expectNoPictureSentTwice(Installation& installation, const CrashLoad& load) {
    std::map<std::string, std::string> request_ids;  // by picture
    for (const auto& [id, scan] : load.scans()) request_ids[sha256(picture(scan.number))] = id;
    std::map<std::string, std::string> states;
    const auto merchant_holds = installation.admin().holds(load.merchant().id);
    for (const Hold& hold : merchant_holds) states[hold.request_id] = hold.state;
    std::map<std::string, PlatformCall> first_calls;
    for (const PlatformCall& call : installation.sandbox().calls(kDrivingPath)) {
        // Refused before the picture was looked at, as when the gateway died while its request was on the way.
        if (call.picture_sha256.empty()) continue;
        const auto [first, is_new] = first_calls.emplace(call.picture_sha256, call);
        const std::string& id = request_ids[call.picture_sha256];
        EXPECT_TRUE(is_new) << "call " << call.number << " (answer " << call.answer << ") repeats call "
                            << first->second.number << " (answer " << first->second.answer << ") of " << id
                            << ", whose hold is " << states[id];
    }
}

// Longer runs: script/crash-test.
TEST(Crash, KilledAtRandomMomentsEveryAnsweredScanHasOneCharge) {
    const int rounds = environmentNumber("TOLLGATE_CRASH_ROUNDS", 10);
    const int seed = environmentNumber("TOLLGATE_CRASH_SEED", 20'261'122);
    std::cout << "seed " << seed << ", rounds " << rounds << std::endl;
    std::mt19937 random{static_cast<std::mt19937::result_type>(seed)};
    std::uniform_int_distribution answers{0, 120};
    std::uniform_int_distribution microseconds{0, 20'000};
    waitOutMidnight(std::chrono::seconds{60 + 3 * rounds});
    Installation installation{withPatience()};
    installation.sandbox().scriptAnswer(licenceAnswer("京C00001"));
    const Merchant merchant = installation.onboard("Crash");
    CrashLoad load{installation, merchant};

    for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
        const std::chrono::microseconds moment{microseconds(random)};
        load.run(answers(random), [&] {
            letPass(moment);
            installation.killGateway();
        });
        installation.startGateway();
        expectTrueLedger(installation, merchant, load);
        load.repeatUnanswered();
        expectTrueLedger(installation, merchant, load);
    }

    expectNoPictureSentTwice(installation, load);
    EXPECT_GT(installation.admin().entries(merchant.id).size(), 0U);
}

}  // namespace
}  // namespace integration
