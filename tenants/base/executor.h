#pragma once

#include <algorithm>
#include <coroutine>
#include <span>
#include <utility>
#include <vector>

namespace tenants {

/// Something that resumes coroutines on a thread of its own: an event loop in the gateway, nothing at all in a unit test.
class Executor {
public:
    virtual ~Executor() = default;
    /// Resumes `coroutine` later on the executor's thread, in the order of posting. Safe from any thread.
    virtual void post(std::coroutine_handle<> coroutine) = 0;
    /// The same for several at once, for the price of one.
    virtual void postAll(std::span<const std::coroutine_handle<>> coroutines) {
        for (const std::coroutine_handle<> coroutine : coroutines) post(coroutine);
    }

    /// The executor whose thread is calling, or null on a thread that belongs to none.
    static Executor* current() noexcept { return current_; }

protected:
    /// An executor holds one of these while its thread runs it.
    class CurrentScope {
    public:
        explicit CurrentScope(Executor& executor) noexcept : before_(current_) { current_ = &executor; }
        ~CurrentScope() { current_ = before_; }
        CurrentScope(const CurrentScope&) = delete;
        CurrentScope& operator=(const CurrentScope&) = delete;

    private:
        Executor* before_;
    };

private:
    inline static thread_local Executor* current_ = nullptr;
};

/// While one lives, what its thread resumes on executors is gathered; when it ends, each executor gets its share in one
/// go. For whoever ends many waits at once: to wake another thread costs more than what it is woken for. One a thread.
class ResumedTogether {
public:
    ResumedTogether() noexcept { current_ = this; }
    ~ResumedTogether() {
        current_ = nullptr;
        for (const auto& [home, coroutines] : gathered_) home->postAll(coroutines);
    }
    ResumedTogether(const ResumedTogether&) = delete;
    ResumedTogether& operator=(const ResumedTogether&) = delete;

    static ResumedTogether* current() noexcept { return current_; }
    void add(Executor* home, std::coroutine_handle<> coroutine) {
        const auto same = [home](const auto& share) { return share.first == home; };
        auto share = std::find_if(gathered_.begin(), gathered_.end(), same);
        if (share == gathered_.end()) share = gathered_.emplace(share, home, std::vector<std::coroutine_handle<>>{});
        share->second.push_back(coroutine);
    }

private:
    inline static thread_local ResumedTogether* current_ = nullptr;
    std::vector<std::pair<Executor*, std::vector<std::coroutine_handle<>>>> gathered_;  // few: one for each loop
};

/// Resumes `coroutine` where it was suspended: on `home`, or at once on this thread where it had none.
inline void resumeAt(Executor* home, std::coroutine_handle<> coroutine) {
    if (home == nullptr) {
        coroutine.resume();
    } else if (ResumedTogether* const together = ResumedTogether::current()) {
        together->add(home, coroutine);
    } else {
        home->post(coroutine);
    }
}

}  // namespace tenants
