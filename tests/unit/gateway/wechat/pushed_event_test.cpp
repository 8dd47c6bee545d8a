#include "gateway/wechat/pushed_event.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "gateway/wechat/push_xml.h"

namespace gateway::wechat {
namespace {

using namespace std::chrono_literals;

constexpr tenants::UtcTime kCreatedAt{std::chrono::seconds{1717747320}};
constexpr tenants::UtcTime kReceivedAt{std::chrono::seconds{1717747325}};

std::optional<tenants::Push> read(const std::string& children) {
    const auto fields = readPushedFields("<xml><AppId>wxc0a1b2c3d4e5f607</AppId>" + children + "</xml>");
    if (!fields) return std::nullopt;
    return readPushedEvent(*fields, kReceivedAt, 600s);
}

std::string authorized(const std::string& info_type, const std::string& code) {
    return "<CreateTime>1717747320</CreateTime><InfoType>" + info_type +
           "</InfoType><AuthorizerAppid>wx9f8e7d6c5b4a3021</AuthorizerAppid><AuthorizationCode><![CDATA[" + code +
           "]]></AuthorizationCode><PreAuthCode>preauthcode@@@EmuPre01</PreAuthCode>";
}

TEST(PushedEvent, TicketIsReadWithItsTime) {
    const auto event = read(
        "<CreateTime>1717747320</CreateTime><InfoType>component_verify_ticket</InfoType>"
        "<ComponentVerifyTicket><![CDATA[ticket@@@EmuTicket0001]]></ComponentVerifyTicket>");

    ASSERT_TRUE(event);
    const auto& ticket = std::get<tenants::TicketPush>(*event);
    EXPECT_EQ(ticket.ticket->expose(), "ticket@@@EmuTicket0001");
    EXPECT_EQ(ticket.created_at, kCreatedAt);
}

TEST(PushedEvent, AuthorizedCarriesCodeAndTheHashOfItsPreAuthCode) {
    for (const std::string info_type : {"authorized", "updateauthorized"}) {
        const auto read_event = read(authorized(info_type, "queryauthcode@@@EmuCode"));

        ASSERT_TRUE(read_event);
        const auto& event = std::get<tenants::PlatformEvent>(*read_event);
        EXPECT_EQ(event.info_type, info_type);
        EXPECT_EQ(event.appid, tenants::AppId{"wx9f8e7d6c5b4a3021"});
        EXPECT_EQ(event.authorization_code->expose(), "queryauthcode@@@EmuCode");
        EXPECT_EQ(event.pre_auth_code_hash, "33c9d0b39bc8dec2463317fb59c18f9794bcd0935c822aff4d2b8551635f7c82");
        EXPECT_EQ(event.created_at, kCreatedAt);
        EXPECT_EQ(event.received_at, kReceivedAt);
    }
}

TEST(PushedEvent, TimeFarAheadOfOurClockCountsAsTheMomentOfArrival) {
    const auto withdrawn = [](const std::string& created) {
        return std::get<tenants::PlatformEvent>(*read("<CreateTime>" + created +
                                                      "</CreateTime><InfoType>unauthorized</InfoType>"
                                                      "<AuthorizerAppid>wx9f8e7d6c5b4a3021</AuthorizerAppid>"));
    };

    EXPECT_EQ(withdrawn("1717747925").created_at, kReceivedAt + 600s) << "a clock may be wrong by that much";
    EXPECT_EQ(withdrawn("1717747926").created_at, kReceivedAt);
    EXPECT_EQ(withdrawn("99999999999").created_at, kReceivedAt);
    EXPECT_NE(withdrawn("1717747926").dedupe_key, withdrawn("1717747927").dedupe_key) << "two events all the same";

    const auto ticket = std::get<tenants::TicketPush>(
        *read("<CreateTime>99999999999</CreateTime><InfoType>component_verify_ticket</InfoType>"
              "<ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket>"));
    EXPECT_EQ(ticket.created_at, kReceivedAt);
}

TEST(PushedEvent, UnauthorizedNeedsNoCode) {
    const auto read_event = read(
        "<CreateTime>1717747320</CreateTime><InfoType>unauthorized</InfoType>"
        "<AuthorizerAppid>wx9f8e7d6c5b4a3021</AuthorizerAppid>");

    ASSERT_TRUE(read_event);
    const auto& event = std::get<tenants::PlatformEvent>(*read_event);
    EXPECT_EQ(event.authorization_code, nullptr);
    EXPECT_EQ(event.pre_auth_code_hash, "");
    EXPECT_EQ(event.dedupe_key, "unauthorized:wx9f8e7d6c5b4a3021:1717747320:");
}

TEST(PushedEvent, DedupeKeyTellsEventsApartAndHoldsNoSecret) {
    const auto key = [](const std::string& children) {
        const auto event = read(children);
        return event ? std::get<tenants::PlatformEvent>(*event).dedupe_key : std::string{};
    };
    const std::string first = key(authorized("authorized", "code-1"));

    EXPECT_EQ(key(authorized("authorized", "code-1")), first);
    EXPECT_NE(key(authorized("authorized", "code-2")), first);
    EXPECT_NE(key(authorized("updateauthorized", "code-1")), first);
    EXPECT_EQ(first.find("code-1"), std::string::npos);
    EXPECT_NE(first.find("wx9f8e7d6c5b4a3021"), std::string::npos);
}

std::string registered(const std::string& status, const std::string& children) {
    return "<CreateTime>1717747320</CreateTime><InfoType>notify_third_fasteregister</InfoType><status>" + status +
           "</status>" + children + "<msg>OK</msg><info><name>n</name><code>c</code></info>";
}

TEST(PushedEvent, RegistrationThatSucceededIsAConsent) {
    const auto read_event = read(registered("0", "<appid>wx9f8e7d6c5b4a3021</appid><auth_code>code-1</auth_code>"));

    ASSERT_TRUE(read_event);
    const auto* event = std::get_if<tenants::PlatformEvent>(&*read_event);
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(event->appid, tenants::AppId{"wx9f8e7d6c5b4a3021"});
    EXPECT_EQ(event->authorization_code->expose(), "code-1");
    EXPECT_TRUE(event->dedupe_key.starts_with("notify_third_fasteregister:wx9f8e7d6c5b4a3021:1717747320:"));
}

TEST(PushedEvent, RegistrationThatFailedOrHasNothingToExchangeIsIgnored) {
    const std::string appid = "<appid>wx9f8e7d6c5b4a3021</appid>";
    const std::string code = "<auth_code>code-1</auth_code>";
    for (const std::string& children :
         {registered("100001", appid + code), registered("", appid + code), registered("0", appid),
          registered("0", code), registered("0", appid + "<auth_code></auth_code>")}) {
        const auto event = read(children);
        ASSERT_TRUE(event) << children;
        EXPECT_TRUE(std::holds_alternative<tenants::OtherPush>(*event)) << children;
    }
}

TEST(PushedEvent, OtherInfoTypeIsIgnoredByName) {
    const auto event = read("<CreateTime>1717747320</CreateTime><InfoType>wxa_nickname_audit</InfoType><ret>2</ret>");

    ASSERT_TRUE(event);
    EXPECT_EQ(std::get<tenants::OtherPush>(*event).info_type, "wxa_nickname_audit");
}

TEST(PushedEvent, MissingOrMisshapenFieldsAreRefused) {
    const std::string time = "<CreateTime>1717747320</CreateTime>";
    const std::string appid = "<AuthorizerAppid>wx9f8e7d6c5b4a3021</AuthorizerAppid>";
    for (const std::string& children : {
             std::string{},
             time,
             std::string{"<InfoType>authorized</InfoType>"},
             time + "<InfoType></InfoType>",
             time + "<InfoType>bad type</InfoType>",
             time + "<InfoType>" + std::string(65, 'a') + "</InfoType>",
             time + "<InfoType>component_verify_ticket</InfoType>",
             time + "<InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket></ComponentVerifyTicket>",
             time + "<InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>" + std::string(1025, 't') +
                 "</ComponentVerifyTicket>",
             time + "<InfoType>unauthorized</InfoType>",
             time + "<InfoType>unauthorized</InfoType><AuthorizerAppid>wx/../1</AuthorizerAppid>",
             time + "<InfoType>authorized</InfoType>" + appid,
             time + "<InfoType>authorized</InfoType><AuthorizationCode>c</AuthorizationCode>",
         })
        EXPECT_FALSE(read(children)) << children;
}

TEST(PushedEvent, MisshapenTimeIsRefused) {
    for (const std::string time : {"", "-1", "+1", " 1", "1 ", "1.5", "0x10", "123456789012", "99999999999999999999"})
        EXPECT_FALSE(read("<CreateTime>" + time + "</CreateTime><InfoType>wxa_nickname_audit</InfoType>")) << time;
}

TEST(FreshPush, WindowIsInclusiveOnBothSides) {
    const tenants::UtcTime now{std::chrono::seconds{1717747320}};

    EXPECT_TRUE(isFreshPush("1717747320", now));
    EXPECT_TRUE(isFreshPush("1717746720", now));
    EXPECT_TRUE(isFreshPush("1717747920", now));
    EXPECT_FALSE(isFreshPush("1717746719", now));
    EXPECT_FALSE(isFreshPush("1717747921", now));
}

TEST(FreshPush, WindowIsASetting) {
    const tenants::UtcTime now{std::chrono::seconds{1717747320}};

    EXPECT_TRUE(isFreshPush("1717747315", now, 5s));
    EXPECT_FALSE(isFreshPush("1717747314", now, 5s));
}

TEST(FreshPush, MisshapenTimeIsNotFresh) {
    for (const std::string_view text : {"", "x", "-1717747320", "1717747320x", "17177473200000000000"})
        EXPECT_FALSE(isFreshPush(text, tenants::UtcTime{std::chrono::seconds{1717747320}})) << text;
}

}  // namespace
}  // namespace gateway::wechat
