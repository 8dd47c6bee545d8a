#include "tests/simulation/shared_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <system_error>

namespace simulation {
namespace {

static_assert(std::atomic<std::int64_t>::is_always_lock_free, "two processes share it");

[[noreturn]] void throwErrno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

SharedClock::SharedClock(const std::filesystem::path& file) : distance_(nullptr) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) throwErrno("shared clock: open");
    // A new file is all zeros, which is a distance of 0.
    if (::ftruncate(descriptor, sizeof(Distance)) != 0) throwErrno("shared clock: ftruncate");
    void* const memory = ::mmap(nullptr, sizeof(Distance), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (memory == MAP_FAILED) throwErrno("shared clock: mmap");
    distance_ = static_cast<Distance*>(memory);
}

SharedClock::~SharedClock() {
    ::munmap(distance_, sizeof(Distance));
}

tenants::UtcTime SharedClock::now() const {
    return tenants::SystemClock{}.now() + std::chrono::milliseconds{distance_->ahead_ms + distance_->leapt_ms};
}

tenants::SteadyTime SharedClock::steady() const {
    return tenants::SystemClock{}.steady() + std::chrono::milliseconds{distance_->ahead_ms};
}

void SharedClock::advance(std::chrono::milliseconds by) {
    distance_->ahead_ms += by.count();
}

void SharedClock::leap(std::chrono::milliseconds by) {
    distance_->leapt_ms += by.count();
}

}  // namespace simulation
