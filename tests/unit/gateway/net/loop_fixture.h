#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <type_traits>
#include <utility>

#include "gateway/net/event_loop.h"
#include "tenants/base/task.h"

namespace gateway::net::testing {

template <class T>
tenants::Task<void> deliver(tenants::Task<T> task, std::promise<T>& result) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(task);
            result.set_value();
        } else {
            result.set_value(co_await std::move(task));
        }
    } catch (...) {
        result.set_exception(std::current_exception());
    }
}

/// Runs the task that `make` gives on the loop, and blocks the calling thread, another one, until it has ended.
template <class Make>
auto runOn(EventLoop& loop, Make make) {
    using T = decltype(std::declval<decltype(make())>().operator co_await().await_resume());
    std::promise<T> result;
    std::future<T> outcome = result.get_future();
    loop.post(std::function<void()>{[&make, &result] { tenants::spawn(deliver<T>(make(), result)); }});
    return outcome.get();
}

/// Runs a plain function on the loop and waits for it.
template <class Work>
void callOn(EventLoop& loop, Work work) {
    std::promise<void> done;
    loop.post(std::function<void()>{[&] {
        work();
        done.set_value();
    }});
    done.get_future().get();
}

inline tenants::SteadyTime in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

/// Longer than any machine takes for what a test does at once; only a broken program waits for it.
inline tenants::SteadyTime soon() {
    return in(std::chrono::seconds{10});
}

/// How late a deadline may be kept: what is promised, and more where a sanitizer slows everything.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::chrono::milliseconds kLateness{2000};
#else
inline constexpr std::chrono::milliseconds kLateness{100};
#endif

}  // namespace gateway::net::testing
