#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "tests/integration/support/crowd.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

namespace integration {
namespace {

constexpr int kClients = 64;
constexpr int kScansEach = 4;
constexpr int kLimit = 100;

TEST(DayLimit, SixtyFourClientsOnAHundredUnitsGetAHundredCharges) {
    waitOutMidnight(std::chrono::seconds{60});
    Installation installation{withPatience()};
    installation.sandbox().scriptAnswer(licenceAnswer("京B00001"));
    const Merchant merchant = installation.onboard("Hundred", "\"day_limit\":" + std::to_string(kLimit));
    std::atomic<int> recognised{0};
    std::atomic<int> refused{0};

    Crowd crowd{kClients, [&](int client_number) {
                    MerchantClient client = installation.clientOf(merchant.key.text);
                    for (int scan = 0; scan < kScansEach; ++scan) {
                        const ScanAnswer answer = client.scan(picture(client_number * kScansEach + scan));
                        if (answer.errcode == 0) ++recognised;
                        if (answer.errcode == 45009 && answer.code() == "merchant_quota_exceeded") ++refused;
                    }
                }};
    crowd.join();

    EXPECT_EQ(recognised, kLimit);
    EXPECT_EQ(refused, kClients * kScansEach - kLimit);
    EXPECT_EQ(installation.sandbox().calls(kDrivingPath).size(), static_cast<std::size_t>(kLimit));
    std::set<std::int64_t> numbers;
    for (const Entry& entry : installation.admin().entries(merchant.id)) numbers.insert(entry.number);
    EXPECT_EQ(numbers.size(), static_cast<std::size_t>(kLimit));
    EXPECT_EQ(*numbers.begin(), 1);
    EXPECT_EQ(*numbers.rbegin(), kLimit);
    const Window window = installation.admin().window(merchant.id);
    EXPECT_EQ(window.limit, kLimit);
    EXPECT_EQ(window.used, kLimit);
    EXPECT_EQ(window.held, 0);
}

TEST(DayLimit, RefusalSaysWhenToTryAgain) {
    waitOutMidnight(std::chrono::seconds{60});
    Installation installation;
    const Merchant merchant = installation.onboard("None", "\"day_limit\":0");

    const ScanAnswer answer = installation.clientOf(merchant.key.text).scan(picture(1));

    EXPECT_EQ(answer.errcode, 45009);
    const int seconds = std::stoi("0" + answer.http.header("Retry-After"));
    EXPECT_GT(seconds, 0);
    EXPECT_LE(seconds, 86'400);
}

}  // namespace
}  // namespace integration
