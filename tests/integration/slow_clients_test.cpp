#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"
#include "tests/integration/support/load.h"
#include "tests/integration/support/slow_crowd.h"

namespace integration {
namespace {

using std::chrono::milliseconds;
using Kind = SlowCrowd::Kind;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr milliseconds kPromised{2000};
#else
constexpr milliseconds kPromised{500};
#endif

int environmentNumber(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoi(text);
}

/// Sockets for a thousand clients and what the test needs itself.
void allowDescriptors() {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

class SlowClients : public testing::TestWithParam<Kind> {};

// A thousand of them for 20 s: script/load-test.
TEST_P(SlowClients, DelayNobodyElse) {
    allowDescriptors();
    const int clients = environmentNumber("TOLLGATE_SLOW_CLIENTS", 200);
    const std::chrono::seconds lasting{environmentNumber("TOLLGATE_SLOW_SECONDS", 4)};
    Installation installation{{.gateway = {{"log.level", "warning"}}}};
    installation.sandbox().scriptAnswer(licenceAnswer("京L00001"));
    const Merchant slow = installation.onboard("Slow");
    const Merchant good = installation.onboard("Good");
    const std::string& url = GetParam() == Kind::kHandshake ? installation.publicTlsUrl() : installation.publicUrl();
    const SlowCrowd crowd{GetParam(), url, slow.key.text, clients};

    Load load{{.url = installation.publicUrl(),
               .request = scanRequest(good.key.text, picture(1, 100'000)),
               .clients = 2,
               .pace = milliseconds{20}}};
    letPass(lasting);
    const Load::Result result = load.finish();

    RecordProperty("p50_us", std::to_string(quantile(result.served, 0.5).count()));
    RecordProperty("max_us", std::to_string(result.served.back().count()));
    RecordProperty("returns", std::to_string(crowd.returns()));
    EXPECT_EQ(result.broken, 0);
    EXPECT_TRUE(result.refused.empty()) << result.codes.begin()->first;
    EXPECT_GT(result.served.size(), 10U);
    EXPECT_LE(result.served.back(), kPromised);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SlowClients,
                         testing::Values(Kind::kHead, Kind::kBody, Kind::kRead, Kind::kIdle, Kind::kHandshake),
                         [](const auto& kind) -> std::string {
                             switch (kind.param) {
                                 case Kind::kHead: return "Head";
                                 case Kind::kBody: return "Body";
                                 case Kind::kRead: return "Read";
                                 case Kind::kIdle: return "Idle";
                                 case Kind::kHandshake: return "HalfHandshake";
                             }
                             return "None";
                         });

}  // namespace
}  // namespace integration
