#include "gateway/wechat/push_reader.h"

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include <gtest/gtest.h>

namespace gateway::wechat {
namespace {

using namespace std::chrono_literals;

const PushKeys kKeys{"GwPushToken01", "Gk7wQ2mZ9xT4bN6vR1cY8sJ5hL3pD0fA7eU2iO4qW8k", "wxc0a1b2c3d4e5f607"};
const std::string kOlderKey = "q7Xc3VbN9mKfT2sRw8LzYp4JhDgA6uEo1iC5nMtBvZd";
constexpr tenants::UtcTime kNow{std::chrono::seconds{1717747201}};
const std::string kTicket =
    "<xml><AppId>wxc0a1b2c3d4e5f607</AppId><CreateTime>1717747200</CreateTime>"
    "<InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket></xml>";

/// A push as it arrived, with the texts that an envelope borrows.
struct Arrived {
    std::string msg_signature;
    std::string timestamp;
    std::string nonce;
    std::string body;

    tenants::PushEnvelope envelope() const { return {msg_signature, timestamp, nonce, body}; }
};

/// What WeChat sends for `message` at kNow under `encoding_aes_key`.
Arrived arrived(const std::string& message, const std::string& encoding_aes_key = kKeys.encoding_aes_key) {
    const PushKeys keys{kKeys.push_token, encoding_aes_key, kKeys.component_appid};
    const SealedPush sealed = sealPush(keys, message, "1717747201", "42", "0123456789abcdef");
    return {sealed.msg_signature, "1717747201", "42",
            "<xml><AppId>x</AppId><Encrypt><![CDATA[" + sealed.encrypted_base64 + "]]></Encrypt></xml>"};
}

class PushReaderTest : public testing::Test {
protected:
    std::optional<tenants::Push> read(const Arrived& push, tenants::UtcTime now = kNow) {
        return reader_.readEvent(push.envelope(), now);
    }
    bool isGenuine(const Arrived& push, tenants::UtcTime now = kNow) { return reader_.isGenuine(push.envelope(), now); }

    ComponentPushReader reader_{kKeys, kOlderKey, 600s};
};

TEST_F(PushReaderTest, SealedTicketIsRead) {
    const auto push = read(arrived(kTicket));

    ASSERT_TRUE(push);
    const auto& ticket = std::get<tenants::TicketPush>(*push);
    EXPECT_EQ(ticket.ticket->expose(), "ticket@@@1");
    EXPECT_EQ(ticket.created_at, tenants::UtcTime{1717747200s});
}

TEST_F(PushReaderTest, AuthorizationEventAndOtherInfoTypesAreToldApart) {
    const auto event =
        read(arrived("<xml><CreateTime>1</CreateTime><InfoType>unauthorized</InfoType><AuthorizerAppid>wx1</"
                     "AuthorizerAppid></xml>"));
    const auto other = read(arrived("<xml><CreateTime>1</CreateTime><InfoType>wxa_nickname_audit</InfoType></xml>"));

    ASSERT_TRUE(event);
    EXPECT_EQ(std::get<tenants::PlatformEvent>(*event).info_type, "unauthorized");
    EXPECT_EQ(std::get<tenants::PlatformEvent>(*event).received_at, kNow);
    ASSERT_TRUE(other);
    EXPECT_TRUE(std::holds_alternative<tenants::OtherPush>(*other));
}

TEST_F(PushReaderTest, PushUnderThePreviousKeyIsRead) {
    EXPECT_TRUE(read(arrived(kTicket, kOlderKey)));
}

TEST_F(PushReaderTest, PushOfAnyContentCanBeGenuine) {
    const Arrived message = arrived("<xml><MsgType>text</MsgType></xml>");

    EXPECT_TRUE(isGenuine(message));
    EXPECT_FALSE(read(message));
}

TEST_F(PushReaderTest, ForgedOrMisshapenPushIsRefused) {
    Arrived forged = arrived(kTicket);
    forged.msg_signature = std::string(40, '0');
    Arrived at_another_time = arrived(kTicket);
    at_another_time.timestamp = "1717747202";
    Arrived no_xml = arrived(kTicket);
    no_xml.body = "encrypted";

    for (const Arrived& push : {forged, at_another_time, no_xml}) {
        EXPECT_FALSE(read(push));
        EXPECT_FALSE(isGenuine(push));
    }
}

TEST_F(PushReaderTest, PushOutsideTheWindowIsRefused) {
    const Arrived push = arrived(kTicket);

    EXPECT_TRUE(read(push, kNow + 600s));
    EXPECT_TRUE(read(push, kNow - 600s));
    EXPECT_FALSE(read(push, kNow + 601s));
    EXPECT_FALSE(read(push, kNow - 601s));
    EXPECT_FALSE(isGenuine(push, kNow + 601s));
}

}  // namespace
}  // namespace gateway::wechat
