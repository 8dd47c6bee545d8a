#include "gateway/api/wechat_pushes.h"

#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tenants/base/digest.h"
#include "tests/support/world.h"
#include "tests/unit/gateway/api/route_caller.h"

namespace gateway::api {
namespace {

using tenants::Push;
using test_support::World;

/// Takes `genuine` as the signature of everything, and gives what the test wants to be in it.
class ScriptedReader final : public tenants::PushReader {
public:
    std::optional<Push> readEvent(const tenants::PushEnvelope& envelope, tenants::UtcTime) const override {
        ++asked;
        if (envelope.msg_signature != "genuine") return std::nullopt;
        return push;
    }
    bool isGenuine(const tenants::PushEnvelope& envelope, tenants::UtcTime) const override {
        ++asked;
        return envelope.msg_signature == "genuine";
    }

    std::optional<Push> push;
    mutable int asked = 0;
};

const std::string kGenuine = "?signature=s&timestamp=1&nonce=2&encrypt_type=aes&msg_signature=genuine";

class WechatPushesTest : public testing::Test {
protected:
    WechatPushesTest() { pushes_.addRoutes(caller_.router()); }

    http::Response event(const std::string& query) { return caller_.call("POST", "/wechat/events" + query, "<xml/>"); }
    http::Response message(const std::string& query) {
        return caller_.call("POST", "/wechat/messages/wx1" + query, "<xml/>");
    }
    static std::string textOf(const http::Response& response) {
        std::string text = std::to_string(response.status) + (response.close ? " close\n" : "\n");
        for (const auto& [name, value] : response.headers.all()) text.append(name).append(": ").append(value) += '\n';
        return text + response.body;
    }

    World world_;
    ScriptedReader reader_;
    RouteCaller caller_;
    std::vector<tenants::Task<void>> background_;
    net::WorkerPool workers_{1, {.queued_max = 1}, world_.clock};
    WechatPushes pushes_{
        {{reader_, world_.onboarding}}, workers_, world_.clock, caller_.log(), [this](tenants::Task<void> task) {
            background_.push_back(std::move(task));
        }};
};

TEST_F(WechatPushesTest, EventIsDurableBeforeSuccessAndHandledAfterwards) {
    const std::string link = world_.newLink();
    tenants::PlatformEvent pushed =
        world_.event("authorized", world_.platform.consent(world_.appid.text()), world_.clock.now());
    pushed.pre_auth_code_hash = tenants::sha256Hex(World::preAuthCodeOf(link));
    reader_.push = pushed;

    const http::Response answer = event(kGenuine);

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "success");
    EXPECT_EQ(tenants::runBlocking(world_.store.authorizations.unhandledEvents()).size(), 1U);
    EXPECT_EQ(world_.platform.calls("query_auth"), 0) << "nothing waited for WeChat";
    ASSERT_EQ(background_.size(), 1U);
    tenants::runBlocking(std::move(background_.front()));
    ASSERT_NE(world_.authorization(), nullptr);
}

TEST_F(WechatPushesTest, DuplicateIsASuccessWithoutASecondEffect) {
    reader_.push = world_.event("authorized", "code", world_.clock.now());

    EXPECT_EQ(event(kGenuine).body, "success");
    EXPECT_EQ(event(kGenuine).body, "success");

    EXPECT_EQ(background_.size(), 1U);
}

TEST_F(WechatPushesTest, EveryFurtherInfoTypeIsASuccessAndLeavesNothing) {
    for (const char* info_type :
         {"notify_third_fastregisterbetaapp", "notify_third_fastverifybetaapp", "wxa_nickname_audit",
          "notify_3rd_wxa_auth", "notify_3rd_wxa_wxverify", "notify_icpfiling_verify_result",
          "notify_apply_icpfiling_result", "order_path_apply_result_notify", "order_path_audit_result_notify",
          "something_new"}) {
        reader_.push = tenants::OtherPush{info_type};
        EXPECT_EQ(event(kGenuine).body, "success") << info_type;
    }

    EXPECT_TRUE(background_.empty());
    EXPECT_TRUE(tenants::runBlocking(world_.store.authorizations.unhandledEvents()).empty());
}

TEST_F(WechatPushesTest, WhatCannotBeStoredIsPushedAgain) {
    reader_.push = world_.event("authorized", "code", world_.clock.now());
    world_.store.faults.refuse("addEvent");
    EXPECT_EQ(event(kGenuine).status, 503);
    reader_.push = tenants::TicketPush{tenants::shareSecret("ticket"), world_.clock.now()};
    world_.store.faults.refuse("saveTicket");
    EXPECT_EQ(event(kGenuine).status, 503);

    world_.store.faults.allow("saveTicket");
    EXPECT_EQ(event(kGenuine).body, "success");
}

TEST_F(WechatPushesTest, MessageIsVerifiedAndAnswered) {
    EXPECT_EQ(message(kGenuine).body, "success");
    EXPECT_NE(message("?timestamp=1&nonce=2&msg_signature=forged").body, "success");
}

/// Where a reader was asked to open something.
class PlaceReader final : public tenants::PushReader {
public:
    std::optional<Push> readEvent(const tenants::PushEnvelope&, tenants::UtcTime) const override {
        opened_on = std::this_thread::get_id();
        return std::nullopt;
    }
    bool isGenuine(const tenants::PushEnvelope&, tenants::UtcTime) const override {
        opened_on = std::this_thread::get_id();
        return false;
    }

