#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "tenants/base/clock.h"

namespace tenants {

/// Stops calling what keeps failing. Closed: calls go out, and outcomes are counted from a first failure on for `window`;
/// with `failures` failures that are `percent` of the outcomes or more it opens. Open: no call for `pause`. Then half open:
/// one call goes out as a probe; its success closes, its failure opens again. Outcomes of calls that began before a change
/// count for nothing. Times are of the steady clock. Any thread; as long as nothing fails it takes no lock.
class CircuitBreaker {
public:
    struct Settings {
        std::uint32_t failures = 20;
        std::uint32_t percent = 50;
        std::chrono::milliseconds window{10'000};
        std::chrono::milliseconds pause{5'000};
    };
    enum class State { kClosed, kOpen, kHalfOpen };
    /// What a call remembers from its begin to its end.
    struct Pass {
        std::uint32_t era = 0;
        bool probe = false;
    };

    /// `on_change` hears each change of state once, under the breaker's lock, so that it hears them in their order: it must not
    /// block and must not ask the breaker. A probe that was abandoned changes nothing.
    explicit CircuitBreaker(Settings settings, std::function<void(State)> on_change = {})
        : settings_(settings), on_change_(std::move(on_change)) {}

    /// Empty where a call that begins now would be let through; else until when none is, as far as that can be told.
    std::optional<SteadyTime> refusedUntil(SteadyTime now) const;
    /// Empty: no call now. Each pass ends with exactly one of `succeeded`, `failed` and `abandoned`.
    std::optional<Pass> begin(SteadyTime now);
    void succeeded(Pass pass, SteadyTime now);
    /// True where the failure counted.
    bool failed(Pass pass, SteadyTime now);
    /// No call was made, so that nothing was learnt. The next one is the probe in its place.
    void abandoned(Pass pass);

    State state(SteadyTime now) const;
    /// True where it remembers nothing that would change what comes next.
    bool idle(SteadyTime now) const;

private:
    enum class Phase { kClosed, kOpen, kProbing };

    bool mayProbe(SteadyTime now) const { return phase_ == Phase::kOpen && now >= open_until_; }
    void tell(State state);
    void open(SteadyTime now);
    void close();

    const Settings settings_;
    const std::function<void(State)> on_change_;
    std::atomic<bool> calm_{true};  // closed, and no failure counted: nothing to look up or to write down
    std::atomic<std::uint32_t> era_{0};
    mutable std::mutex mutex_;
    Phase phase_ = Phase::kClosed;
    State told_ = State::kClosed;
    SteadyTime window_ends_{};
    SteadyTime open_until_{};
    std::uint32_t outcomes_ = 0;
    std::uint32_t failures_ = 0;
};

}  // namespace tenants
