#pragma once

#include <atomic>
#include <chrono>

#include "tenants/base/clock.h"

namespace sandbox {

/// The platform's own time: another clock plus an offset that the control API moves. Any thread.
class PlatformClock final : public tenants::Clock {
public:
    explicit PlatformClock(const tenants::Clock& base) : base_(base) {}

    tenants::UtcTime now() const override { return base_.now() + offset(); }
    tenants::SteadyTime steady() const override { return base_.steady(); }

    std::chrono::milliseconds offset() const { return std::chrono::milliseconds{offset_ms_.load()}; }
    void setOffset(std::chrono::milliseconds offset) { offset_ms_.store(offset.count()); }

private:
    const tenants::Clock& base_;
    std::atomic<std::chrono::milliseconds::rep> offset_ms_{0};
};

}  // namespace sandbox
