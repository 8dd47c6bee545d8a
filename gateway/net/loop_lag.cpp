#include "gateway/net/loop_lag.h"

#include <algorithm>
#include <cstdint>
#include <future>
#include <utility>

#include "gateway/net/event_loop.h"

namespace gateway::net {

namespace {

constexpr std::chrono::milliseconds kPace{10};
constexpr int kSmoothing = 8;  // the share of the newest measurement: a spike alone makes little difference

}  // namespace

struct LoopLag::Meter {
    explicit Meter(EventLoop& its_loop) : loop(its_loop) {}

    EventLoop& loop;
    std::atomic<std::int64_t> recent_us{0};
    std::promise<void> ended;
};

LoopLag::LoopLag(std::vector<EventLoop*> loops) {
    for (EventLoop* loop : loops) meters_.push_back(std::make_unique<Meter>(*loop));
}

LoopLag::~LoopLag() {
    stop();
}

void LoopLag::start() {
    started_ = true;
    for (const auto& meter : meters_) {
        meter->loop.post([this, &meter = *meter] { tenants::spawn(measure(meter.loop, meter, stopping_)); });
    }
}

void LoopLag::stop() {
    if (!std::exchange(started_, false)) return;
    stopping_ = true;
    for (const auto& meter : meters_) meter->ended.get_future().wait();
}

tenants::Task<void> LoopLag::measure(EventLoop& loop, Meter& meter, const std::atomic<bool>& stopping) {
    while (!stopping) {
        const tenants::SteadyTime due = EventLoop::now() + kPace;
        co_await loop.sleepUntil(due);
        const auto late = std::chrono::duration_cast<std::chrono::microseconds>(EventLoop::now() - due).count();
        const std::int64_t before = meter.recent_us.load(std::memory_order_relaxed);
        meter.recent_us.store(before + (late - before) / kSmoothing, std::memory_order_relaxed);
    }
    meter.ended.set_value();
}

std::chrono::microseconds LoopLag::recent() const noexcept {
    std::int64_t most = 0;
    for (const auto& meter : meters_) most = std::max(most, meter->recent_us.load(std::memory_order_relaxed));
    return std::chrono::microseconds{most};
}

}  // namespace gateway::net
