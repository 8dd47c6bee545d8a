#include "gateway/net/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <system_error>

#include "gateway/net/watch.h"

namespace gateway::net {

namespace {

constexpr int kEventsMax = 256;  // fetched at once
constexpr std::uint64_t kWakeUpTicket = std::numeric_limits<std::uint64_t>::max();

thread_local EventLoop* running_loop = nullptr;

[[noreturn]] void throwErrno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

constexpr std::size_t placeOf(std::uint64_t ticket) {
    return static_cast<std::size_t>(ticket & 0xffff'ffffU);
}
constexpr std::uint32_t generationOf(std::uint64_t ticket) {
    return static_cast<std::uint32_t>(ticket >> 32U);
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_up_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      events_(std::make_unique<epoll_event[]>(kEventsMax)) {
    if (!epoll_ || !wake_up_) throwErrno("event loop: epoll or eventfd");
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;  // each write is an edge of its own, so that nobody has to read the counter
    event.data.u64 = kWakeUpTicket;
    if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wake_up_.number(), &event) != 0)
        throwErrno("event loop: epoll_ctl");
}

EventLoop::~EventLoop() = default;

void EventLoop::run() {
    const CurrentScope scope{*this};
    running_loop = this;
    while (true) {
        runPosted();
        if (stopping_.load(std::memory_order_acquire) && !hasPosted()) break;
        waitAndDispatch();
    }
    running_loop = nullptr;
}

void EventLoop::stop() {
    stopping_.store(true, std::memory_order_release);
    wake();
}

void EventLoop::post(std::coroutine_handle<> coroutine) {
    enqueue([this, coroutine] { posted_.push_back({coroutine, {}}); });
}

void EventLoop::postAll(std::span<const std::coroutine_handle<>> coroutines) {
    enqueue([this, coroutines] {
        for (const std::coroutine_handle<> coroutine : coroutines) posted_.push_back({coroutine, {}});
    });
}

void EventLoop::post(std::function<void()> work) {
    enqueue([this, &work] { posted_.push_back({{}, std::move(work)}); });
}

template <class Add>
void EventLoop::enqueue(Add add) {
    const std::scoped_lock lock{posted_mutex_};
    add();
    // A loop that runs looks at the queue before it waits. Under the lock, because what was posted may be the last thing
    // that the loop was waiting for: it can only be run, and the loop be taken down by whoever waits for that, when this
    // thread does not need the loop any more.
    if (waiting_.exchange(false, std::memory_order_relaxed)) wake();
}

EventLoop& EventLoop::current() {
    if (running_loop == nullptr) std::abort();  // asked on a thread that runs no loop: a fault of the caller's code
    return *running_loop;
}

tenants::SteadyTime EventLoop::now() noexcept {
    return std::chrono::steady_clock::now();
}

bool EventLoop::runsOnThisThread() const noexcept {
    return running_loop == this;
}

EventLoop::Sleep EventLoop::sleepUntil(tenants::SteadyTime time) {
    return {*this, time};
}

std::uint64_t EventLoop::enter(Watch& watch, int descriptor) {
    if (free_places_.empty()) {
        places_.emplace_back();
        free_places_.reserve(places_.size());  // so that leaving needs no memory
        free_places_.push_back(static_cast<std::uint32_t>(places_.size() - 1));
    }
    const std::uint32_t place = free_places_.back();
    const std::uint64_t ticket = std::uint64_t{places_[place].generation} << 32U | place;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = ticket;
    if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) != 0) throwErrno("event loop: epoll_ctl");
    free_places_.pop_back();
    places_[place].watch = &watch;
    return ticket;
}

void EventLoop::leave(std::uint64_t ticket, int descriptor) noexcept {
    Place& place = places_[placeOf(ticket)];
    place.watch = nullptr;
    // Never the generation of the wake-up ticket, which no place can have: tables of 2^32 places do not exist.
    ++place.generation;
    free_places_.push_back(static_cast<std::uint32_t>(placeOf(ticket)));
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
}

Watch* EventLoop::find(std::uint64_t ticket) const noexcept {
    const Place& place = places_[placeOf(ticket)];
    return place.generation == generationOf(ticket) ? place.watch : nullptr;
}

void EventLoop::runPosted() {
    {
        const std::scoped_lock lock{posted_mutex_};
        running_.swap(posted_);
    }
    for (Posted& posted : running_) {
        if (posted.coroutine) {
            posted.coroutine.resume();
        } else {
            posted.work();
        }
    }
    running_.clear();
}

bool EventLoop::hasPosted() {
    const std::scoped_lock lock{posted_mutex_};
    return !posted_.empty();
}

void EventLoop::wake() const {
    const std::uint64_t one = 1;
    // Fails only with EAGAIN at 2^64 - 2 unread wake-ups, which are never read and never reached.
    if (::write(wake_up_.number(), &one, sizeof one) != sizeof one) std::abort();
}

/// False where there is work already. True: from now on whoever posts wakes the loop.
bool EventLoop::mayWait() {
    const std::scoped_lock lock{posted_mutex_};
    if (!posted_.empty()) return false;
    waiting_.store(true, std::memory_order_relaxed);
    return true;
}

int EventLoop::waitMilliseconds() {
    if (stopping_.load(std::memory_order_acquire) || !mayWait()) return 0;
    const auto next = timers_.next();
    if (!next) return -1;
    // Rounded up: a wait that ends before the deadline would only spin to it.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

void EventLoop::waitAndDispatch() {
    const int count = ::epoll_wait(epoll_.number(), events_.get(), kEventsMax, waitMilliseconds());
    waiting_.store(false, std::memory_order_relaxed);
    if (count < 0 && errno != EINTR) throwErrno("event loop: epoll_wait");
    for (int index = 0; index < count; ++index) {
        const epoll_event event = events_[static_cast<std::size_t>(index)];
        if (event.data.u64 != kWakeUpTicket) Watch::dispatch(*this, event.data.u64, event.events);
    }
    if (timers_.size() > 0) timers_.expire(now());
}

}  // namespace gateway::net
