#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "tenants/base/clock.h"
#include "tenants/base/task.h"

namespace tenants {

/// Lets somebody wait for work that goes on without him: a token's refresh is for all who need that token, and none of
/// them may be kept longer than its own deadline. Safe from any thread that may start such work.
class Patience {
public:
    virtual ~Patience() = default;
    /// Starts `work` on the calling thread and ends when it has ended, or at `deadline` by the steady clock if that is
    /// sooner. True: it has ended. Else it goes on, and the one who called must own nothing of what it uses.
    virtual Task<bool> waitFor(Task<void> work, SteadyTime deadline) = 0;
};

namespace detail {

template <class T>
struct KeptOutcome {
    std::optional<T> value;
    std::exception_ptr failure;
};

template <class T>
Task<void> keepOutcome(Task<T> work, std::shared_ptr<KeptOutcome<T>> outcome) {
    try {
        outcome->value.emplace(co_await std::move(work));
    } catch (...) {
        outcome->failure = std::current_exception();
    }
}

}  // namespace detail

/// What `work` gives, or nothing where `deadline` came first and it goes on alone. What it uses must outlive it.
template <class T>
Task<std::optional<T>> within(Patience& patience, SteadyTime deadline, Task<T> work) {
    auto outcome = std::make_shared<detail::KeptOutcome<T>>();
    const bool ended = co_await patience.waitFor(detail::keepOutcome(std::move(work), outcome), deadline);
    if (!ended) co_return std::nullopt;
    if (outcome->failure) std::rethrow_exception(outcome->failure);
    co_return std::move(outcome->value);
}

}  // namespace tenants