    mutable std::thread::id opened_on;
};

TEST_F(WechatPushesTest, LargePushesAreOpenedByWorkersAndSmallOnesAtOnce) {
    const PlaceReader reader;
    RouteCaller caller;
    WechatPushes pushes{
        {{reader, world_.onboarding}}, workers_, world_.clock, caller.log(), [](tenants::Task<void>) {}};
    pushes.addRoutes(caller.router());
    for (const std::string path : {"/wechat/events", "/wechat/messages/wx1"}) {
        caller.call("POST", path + kGenuine, std::string(4096, 'x'));
        EXPECT_EQ(reader.opened_on, std::this_thread::get_id()) << path;

        caller.call("POST", path + kGenuine, std::string(4097, 'x'));
        EXPECT_NE(reader.opened_on, std::this_thread::get_id()) << path;
    }
}

TEST_F(WechatPushesTest, EverythingThatIsNoGenuinePushGetsOneAnswer) {
    reader_.push = world_.event("unauthorized", "", world_.clock.now() + std::chrono::seconds{1});
    std::set<std::string> answers;
    for (const std::string& query : {
             std::string{},
             std::string{"?"},
             std::string{"?msg_signature=genuine"},
             std::string{"?msg_signature=genuine&timestamp=1"},
             std::string{"?msg_signature=genuine&nonce=2"},
             std::string{"?msg_signature=genuine&timestamp=&nonce=2"},
             std::string{"?msg_signature=genuine&timestamp=1&nonce="},
             std::string{"?timestamp=1&nonce=2"},
             std::string{"?msg_signature=&timestamp=1&nonce=2"},
             std::string{"?msg_signature=forged&timestamp=1&nonce=2"},
             std::string{"?Msg_Signature=genuine&timestamp=1&nonce=2"},
             kGenuine + "&msg_signature=genuine",
             kGenuine + "&msg_signature=forged",
             "?msg_signature=forged&" + kGenuine.substr(1),
             kGenuine + "&timestamp=1",
             kGenuine + "&nonce=",
             kGenuine + "&more=%",
             kGenuine + "&more=%zz",
         }) {
        answers.insert(textOf(event(query)));
        answers.insert(textOf(message(query)));
    }
    for (const auto refusal :
         {http::Refusal::kBodyTooLarge, http::Refusal::kBodyTimeout, http::Refusal::kBodyMalformed}) {
        answers.insert(textOf(caller_.refuse("POST", "/wechat/events", refusal)));
        answers.insert(textOf(caller_.refuse("POST", "/wechat/messages/wx1", refusal)));
    }
    reader_.push.reset();  // genuine, but with nothing in it that an event has
    answers.insert(textOf(event(kGenuine)));

    EXPECT_EQ(answers.size(), 1U) << testing::PrintToString(answers);
    EXPECT_NE(answers.begin()->find("400 close"), std::string::npos);
    EXPECT_TRUE(background_.empty());
    EXPECT_EQ(world_.authorization(), nullptr);
}

TEST_F(WechatPushesTest, TroubleOfOurOwnAsksForTheSamePushAgain) {
    for (const auto refusal : {http::Refusal::kHandlerFailed, http::Refusal::kOverloaded}) {
        EXPECT_EQ(caller_.refuse("POST", "/wechat/events", refusal).status, 503);
    }
}

}  // namespace
}  // namespace gateway::api
