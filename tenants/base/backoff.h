#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tenants {

/// How long to leave alone what failed: `first`, doubled with every failure in a row, never more than `most`. The upper
/// half is spread by `salt`, so that those who failed together do not come back together; the same salt and number of
/// failures always give the same pause.
struct Backoff {
    std::chrono::milliseconds first;
    std::chrono::milliseconds most;

    std::chrono::milliseconds pause(int failures, std::uint64_t salt) const {
        constexpr int kDoublingsMax = 20;  // beyond any sensible `most`, and far from an overflow
        const std::int64_t doubled = first.count() << std::clamp(failures - 1, 0, kDoublingsMax);
        const std::int64_t whole = std::min(doubled, most.count());
        const std::uint64_t spread = mixed(salt + static_cast<std::uint64_t>(failures));
        const std::int64_t half = whole / 2;
        return std::chrono::milliseconds{whole - half +
                                         static_cast<std::int64_t>(spread % (static_cast<std::uint64_t>(half) + 1))};
    }

    /// Anywhere from nothing to `most`, for a repeat of something that broke for many at once; another salt, another pause.
    static std::chrono::milliseconds fullJitter(std::chrono::milliseconds most, std::uint64_t salt) {
        return std::chrono::milliseconds{
            static_cast<std::int64_t>(mixed(salt) % (static_cast<std::uint64_t>(most.count()) + 1))};
    }

private:
    /// The finaliser of SplitMix64: close numbers become far ones.
    static constexpr std::uint64_t mixed(std::uint64_t number) {
        number = (number ^ (number >> 30U)) * 0xBF58476D1CE4E5B9U;
        number = (number ^ (number >> 27U)) * 0x94D049BB133111EBU;
        return number ^ (number >> 31U);
    }
};

}  // namespace tenants
