#include "sandbox/events.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace sandbox {
namespace {

const tenants::UtcTime kNow = test_support::beijingNoon();  // 1795320000 as Unix time

State stateWithComponent() {
    State state;
    adoptComponents(state, {{.appid = "wxc", .secret = "s", .push_token = "p", .encoding_aes_key = ""}});
    return state;
}

TEST(Events, TicketStandsInCdataInTheFirstMessage) {
    State state = stateWithComponent();
    Component& component = state.components.front();

    const Event event = addTicketEvent(state, component, {.text = "ticket@@@1", .issued_at = kNow}, true);

    EXPECT_EQ(event.message_xml,
              "<xml><AppId><![CDATA[wxc]]></AppId><CreateTime>1795320000</CreateTime>"
              "<InfoType><![CDATA[component_verify_ticket]]></InfoType>"
              "<ComponentVerifyTicket><![CDATA[ticket@@@1]]></ComponentVerifyTicket></xml>");
    EXPECT_TRUE(event.by_timer);
    ASSERT_EQ(component.outbox.size(), 1U);
    EXPECT_TRUE(component.outbox.front().by_timer);
}

TEST(Events, EveryOtherMessageIsPlainText) {
    State state = stateWithComponent();
    Component& component = state.components.front();
    addUnauthorizedEvent(state, component, "wx1", kNow);

    const Event event = addAuthorizationEvent(
        state, component, kAuthorizedEvent,
        {.text = "code", .appid = "wx1", .expires_at = kNow + std::chrono::seconds{3600}}, "pre", kNow);

    EXPECT_EQ(
        event.message_xml,
        "<xml><AppId>wxc</AppId><CreateTime>1795320000</CreateTime><InfoType>authorized</InfoType>"
        "<AuthorizerAppid>wx1</AuthorizerAppid><AuthorizationCode>code</AuthorizationCode>"
        "<AuthorizationCodeExpiredTime>1795323600</AuthorizationCodeExpiredTime><PreAuthCode>pre</PreAuthCode></xml>");
}

TEST(Events, SettledEventLeavesTheOutbox) {
    State state = stateWithComponent();
    Component& component = state.components.front();
    const Event first = addUnauthorizedEvent(state, component, "wx1", kNow);
    const Event second = addUnauthorizedEvent(state, component, "wx2", kNow);

    removeEvent(component, first.number);

    ASSERT_EQ(component.outbox.size(), 1U);
    EXPECT_EQ(component.outbox.front().number, second.number);
}

}  // namespace
}  // namespace sandbox
