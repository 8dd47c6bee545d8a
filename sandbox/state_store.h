#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "sandbox/log.h"
#include "sandbox/state.h"

namespace sandbox {

/// The platform's one state, shared by all threads, and its file. The file is replaced as a whole (new file, fsync,
/// rename), so that a crash leaves the old state or the new one. Changes reach it within the delay, or at `flush`. Where the
/// state is large the delay grows, so that writing takes a tenth of the time at most.
class StateStore {
public:
    /// Reads `file` where it exists, else begins empty; its folder must exist. The state has these components from then on,
    /// at least one. Throws std::runtime_error that names the file where it cannot be read or does not hold a state.
    StateStore(std::filesystem::path file, const std::vector<ComponentKeys>& components,
               std::chrono::milliseconds write_delay, Log& log);
    /// Writes what is not written yet; a failure is logged.
    ~StateStore();
    StateStore(const StateStore&) = delete;
    StateStore& operator=(const StateStore&) = delete;

    /// Runs `work(const State&)` and gives its result. Any thread; `work` must not block.
    template <class Work>
    auto read(Work work) const {
        const std::scoped_lock lock{mutex_};
        return work(std::as_const(state_));
    }

    /// Runs `work(State&)` and gives its result; the state is written a little later.
    template <class Work>
    auto change(Work work) {
        const Noted noted{*this};
        return work(state_);
    }

    /// Returns when every change made before the call is in the file. Throws std::runtime_error if that fails.
    void flush();

private:
    /// Holds the lock while a change runs and notes it, also where it ends by an exception half way.
    class Noted {
    public:
        explicit Noted(StateStore& store) : store_(store), lock_(store.mutex_) {}
        ~Noted() {
            ++store_.changes_;
            store_.changed_.notify_one();
        }
        Noted(const Noted&) = delete;
        Noted& operator=(const Noted&) = delete;

    private:
        StateStore& store_;
        std::scoped_lock<std::mutex> lock_;
    };

    void writeInBackground();

    const std::filesystem::path file_;
    const std::chrono::milliseconds write_delay_;
    Log& log_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    State state_;
    std::uint64_t changes_ = 0;
    bool closing_ = false;
    std::mutex file_mutex_;  // taken before mutex_: one writer of the file at a time
    std::uint64_t written_changes_ = 0;
    std::thread writer_;
};

/// Replaces `file` durably by `content`, readable by its owner alone. Throws std::runtime_error that names the file.
void writeFileAtomically(const std::filesystem::path& file, std::string_view content);

}  // namespace sandbox
