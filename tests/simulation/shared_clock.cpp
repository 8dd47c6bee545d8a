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

SharedClock::SharedClock(const std::filesystem::path& file) : ahead_ms_(nullptr) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) throwErrno("shared clock: open");
    // A new file is all zeros, which is a distance of 0.
    if (::ftruncate(descriptor, sizeof(std::int64_t)) != 0) throwErrno("shared clock: ftruncate");
    void* const memory = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (memory == MAP_FAILED) throwErrno("shared clock: mmap");
    ahead_ms_ = static_cast<std::atomic<std::int64_t>*>(memory);
}

SharedClock::~SharedClock() {
    ::munmap(ahead_ms_, sizeof(std::int64_t));
}

std::chrono::milliseconds SharedClock::ahead() const {
    return std::chrono::milliseconds{ahead_ms_->load()};
}

tenants::UtcTime SharedClock::now() const {
    return tenants::SystemClock{}.now() + ahead();
}

tenants::SteadyTime SharedClock::steady() const {
    return tenants::SystemClock{}.steady() + ahead();
}

void SharedClock::advance(std::chrono::milliseconds by) {
    ahead_ms_->fetch_add(by.count());
}

}  // namespace simulation
