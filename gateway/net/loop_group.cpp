#include "gateway/net/loop_group.h"

#include <pthread.h>

#include <stdexcept>

namespace gateway::net {

LoopGroup::LoopGroup(std::size_t count) {
    if (count == 0) throw std::invalid_argument("loop group: needs at least one loop");
    loops_.reserve(count);
    for (std::size_t index = 0; index < count; ++index) loops_.push_back(std::make_unique<EventLoop>());
}

LoopGroup::~LoopGroup() {
    stop();
}

void LoopGroup::start() {
    if (!threads_.empty()) throw std::logic_error("loop group: started twice");
    threads_.reserve(loops_.size());
    for (const auto& loop : loops_)
        threads_.emplace_back([&loop = *loop] {
            ::pthread_setname_np(::pthread_self(), "loop");
            loop.run();
        });
}

void LoopGroup::stop() {
    for (const auto& loop : loops_) loop->stop();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

std::vector<EventLoop*> LoopGroup::all() const {
    std::vector<EventLoop*> loops;
    loops.reserve(loops_.size());
    for (const auto& loop : loops_) loops.push_back(loop.get());
    return loops;
}

}  // namespace gateway::net
