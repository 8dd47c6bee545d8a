#pragma once

#include <chrono>
#include <mutex>
#include <string_view>

#include "tenants/base/clock.h"

namespace test_support {

/// A clock that stands still until the test moves it. Safe from any thread.
class FakeClock final : public tenants::Clock {
public:
    explicit FakeClock(tenants::UtcTime now) : now_(now) {}

    tenants::UtcTime now() const override {
        const std::scoped_lock lock{mutex_};
        return now_;
    }
    tenants::SteadyTime steady() const override {
        const std::scoped_lock lock{mutex_};
        return steady_;
    }

    /// Time passes, on both clocks.
    void advance(std::chrono::milliseconds span) {
        const std::scoped_lock lock{mutex_};
        now_ += span;
        steady_ += span;
    }
    /// Somebody sets the wall clock.
    void jumpWall(std::chrono::milliseconds span) {
        const std::scoped_lock lock{mutex_};
        now_ += span;
    }

private:
    mutable std::mutex mutex_;
    tenants::UtcTime now_;
    tenants::SteadyTime steady_{std::chrono::hours{1000}};
};

/// The time that an RFC 3339 text names; a malformed one ends the test program.
inline tenants::UtcTime utc(std::string_view text) {
    return tenants::parseRfc3339(text).value();
}

/// 2026-11-22T04:00:00Z: noon in Beijing.
inline tenants::UtcTime beijingNoon() {
    using namespace std::chrono;
    return sys_days{year{2026} / 11 / 22} + hours{4};
}

}  // namespace test_support
