#include "sandbox/rid_log.h"

#include <gtest/gtest.h>

#include "sandbox/random_text.h"

namespace sandbox {
namespace {

TEST(RidLog, RecordIsFoundByItsRidWithBodiesCutOff) {
    RidLog log;
    log.add({.rid = "r1",
             .component_appid = "wxc",
             .invoked_at = {},
             .url = "/p?x=1",
             .request_body = std::string(5000, 'x'),
             .answer_body = "{}",
             .peer_address = "127.0.0.1"});

    const auto record = log.find("r1");

    ASSERT_TRUE(record);
    EXPECT_EQ(record->url, "/p?x=1");
    EXPECT_EQ(record->request_body.size(), 4096U);
    EXPECT_EQ(record->answer_body, "{}");
    EXPECT_FALSE(log.find("r2"));
}

TEST(RidLog, OldestAreForgottenAtTheLimit) {
    RidLog log;
    for (int number = 0; number < 1001; ++number) {
        log.add({.rid = std::to_string(number),
                 .component_appid = {},
                 .invoked_at = {},
                 .url = {},
                 .request_body = {},
                 .answer_body = {},
                 .peer_address = {}});
    }

    EXPECT_FALSE(log.find("0"));
    EXPECT_TRUE(log.find("1"));
    EXPECT_TRUE(log.find("1000"));
}

TEST(Rid, ShapeIsThreeTimesEightHexadecimalDigits) {
    EXPECT_TRUE(isRid(newRid()));
    EXPECT_TRUE(isRid("6661aaaa-1234abcd-0badcafe"));
    for (const char* text : {"", "6661aaaa", "6661aaaa-1234abcd-0badcaf", "6661aaaa-1234abcd-0badcafe0",
                             "6661aaaa+1234abcd-0badcafe", "6661AAAA-1234abcd-0badcafe"}) {
        EXPECT_FALSE(isRid(text)) << text;
    }
}

}  // namespace
}  // namespace sandbox
