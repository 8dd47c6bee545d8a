#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/integration/support/database_view.h"
#include "tests/integration/support/eventually.h"
#include "tests/integration/support/installation.h"
#include "tests/integration/support/wire_push.h"

/// What everybody on the internet can send to the addresses that WeChat pushes to.
namespace integration {
namespace {

using test_support::honestBlock;
using test_support::paddedBlock;
using test_support::PushBlock;

class HostilePushes : public testing::Test {
protected:
    HostilePushes() {
        installation_.sandbox().scriptAnswer(licenceAnswer("京L00001"));
        merchant_ = installation_.onboard("Target");
        EXPECT_TRUE(eventually(kPatience, [this] { return unhandled() == 0; }));
        // A second later than all that has happened, which is told from it by its time alone.
        now_ = sender_.receiverTime() + 1;
        // Would withdraw the merchant if anybody believed it.
        message_ = eventMessage("unauthorized", now_, "<AuthorizerAppid>" + merchant_.appid + "</AuthorizerAppid>");
        honest_ = sealedPush(message_, now_);
        rows_ = authorizationRows(database());
        shown_ = shown();
    }

    std::filesystem::path database() const { return installation_.dataFolder() / "tollgate.sqlite"; }
    std::int64_t unhandled() const {
        return numberIn(database(), "SELECT count(*) FROM platform_event WHERE handled_ms IS NULL");
    }
    std::string shown() { return installation_.admin().send("GET", "/merchants/" + merchant_.id).body; }

    /// Sends to both addresses and keeps what came back.
    void send(const std::string& query, const std::string& body) {
        answers_.insert(textOf(sender_.send(query, body)));
        answers_.insert(textOf(messages_.send(query, body)));
    }
    void send(const WirePush& push) { send(push.query(), push.body()); }
    void send(const PushBlock& block) { send(sealedPush(block, now_)); }

    /// The whole answer but for what differs with every request.
    static std::string textOf(const HttpAnswer& answer) {
        std::string text = std::to_string(answer.status) + answer.failure + "\n";
        for (const auto& [name, value] : answer.headers) {
            if (name != "Date" && name != "X-Request-Id") text.append(name).append(": ").append(value) += '\n';
        }
        return text + answer.body;
    }
    /// They all got one answer, not `success`, and there is no trace of any of them.
    void expectOneAnswerAndNoChange() {
        EXPECT_EQ(answers_.size(), 1U) << testing::PrintToString(answers_);
        EXPECT_EQ(answers_.begin()->substr(0, 4), "400\n");
        EXPECT_EQ(authorizationRows(database()), rows_);
        EXPECT_EQ(shown(), shown_);
        EXPECT_EQ(installation_.clientOf(merchant_.key.text).scan(picture(1)).errcode, 0);
    }

