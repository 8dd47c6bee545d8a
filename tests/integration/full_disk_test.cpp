#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"

// What cannot be written down is not scanned, and is refused before its picture is taken in.
namespace integration {
namespace {

constexpr std::chrono::milliseconds kRefusedWithin{1000};  // of a sanitized build on a busy machine

class FullDisk : public testing::Test {
protected:
    long readiness() { return HttpClient{}.send({.url = installation_.adminUrl() + "/readyz"}).status; }
    /// The gateway finds out by a write that fails.
    void fillDisk() {
        installation_.gatewayProcess().signal(SIGUSR1);
        EXPECT_TRUE(eventually(kPatience, [this] {
            last_before_ = client_.scan(picture(1));
            return last_before_.errcode != 0;
        }));
        EXPECT_EQ(readiness(), 503);
    }
    void emptyDisk() {
        installation_.gatewayProcess().signal(SIGUSR2);
        EXPECT_TRUE(eventually(kPatience, [this] { return readiness() == 200; }));
    }
    std::size_t calls() { return installation_.sandbox().calls(kDrivingPath).size(); }

    Installation installation_{{.serving_program = "full_disk_gateway"}};
    Merchant merchant_ = [this] {
        installation_.sandbox().scriptAnswer(licenceAnswer("京D00001"));
        return installation_.onboard("Unwritten");
    }();
    MerchantClient client_ = installation_.clientOf(merchant_.key.text);
    ScanAnswer last_before_;
};

TEST_F(FullDisk, ScansAreRefusedBeforeTheirBodiesUntilThereIsSpaceAgain) {
    ASSERT_EQ(client_.scanWithKey(picture(1), "kept").errcode, 0);
    fillDisk();
    EXPECT_EQ(last_before_.code(), "store_unavailable") << "the one that found out";
    EXPECT_NE(last_before_.http.header("Retry-After"), "");
    const std::size_t calls_before = calls();

    for (const char* more : {"X-Other: 1", "Idempotency-Key: kept"}) {
        // Only the head is sent: whoever waits for the body waits for ever.
        const ScanAnswer refused =
            client_.send({.method = "POST", .headers = {multipartHeader(), "Content-Length: 1500000", more}});
        EXPECT_EQ(refused.errcode, -1) << refused.http.failure;
        EXPECT_EQ(refused.code(), "store_unavailable");
        EXPECT_EQ(refused.http.header("Retry-After"), "1");
        EXPECT_LE(refused.http.took, kRefusedWithin);
    }
    const HttpAnswer modern = HttpClient{}.send(
        {.method = "POST",
         .url = installation_.publicUrl() + "/v1/licences:scan",
         .headers = {multipartHeader(), "Content-Length: 1500000", "Authorization: Bearer " + merchant_.key.text}});
    EXPECT_EQ(modern.status, 503);
    EXPECT_EQ(modern.header("Tollgate-Error"), "store_unavailable");
    EXPECT_EQ(modern.header("Retry-After"), "1");
    EXPECT_EQ(calls(), calls_before) << "never unmetered";

    emptyDisk();
    // One may have been at the platform when the disk filled: its unit stays set aside.
    const std::size_t entries = installation_.admin().entries(merchant_.id).size();
    EXPECT_EQ(installation_.admin().holds(merchant_.id).size(), calls()) << "each call has its hold";
    EXPECT_LE(calls() - entries, 1U);
    EXPECT_EQ(installation_.admin().window(merchant_.id).held, static_cast<std::int64_t>(calls() - entries));
    EXPECT_EQ(client_.scan(picture(2)).errcode, 0);
    EXPECT_TRUE(client_.scanWithKey(picture(1), "kept").replayed());
    EXPECT_EQ(installation_.admin().entries(merchant_.id).size(), entries + 1);
}

}  // namespace
}  // namespace integration
