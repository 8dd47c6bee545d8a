#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>

#include "tenants/base/clock.h"

namespace simulation {

/// The machine's clocks plus a distance that lies in a file, so that one process can move the time of another. Both clocks
/// move together, as for a machine that was simply on for that long. Safe from any thread and process.
class SharedClock final : public tenants::Clock {
public:
    /// Maps the file; makes it, with distance 0, where there is none. Throws std::system_error.
    explicit SharedClock(const std::filesystem::path& file);
    ~SharedClock() override;
    SharedClock(const SharedClock&) = delete;
    SharedClock& operator=(const SharedClock&) = delete;

    tenants::UtcTime now() const override;
    tenants::SteadyTime steady() const override;
    void advance(std::chrono::milliseconds by);

private:
    std::chrono::milliseconds ahead() const;

    std::atomic<std::int64_t>* ahead_ms_;
};

}  // namespace simulation
