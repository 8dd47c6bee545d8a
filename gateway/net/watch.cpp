#include "gateway/net/watch.h"

#include <sys/epoll.h>

#include <cstdlib>
#include <utility>

namespace gateway::net {

namespace {

constexpr std::uint32_t kBroken = EPOLLHUP | EPOLLERR;
// So many operations in a row may succeed without a wait before others get their turn: a peer that always has bytes
// ready must not own the loop.
constexpr unsigned kImmediateMax = 64;

}  // namespace

Watch::Watch(EventLoop& loop, int descriptor)
    : loop_(loop), descriptor_(descriptor), ticket_(loop.enter(*this, descriptor)) {}

Watch::~Watch() {
    loop_.leave(ticket_, descriptor_);
}

void Watch::abort() {
    aborted_ = true;
    for (Operation* waiting : {reader_, writer_}) {
        if (waiting == nullptr) continue;
        waiting->unseat();
        waiting->endWith(Operation::Ending::kAborted);
        loop_.post(waiting->waiter_);
    }
}

void Watch::dispatch(EventLoop& loop, std::uint64_t ticket, std::uint32_t events) {
    Watch* watch = loop.find(ticket);
    if (watch == nullptr) return;
    watch->drained_ = false;
    if ((events & (EPOLLRDHUP | kBroken)) != 0) watch->peer_ended_ = true;
    if (watch->reader_ != nullptr && watch->reader_->concernedBy(events)) watch->reader_->onEvents();
    watch = loop.find(ticket);  // the reader that went on may have ended it
    if (watch == nullptr) return;
    if (watch->writer_ != nullptr && watch->writer_->concernedBy(events)) watch->writer_->onEvents();
}

Operation::Operation(Watch& watch, Side side, tenants::SteadyTime deadline) noexcept
    : watch_(watch), side_(side), deadline_(deadline) {}

Operation::~Operation() {
    if (seated_) unseat();
}

bool Operation::await_ready() {
    if (watch_.aborted_) {
        endWith(Ending::kAborted);
        return true;
    }
    const Attempt outcome = attempt();
    if (outcome == Attempt::kEnded) {
        ended_ = true;
        return ++watch_.immediate_ < kImmediateMax;
    }
    need_ = outcome;
    return false;
}

void Operation::await_suspend(std::coroutine_handle<> waiter) {
    watch_.immediate_ = 0;
    if (ended_) {
        watch_.loop_.post(waiter);
        return;
    }
    if (std::exchange(seat(), this) != nullptr) std::abort();  // two at once on one side: a fault of the caller's code
    seated_ = true;
    waiter_ = waiter;
    if (deadline_ != tenants::SteadyTime::max()) watch_.loop_.timers().arm(*this, deadline_);
}

Operation*& Operation::seat() const noexcept {
    return side_ == Side::kReader ? watch_.reader_ : watch_.writer_;
}

void Operation::unseat() noexcept {
    disarm();
    seat() = nullptr;
    seated_ = false;
}

bool Operation::concernedBy(std::uint32_t events) const noexcept {
    const std::uint32_t wanted = need_ == Attempt::kNeedsInput ? EPOLLIN | EPOLLRDHUP : EPOLLOUT;
    return (events & (wanted | kBroken)) != 0;
}

void Operation::onEvents() {
    const Attempt outcome = attempt();
    if (outcome != Attempt::kEnded) {
        need_ = outcome;
        return;
    }
    unseat();
    waiter_.resume();  // the last thing: it may end this object
}

void Operation::expired() {
    unseat();
    endWith(Ending::kTimeout);
    waiter_.resume();
}

}  // namespace gateway::net
