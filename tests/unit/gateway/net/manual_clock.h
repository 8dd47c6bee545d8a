#pragma once

#include <chrono>
#include <mutex>

#include "tenants/base/clock.h"

namespace gateway::net::testing {

/// A clock that stands still until the test moves it. Any thread.
class ManualClock final : public tenants::Clock {
public:
    tenants::UtcTime now() const override { return tenants::UtcTime{std::chrono::milliseconds{passed()}}; }
    tenants::SteadyTime steady() const override { return start_ + passed(); }
    void advance(std::chrono::milliseconds time) {
        const std::scoped_lock lock{mutex_};
        passed_ += time;
    }

private:
    std::chrono::milliseconds passed() const {
        const std::scoped_lock lock{mutex_};
        return passed_;
    }

    const tenants::SteadyTime start_ = std::chrono::steady_clock::now();
    mutable std::mutex mutex_;
    std::chrono::milliseconds passed_{0};
};

}  // namespace gateway::net::testing
