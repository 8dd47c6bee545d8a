#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>

#include "tenants/base/clock.h"

namespace simulation {

/// The machine's clocks plus a distance that lies in a file, so that one process can move the time of another. Both clocks
/// move together, as for a machine that was simply on for that long; or the wall clock leaps alone, as when somebody sets
/// it. Safe from any thread and process.
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
    /// The wall clock alone, either way.
    void leap(std::chrono::milliseconds by);

private:
    /// What lies in the file; zeros at first.
    struct Distance {
        std::atomic<std::int64_t> ahead_ms;
        std::atomic<std::int64_t> leapt_ms;  // of the wall clock, beside that
    };

    Distance* distance_;
};

}  // namespace simulation