    Installation installation_;
    PushSender sender_{installation_.publicUrl() + "/wechat/events"};
    PushSender messages_{installation_.publicUrl() + "/wechat/messages/wx1"};
    Merchant merchant_;
    std::int64_t now_ = 0;
    std::string message_;
    WirePush honest_;
    std::string rows_;
    std::string shown_;
    std::set<std::string> answers_;
};

TEST_F(HostilePushes, EachByteOfTheSignatureFlipped) {
    for (std::size_t at = 0; at < honest_.msg_signature.size(); ++at) {
        WirePush forged = honest_;
        forged.msg_signature[at] = static_cast<char>(forged.msg_signature[at] ^ 1);
        send(forged);
    }
    expectOneAnswerAndNoChange();
}

TEST_F(HostilePushes, EachByteOfTheCiphertextFlipped) {
    for (std::size_t at = 0; at < honest_.encrypted.size(); ++at) {
        WirePush forged = honest_;
        forged.encrypted[at] = static_cast<char>(forged.encrypted[at] ^ 1);
        send(forged);
    }
    expectOneAnswerAndNoChange();
}

TEST_F(HostilePushes, BlocksThatNoHonestSenderMakes) {
    const std::string appid{kComponentAppid};
    const auto right = static_cast<std::uint32_t>(message_.size());
    for (const std::uint32_t length : {right - 1, right + 1, 0U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFECU, 0xFFFFFFFFU}) {
        PushBlock block = honestBlock(message_, appid);
        block.length_field = length;
        send(block);
    }
    send(paddedBlock(message_, appid, 0));
    for (std::size_t pad = 33; pad <= 255; ++pad) send(paddedBlock(message_, appid, pad));
    send(honestBlock(message_, "wx1111111111111111"));
    send(honestBlock(message_, ""));
    send(honestBlock(message_, appid + "1"));
    expectOneAnswerAndNoChange();
}

TEST_F(HostilePushes, OuterDocumentsThatAreNone) {
    const std::string body = honest_.body();
    std::string nested;
    for (int depth = 0; depth < 100'000; ++depth) nested += "<a>";
    std::string nested_within_limits = "<xml>";
    for (int depth = 0; depth < 15'000; ++depth) nested_within_limits += "<a>";
    for (const std::string& document :
         {std::string{}, std::string{"<xml></xml>"}, std::string{"encrypted"}, body.substr(0, body.size() - 1),
          "<!DOCTYPE xml>" + body, "<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + body,
          "<!doctype xml>" + body, nested, nested_within_limits,
          "<xml><Encrypt>" + honest_.encrypted + "</Encrypt><Encrypt>" + honest_.encrypted + "</Encrypt></xml>",
          "<xml><Encrypt>x</Encrypt>" + body.substr(5), body + body, std::string(60'000, '<'),
          body + std::string(1, '\0'), std::string{"{\"Encrypt\":\""} + honest_.encrypted + "\"}"}) {
        send(honest_.query(), document);
    }
    expectOneAnswerAndNoChange();
}

TEST_F(HostilePushes, OversizeBodies) {
    for (const std::size_t bytes : {65'537U, 300'000U}) {
        send(honest_.query(), honest_.body() + std::string(bytes - honest_.body().size(), ' '));
    }
    expectOneAnswerAndNoChange();
}

TEST_F(HostilePushes, QueriesWithAParameterMissingOrTwice) {
    const std::string query = honest_.query();
    for (const std::string name : {"timestamp=", "nonce=", "msg_signature="}) {
        std::string misspelt = query;
        misspelt.replace(misspelt.find("&" + name) + 1, 1, "X");
        send(misspelt, honest_.body());
    }
    for (const std::string& more : {"&msg_signature=" + honest_.msg_signature, "&msg_signature=" + std::string(40, '0'),
                                    "&timestamp=" + honest_.timestamp, std::string{"&timestamp=0"},
                                    "&nonce=" + honest_.nonce, std::string{"&nonce="}, std::string{"&%"}}) {
        send(query + more, honest_.body());
    }
    send("?msg_signature=" + std::string(40, '0') + "&" + query.substr(1), honest_.body());
    send("", honest_.body());
    expectOneAnswerAndNoChange();
}

TEST_F(HostilePushes, SignatureThatCoversNoBodyDoesNotStandInForTheOneThatDoes) {
    WirePush push = honest_;
    const auto sealed =
        gateway::wechat::sealPush(platformKeys(), message_, push.timestamp, push.nonce, "0123456789abcdef");
    push.msg_signature = sealed.signature;
    send(push);
    expectOneAnswerAndNoChange();
}

TEST_F(HostilePushes, PlayedBackOutsideTheWindow) {
    for (const std::int64_t age : {-700, 700, 86'400, 1'700'000'000}) send(sealedPush(message_, now_ - age));
    for (const char* timestamp : {"", "0", "-1", "x", "99999999999999999999"}) {
        WirePush push = honest_;
        push.timestamp = timestamp;
        push.msg_signature = test_support::signPush(platformKeys(), push.timestamp, push.nonce, push.encrypted);
        send(push);
    }
    expectOneAnswerAndNoChange();
}

/// Genuine all round, but not what an event looks like inside; the message address does not look inside.
TEST_F(HostilePushes, GenuinePushesWithoutAnEventInThem) {
    const std::string appid = "<AuthorizerAppid>" + merchant_.appid + "</AuthorizerAppid>";
    std::string nested = "<xml>";
    for (int depth = 0; depth < 10'000; ++depth) nested += "<a>";
    for (const std::string& message :
         {std::string{}, std::string{"text"}, "<!DOCTYPE xml>" + message_, nested,
          eventMessage("unauthorized", now_, ""), eventMessage("unauthorized", now_, appid + appid),
          eventMessage("unauthorized", now_, "<AuthorizerAppid>../x</AuthorizerAppid>"),
          eventMessage("authorized", now_, appid), eventMessage("unauthorized", -5, appid),
          eventMessage("component_verify_ticket", now_, "<ComponentVerifyTicket></ComponentVerifyTicket>"),
          eventMessage("no such type", now_, appid)}) {
        answers_.insert(textOf(sender_.send(sealedPush(message, now_))));
    }
    expectOneAnswerAndNoChange();
}

TEST_F(HostilePushes, GenuinePushPlayedBackWithinTheWindowHasItsEffectOnce) {
    ASSERT_EQ(sender_.send(honest_).body, "success");
    ASSERT_TRUE(installation_.becomesState(merchant_.id, "unauthorized"));
    const std::string redirect =
        installation_.sandbox().consent(merchant_.appid, installation_.admin().createLink(merchant_.id));
    HttpClient browser;
    ASSERT_EQ(browser.send({.url = redirect}).status, 200);
    ASSERT_TRUE(installation_.becomesState(merchant_.id, "active"));

    for (int time = 0; time < 5; ++time) EXPECT_EQ(sender_.send(honest_).body, "success");

    EXPECT_EQ(installation_.admin().merchant(merchant_.id).at("state").text(), "active");
    EXPECT_EQ(installation_.clientOf(merchant_.key.text).scan(picture(2)).errcode, 0);
}

TEST_F(HostilePushes, GenuineMessageIsAnsweredAndLeavesNothing) {
    EXPECT_EQ(messages_.send(sealedPush("<xml><MsgType>text</MsgType><Content>行驶证</Content></xml>", now_)).body,
              "success");
    EXPECT_EQ(authorizationRows(database()), rows_);
}

}  // namespace
}  // namespace integration
