#include "tenants/sqlite/writer_thread.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace tenants::sqlite {
namespace {

constexpr std::uint64_t kSliceNanoseconds = 100'000;  // the least that the kernel grants

/// The kernel's `struct sched_attr` in its first form, which glibc 2.36 does not declare. Source: sched_setattr(2).
struct SchedulingAttributes {
    std::uint32_t size;
    std::uint32_t policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t runtime;  // of the ordinary policy: the slice, in nanoseconds
    std::uint64_t deadline;
    std::uint64_t period;
};

}  // namespace

void prepareWriterThread() noexcept {
    ::pthread_setname_np(::pthread_self(), "ledger-writer");
    SchedulingAttributes attributes{};
    attributes.size = sizeof attributes;
    if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0U) != 0) return;
    attributes.runtime = kSliceNanoseconds;
    // Refused or not, the thread does its work.
    static_cast<void>(::syscall(SYS_sched_setattr, 0, &attributes, 0U));
}

}  // namespace tenants::sqlite
