#include "sandbox/event_pusher.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/http/message.h"
#include "gateway/wechat/push_crypto.h"
#include "sandbox/events.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/sandbox/support/temporary_folder.h"

namespace sandbox {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const tenants::UtcTime kNow = test_support::beijingNoon();
const ComponentKeys kKeys{.appid = "wxc0a1b2c3d4e5f607",
                          .secret = "secret",
                          .push_token = "GwPushToken01",
                          .encoding_aes_key = "Gk7wQ2mZ9xT4bN6vR1cY8sJ5hL3pD0fA7eU2iO4qW8k"};

const std::string kNewKey = "q7Xc3VbN9mKfT2sRw8LzYp4JhDgA6uEo1iC5nMtBvZd";

/// Keeps what was sent, and answers as it is told.
class FakeSender final : public PushSender {
public:
    struct Sent {
        std::string url;
        std::string body;
    };

    std::string send(const std::string& url, const std::string& body) override {
        std::unique_lock lock{mutex_};
        sent_.push_back({url, body});
        changed_.notify_all();
        changed_.wait(lock, [this] { return !blocked_ || aborted_; });
        if (aborted_) return "aborted";
        if (faults_left_ > 0) {
            --faults_left_;
            return "answered something else than success";
        }
        return {};
    }
    void abort() override {
        const std::scoped_lock lock{mutex_};
        aborted_ = true;
        changed_.notify_all();
    }

    void failNext(int count) {
        const std::scoped_lock lock{mutex_};
        faults_left_ = count;
    }
    void block() {
        const std::scoped_lock lock{mutex_};
        blocked_ = true;
    }
    /// Waits until so many pushes were begun.
    std::vector<Sent> waitFor(std::size_t count) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return sent_.size() >= count; });
        return sent_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Sent> sent_;
    int faults_left_ = 0;
    bool blocked_ = false;
    bool aborted_ = false;
};

/// The message inside a push, or a failed expectation.
std::string opened(const FakeSender::Sent& sent, const std::string& aes_key = kKeys.encoding_aes_key) {
    gateway::http::RequestHead head;
    head.query = sent.url.substr(sent.url.find('?') + 1);
    const auto begin = sent.body.find("<Encrypt><![CDATA[") + 18;
    const std::string encrypted = sent.body.substr(begin, sent.body.find("]]></Encrypt>") - begin);
    const auto message = gateway::wechat::openPush(
        {kKeys.push_token, aes_key, kKeys.appid}, std::nullopt, *head.queryParameter("msg_signature"),
        *head.queryParameter("timestamp"), *head.queryParameter("nonce"), encrypted);
    return message ? std::string{message->expose()} : "not a good push";
}

class EventPusherTest : public testing::Test {
protected:
    EventPusherTest() : store_(folder_.path() / "platform.json", {kKeys}, 1h, log_) {
        change([](Component& component) { component.events_url = "http://127.0.0.1:1/events"; });
    }

    void change(const std::function<void(Component&)>& work) {
        store_.change([&](State& state) { work(state.components.front()); });
    }
    Component component() {
        return store_.read([](const State& state) { return state.components.front(); });
    }

    void start() {
        pusher_.start();
        sender_.waitFor(1);  // the first ticket
    }
    Event makeEvent(const std::string& appid) {
        return store_.change(
            [&](State& state) { return addUnauthorizedEvent(state, state.components.front(), appid, clock_.now()); });
    }
    std::size_t waiting() { return component().outbox.size(); }

    testing_support::TemporaryFolder folder_;
    test_support::FakeClock base_clock_{kNow};
    PlatformClock clock_{base_clock_};
    Log log_{base_clock_, [](const std::string&) {}};
    StateStore store_;
    std::unique_ptr<FakeSender> made_sender_ = std::make_unique<FakeSender>();
    FakeSender& sender_ = *made_sender_;
    EventPusher pusher_{store_, kKeys.appid, base_clock_, clock_, std::move(made_sender_), log_, {.retry_pause = 0ms}};
};

TEST_F(EventPusherTest, TicketIsPushedAtTheStartAndCanBeOpened) {
    pusher_.start();

    const auto sent = sender_.waitFor(1);

    EXPECT_THAT(sent.front().url, HasSubstr("http://127.0.0.1:1/events?signature="));
    EXPECT_THAT(sent.front().url, HasSubstr("&encrypt_type=aes&msg_signature="));
    const std::string ticket = component().tickets.back().text;
    EXPECT_THAT(opened(sent.front()), HasSubstr(ticket));
}

TEST_F(EventPusherTest, EventIsDeliveredAndLeavesTheOutbox) {
    start();

    const Delivery delivery = tenants::runBlocking(pusher_.push(makeEvent("wx1")));

    EXPECT_EQ(delivery, Delivery::kDelivered);
    EXPECT_EQ(waiting(), 0U);
    EXPECT_THAT(opened(sender_.waitFor(2).back()), HasSubstr("wx1"));
}

