#include "tests/integration/support/eventually.h"

#include <poll.h>

#include <ctime>
#include <stdexcept>

namespace integration {
namespace {

constexpr std::chrono::milliseconds kPause{5};
constexpr std::chrono::hours kBeijingOffset{8};

std::chrono::milliseconds untilMidnight() {
    using std::chrono::hours;
    const auto now = std::chrono::system_clock::now().time_since_epoch() + kBeijingOffset;
    return std::chrono::duration_cast<std::chrono::milliseconds>(hours{24} - now % hours{24});
}

}  // namespace

bool eventually(std::chrono::milliseconds deadline, const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= until) return false;
        letPass(kPause);
    }
    return true;
}

void letPass(std::chrono::microseconds duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
    const timespec span{.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds{duration - seconds}.count()};
    ::ppoll(nullptr, 0, &span, nullptr);
}

void waitOutMidnight(std::chrono::seconds duration) {
    const auto closest = untilMidnight();
    if (closest > duration) return;
    const bool turned =
        eventually(duration + std::chrono::seconds{1}, [duration] { return untilMidnight() > duration; });
    if (!turned) throw std::logic_error("midnight did not pass");
}

}  // namespace integration
