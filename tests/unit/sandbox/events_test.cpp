#include "sandbox/events.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace sandbox {
namespace {

const tenants::UtcTime kNow = test_support::beijingNoon();  // 1795320000 as Unix time

TEST(Events, TicketStandsInCdataInTheFirstMessage) {
    State state;

    const Event event = addTicketEvent(state, "wxc", {.text = "ticket@@@1", .issued_at = kNow}, true);

    EXPECT_EQ(event.message_xml,
              "<xml><AppId><![CDATA[wxc]]></AppId><CreateTime>1795320000</CreateTime>"
              "<InfoType><![CDATA[component_verify_ticket]]></InfoType>"
              "<ComponentVerifyTicket><![CDATA[ticket@@@1]]></ComponentVerifyTicket></xml>");
    EXPECT_TRUE(event.by_timer);
    ASSERT_EQ(state.outbox.size(), 1U);
    EXPECT_TRUE(state.outbox.front().by_timer);
}

TEST(Events, EveryOtherMessageIsPlainText) {
    State state;
    addUnauthorizedEvent(state, "wxc", "wx1", kNow);

    const Event event = addAuthorizationEvent(
        state, "wxc", kAuthorizedEvent,
        {.text = "code", .appid = "wx1", .expires_at = kNow + std::chrono::seconds{3600}}, "pre", kNow);

    EXPECT_EQ(
        event.message_xml,
        "<xml><AppId>wxc</AppId><CreateTime>1795320000</CreateTime><InfoType>authorized</InfoType>"
        "<AuthorizerAppid>wx1</AuthorizerAppid><AuthorizationCode>code</AuthorizationCode>"
        "<AuthorizationCodeExpiredTime>1795323600</AuthorizationCodeExpiredTime><PreAuthCode>pre</PreAuthCode></xml>");
}

TEST(Events, SettledEventLeavesTheOutbox) {
    State state;
    const Event first = addUnauthorizedEvent(state, "wxc", "wx1", kNow);
    const Event second = addUnauthorizedEvent(state, "wxc", "wx2", kNow);

    removeEvent(state, first.number);

    ASSERT_EQ(state.outbox.size(), 1U);
    EXPECT_EQ(state.outbox.front().number, second.number);
}

}  // namespace
}  // namespace sandbox
