#include "gateway/app/loop_patience.h"

#include <coroutine>
#include <memory>
#include <utility>

#include "gateway/net/event_loop.h"

namespace gateway::app {

namespace {

/// One wait. Work resumes on the loop that it was started on, so all of this is touched by that loop's thread alone.
class Wait final : private net::Timer {
public:
    explicit Wait(net::EventLoop& loop) : loop_(loop) {}

    void end() {
        ended_ = true;
        if (waiter_) std::exchange(waiter_, {}).resume();
    }

    auto until(tenants::SteadyTime deadline) {
        struct Awaiter {
            Wait& wait;
            tenants::SteadyTime deadline;
            bool await_ready() const noexcept { return wait.ended_; }
            void await_suspend(std::coroutine_handle<> waiter) {
                wait.waiter_ = waiter;
                wait.loop_.timers().arm(wait, deadline);
            }
            bool await_resume() const noexcept {
                wait.loop_.timers().disarm(wait);
                return wait.ended_;
            }
        };
        return Awaiter{*this, deadline};
    }

private:
    void expired() override { std::exchange(waiter_, {}).resume(); }

    net::EventLoop& loop_;
    std::coroutine_handle<> waiter_;
    bool ended_ = false;
};

tenants::Task<void> endOf(tenants::Task<void> work, std::shared_ptr<Wait> wait) {
    co_await std::move(work);
    wait->end();
}

}  // namespace

tenants::Task<bool> LoopPatience::waitFor(tenants::Task<void> work, tenants::SteadyTime deadline) {
    const auto wait = std::make_shared<Wait>(net::EventLoop::current());
    background_.start(endOf(std::move(work), wait));
    const bool ended = co_await wait->until(deadline);
    co_return ended;
}

}  // namespace gateway::app
