#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tenants {

using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Where the time comes from. Passed to whoever needs it; nobody asks the system. Safe from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    virtual UtcTime now() const = 0;        // UTC wall time, for ledger rows and expiry; may jump either way
    virtual SteadyTime steady() const = 0;  // for measuring waits and deadlines only
};

/// The machine's own clocks.
class SystemClock final : public Clock {
public:
    UtcTime now() const override;
    SteadyTime steady() const override;
};

/// RFC 3339 in UTC with milliseconds when they are not zero: 2026-11-22T14:36:15Z, 2026-11-22T14:36:15.250Z.
std::string rfc3339(UtcTime time);

/// The time that such a text names: `Z` only, seconds, up to three decimals. Empty for anything else, a day that does
/// not exist included.
std::optional<UtcTime> parseRfc3339(std::string_view text);

/// Half-open span of one day: [starts, ends).
struct DaySpan {
    UtcTime starts;
    UtcTime ends;
};

/// The Beijing day (UTC+8, no daylight saving since 1991) that `instant` lies in, when days turn at
/// `turn_hour` o'clock Beijing time (0 = midnight; WeChat's own quota may turn at another hour).
DaySpan beijingDay(UtcTime instant, std::chrono::hours turn_hour = std::chrono::hours{0});

/// The date in Beijing: 2026-11-30.
std::string beijingDate(UtcTime instant);

}  // namespace tenants
