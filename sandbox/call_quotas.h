#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/refusal.h"
#include "tenants/base/clock.h"

namespace sandbox {

/// Calls of one path that an account may make. WeChat publishes no number: without a limit of the control API's it is a
/// million a day.
struct CallLimit {
    std::string path;
    std::string appid = {};  // the account that the token speaks for; empty: any
    std::optional<std::int64_t> per_day = {};
    std::optional<std::int64_t> per_minute = {};
};

/// What openapi/quota/get tells. Source: wechat-platform.md §3.11.
struct CallUsage {
    std::int64_t daily_limit = 0;
    std::int64_t used = 0;
    std::optional<std::int64_t> per_minute = {};
};

/// How many calls each account made, and what it may. Days turn at midnight in Beijing. In memory only. Any thread.
class CallQuotas {
public:
    /// Takes the place of an earlier limit of the same path and account. One that names the account goes before one that
    /// does not.
    void limit(CallLimit limit);
    std::vector<CallLimit> limits() const;
    void clearLimits();

    /// Counts a call, or refuses it: 45009, 45011.
    std::optional<Refusal> take(const std::string& appid, const std::string& path, tenants::UtcTime now);
    CallUsage usage(const std::string& appid, const std::string& path, tenants::UtcTime now) const;
    /// The account's counters, of one path or of all (empty), begin again at zero. Ten times in a calendar month, whatever
    /// they are for; then 48006.
    std::optional<Refusal> reset(const std::string& appid, const std::string& path, tenants::UtcTime now);

private:
    struct Window {
        tenants::UtcTime starts{};
        std::int64_t used = 0;
        std::int64_t usedIn(tenants::UtcTime window_starts) const { return starts == window_starts ? used : 0; }
        void count(tenants::UtcTime window_starts);
    };
    struct Counter {
        Window day;
        Window minute;
    };
    struct Resets {
        std::int64_t month = 0;
        int count = 0;
    };
    const CallLimit* limitFor(const std::string& appid, const std::string& path) const;

    mutable std::mutex mutex_;
    std::vector<CallLimit> limits_;
    std::map<std::pair<std::string, std::string>, Counter> counters_;  // by appid and path
    std::map<std::string, Resets> resets_;
};

}  // namespace sandbox
