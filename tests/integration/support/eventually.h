#pragma once

#include <chrono>
#include <functional>

namespace integration {

/// The one place where a test looks again and again: for conditions in another process of which nobody is told. True as
/// soon as `condition` holds, false if it does not within `deadline`. `condition` is asked at least once.
[[nodiscard]] bool eventually(std::chrono::milliseconds deadline, const std::function<bool()>& condition);

/// Lets `duration` pass, to strike at a moment that nothing announces; never to wait for something to have happened.
void letPass(std::chrono::microseconds duration);

/// Day limits turn at midnight in Beijing. Returns when the next `duration` lies within one Beijing day, which is at once
/// unless midnight is that close.
void waitOutMidnight(std::chrono::seconds duration);

/// Deadline of everything that takes moments on an idle machine; long enough for a sanitized build on a busy one.
inline constexpr std::chrono::milliseconds kPatience{30'000};

}  // namespace integration
