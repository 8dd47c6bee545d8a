#include "tenants/base/circuit_breaker.h"

namespace tenants {

std::optional<SteadyTime> CircuitBreaker::refusedUntil(SteadyTime now) const {
    if (calm_.load(std::memory_order_acquire)) return std::nullopt;
    const std::scoped_lock lock{mutex_};
    if (phase_ == Phase::kClosed || mayProbe(now)) return std::nullopt;
    return open_until_;
}

std::optional<CircuitBreaker::Pass> CircuitBreaker::begin(SteadyTime now) {
    // A breaker that opens between the two reads gives a pass of the era before, which counts for nothing.
    const std::uint32_t era = era_.load(std::memory_order_acquire);
    if (calm_.load(std::memory_order_acquire)) return Pass{era, false};
    const std::scoped_lock lock{mutex_};
    if (phase_ == Phase::kClosed) return Pass{era_.load(std::memory_order_relaxed), false};
    if (!mayProbe(now)) return std::nullopt;
    phase_ = Phase::kProbing;
    open_until_ = now + settings_.pause;  // what others are told meanwhile: a guess, the probe may end at any time
    tell(State::kHalfOpen);
    return Pass{era_.load(std::memory_order_relaxed), true};
}

void CircuitBreaker::succeeded(Pass pass, SteadyTime now) {
    if (calm_.load(std::memory_order_acquire)) return;
    const std::scoped_lock lock{mutex_};
    if (pass.probe) return close();
    if (phase_ != Phase::kClosed || pass.era != era_.load(std::memory_order_relaxed)) return;
    if (now >= window_ends_) {
        calm_.store(true, std::memory_order_release);
    } else {
        ++outcomes_;
    }
}

bool CircuitBreaker::failed(Pass pass, SteadyTime now) {
    const std::scoped_lock lock{mutex_};
    if (pass.probe) {
        open(now);
        return true;
    }
    if (phase_ != Phase::kClosed || pass.era != era_.load(std::memory_order_relaxed)) return false;
    if (calm_.load(std::memory_order_relaxed) || now >= window_ends_) {
        outcomes_ = 0;
        failures_ = 0;
        window_ends_ = now + settings_.window;
        calm_.store(false, std::memory_order_release);
    }
    ++outcomes_;
    ++failures_;
    const bool many = failures_ >= settings_.failures;
    if (many && std::uint64_t{failures_} * 100 >= std::uint64_t{outcomes_} * settings_.percent) open(now);
    return true;
}

void CircuitBreaker::abandoned(Pass pass) {
    if (!pass.probe) return;
    const std::scoped_lock lock{mutex_};
    phase_ = Phase::kOpen;
    open_until_ = SteadyTime{};  // due already
}

CircuitBreaker::State CircuitBreaker::state(SteadyTime now) const {
    const std::scoped_lock lock{mutex_};
    if (phase_ == Phase::kClosed) return State::kClosed;
    return phase_ == Phase::kProbing || mayProbe(now) ? State::kHalfOpen : State::kOpen;
}

bool CircuitBreaker::idle(SteadyTime now) const {
    if (calm_.load(std::memory_order_acquire)) return true;
    const std::scoped_lock lock{mutex_};
    return phase_ == Phase::kClosed && now >= window_ends_;
}

void CircuitBreaker::tell(State state) {
    if (std::exchange(told_, state) != state && on_change_) on_change_(state);
}

void CircuitBreaker::open(SteadyTime now) {
    phase_ = Phase::kOpen;
    open_until_ = now + settings_.pause;
    tell(State::kOpen);
    era_.fetch_add(1, std::memory_order_release);
}

void CircuitBreaker::close() {
    phase_ = Phase::kClosed;
    tell(State::kClosed);
    era_.fetch_add(1, std::memory_order_release);
    calm_.store(true, std::memory_order_release);
}

}  // namespace tenants