TEST_F(EventPusherTest, PushIsTriedThreeTimesAndSealedAnew) {
    start();
    sender_.failNext(3);

    const Delivery delivery = tenants::runBlocking(pusher_.push(makeEvent("wx1")));

    EXPECT_EQ(delivery, Delivery::kFailed);
    const auto sent = sender_.waitFor(4);
    ASSERT_EQ(sent.size(), 4U);
    EXPECT_NE(sent[1].body, sent[2].body);
    EXPECT_EQ(opened(sent[1]), opened(sent[3]));
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(EventPusherTest, ThirdTryMaySucceed) {
    start();
    sender_.failNext(2);

    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx1"))), Delivery::kDelivered);
    EXPECT_EQ(pusher_.settled().back().tries, 3);
}

TEST_F(EventPusherTest, DroppedEventIsNeverSent) {
    start();
    pusher_.plan({.drop = 1});

    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx1"))), Delivery::kDropped);
    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx2"))), Delivery::kDelivered);

    EXPECT_EQ(sender_.waitFor(2).size(), 2U);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(EventPusherTest, HeldEventsGoOutInReverse) {
    start();
    pusher_.plan({.reorder = 2});

    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx1"))), Delivery::kHeld);
    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx2"))), Delivery::kDelivered);

    const auto sent = sender_.waitFor(3);
    EXPECT_THAT(opened(sent[1]), HasSubstr("wx2"));
    EXPECT_THAT(opened(sent[2]), HasSubstr("wx1"));
}

TEST_F(EventPusherTest, ClearingThePlanSendsWhatWasHeld) {
    start();
    pusher_.plan({.reorder = 2});
    ASSERT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx1"))), Delivery::kHeld);

    pusher_.clearPlan();

    EXPECT_THAT(opened(sender_.waitFor(2).back()), HasSubstr("wx1"));
}

TEST_F(EventPusherTest, DuplicateIsSentTwice) {
    start();
    pusher_.plan({.duplicate = 1});

    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx1"))), Delivery::kDelivered);

    const auto sent = sender_.waitFor(3);
    EXPECT_EQ(opened(sent[1]), opened(sent[2]));
}

TEST_F(EventPusherTest, DelayedEventLetsOthersPass) {
    start();
    pusher_.plan({.delayed = 1, .delay = 1h});

    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx1"))), Delivery::kDelayed);
    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx2"))), Delivery::kDelivered);
    EXPECT_EQ(waiting(), 1U);

    base_clock_.advance(1h);
    tenants::runBlocking(pusher_.push(makeEvent("wx3")));  // wakes the pusher up, which looks at the clock
    bool found = false;
    for (const auto& sent : sender_.waitFor(4)) found = found || opened(sent).find("wx1") != std::string::npos;
    EXPECT_TRUE(found);
}

TEST_F(EventPusherTest, WithoutAnEventsUrlNothingIsPushed) {
    change([](Component& component) { component.events_url.clear(); });
    pusher_.start();

    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx1"))), Delivery::kNoEventsUrl);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(EventPusherTest, PushesAreStampedWithTheUnmovedClock) {
    clock_.setOffset(24h);
    start();

    EXPECT_THAT(sender_.waitFor(1).front().url, HasSubstr("&timestamp=1795320000&"));
}

TEST_F(EventPusherTest, PushesAreStampedWithThePlatformsTimeWhereThatIsAsked) {
    change([](Component& component) { component.platform_stamps = true; });
    clock_.setOffset(24h);
    start();

    EXPECT_THAT(sender_.waitFor(1).front().url, HasSubstr("&timestamp=1795406400&"));
}

TEST_F(EventPusherTest, OldKeySealsAsManyPushesAsWereAskedFor) {
    start();
    change([](Component& component) {
        component.previous_aes_key = component.currentAesKey();
        component.changed_aes_key = kNewKey;
        component.old_key_pushes = 1;
    });

    tenants::runBlocking(pusher_.push(makeEvent("wx1")));
    tenants::runBlocking(pusher_.push(makeEvent("wx2")));

    const auto sent = sender_.waitFor(3);
    EXPECT_THAT(opened(sent[1]), HasSubstr("wx1"));
    EXPECT_THAT(opened(sent[2], kNewKey), HasSubstr("wx2"));
    EXPECT_EQ(component().old_key_pushes, 0);
}

TEST_F(EventPusherTest, TimerThatIsSwitchedOffPushesOnlyWhatIsAskedFor) {
    change([](Component& component) { component.timer_pushes = false; });
    pusher_.start();

    EXPECT_EQ(tenants::runBlocking(pusher_.push(makeEvent("wx1"))), Delivery::kDelivered);
    EXPECT_EQ(sender_.waitFor(1).size(), 1U);  // no ticket went before it

    pusher_.pushTicketSoon();
    EXPECT_THAT(opened(sender_.waitFor(2).back()), HasSubstr("ComponentVerifyTicket"));
}

TEST_F(EventPusherTest, FailedTicketStopsTheService) {
    start();
    sender_.failNext(3);

    EXPECT_EQ(tenants::runBlocking(pusher_.pushTicket()), Delivery::kFailed);
    EXPECT_FALSE(component().push_running);

    EXPECT_EQ(tenants::runBlocking(pusher_.pushTicket()), Delivery::kDelivered);
    EXPECT_TRUE(component().push_running);
}

TEST_F(EventPusherTest, StopEndsARunningPushAndKeepsItForTheNextStart) {
    start();
    sender_.block();
    std::optional<Delivery> delivery;
    std::thread waiter{[&] { delivery = tenants::runBlocking(pusher_.push(makeEvent("wx1"))); }};
    sender_.waitFor(2);

    pusher_.stop();
    waiter.join();

    EXPECT_EQ(delivery, Delivery::kFailed);
    ASSERT_EQ(waiting(), 1U);

    auto made_sender = std::make_unique<FakeSender>();
    FakeSender& sender = *made_sender;
    EventPusher again{store_, kKeys.appid, base_clock_, clock_, std::move(made_sender), log_, {.retry_pause = 0ms}};
    again.start();
    bool found = false;
    for (const auto& sent : sender.waitFor(2)) found = found || opened(sent).find("wx1") != std::string::npos;
    EXPECT_TRUE(found);
}

}  // namespace
}  // namespace sandbox
