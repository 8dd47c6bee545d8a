#include "gateway/net/timer_queue.h"

namespace gateway::net {

Timer::~Timer() {
    disarm();
}

void Timer::disarm() noexcept {
    if (queue_ != nullptr) queue_->disarm(*this);
}

TimerQueue::~TimerQueue() {
    for (const Entry& entry : heap_) entry.timer->queue_ = nullptr;
}

void TimerQueue::arm(Timer& timer, tenants::SteadyTime time) {
    timer.disarm();
    heap_.push_back({time, &timer});
    timer.queue_ = this;
    rise(heap_.size() - 1, heap_.back());
}

void TimerQueue::disarm(Timer& timer) noexcept {
    if (timer.queue_ != this) return;
    const std::size_t hole = timer.position_;
    timer.queue_ = nullptr;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (last.timer == &timer) return;
    if (hole > 0 && last.time < heap_[(hole - 1) / 2].time) {
        rise(hole, last);
    } else {
        sink(hole, last);
    }
}

std::optional<tenants::SteadyTime> TimerQueue::next() const noexcept {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().time;
}

void TimerQueue::expire(tenants::SteadyTime now) {
    for (std::size_t left = heap_.size(); left > 0 && !heap_.empty() && heap_.front().time <= now; --left) {
        Timer& timer = *heap_.front().timer;
        disarm(timer);
        timer.expired();
    }
}

void TimerQueue::place(std::size_t position, Entry entry) noexcept {
    heap_[position] = entry;
    entry.timer->position_ = position;
}

void TimerQueue::rise(std::size_t position, Entry entry) noexcept {
    while (position > 0) {
        const std::size_t parent = (position - 1) / 2;
        if (heap_[parent].time <= entry.time) break;
        place(position, heap_[parent]);
        position = parent;
    }
    place(position, entry);
}

void TimerQueue::sink(std::size_t position, Entry entry) noexcept {
    while (true) {
        std::size_t child = 2 * position + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1].time < heap_[child].time) ++child;
        if (entry.time <= heap_[child].time) break;
        place(position, heap_[child]);
        position = child;
    }
    place(position, entry);
}

}  // namespace gateway::net
