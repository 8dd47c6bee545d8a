#pragma once

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "gateway/net/event_loop.h"

namespace gateway::net {

/// A fixed number of loops with a thread each. The destructor stops and joins.
class LoopGroup {
public:
    explicit LoopGroup(std::size_t count);  // at least one; throws std::system_error where the kernel refuses
    ~LoopGroup();
    LoopGroup(const LoopGroup&) = delete;
    LoopGroup& operator=(const LoopGroup&) = delete;

    /// Starts the threads; once.
    void start();
    /// Lets posted work run, stops every loop and joins its thread. Not from a loop's thread. A second call does
    /// nothing.
    void stop();

    std::size_t size() const noexcept { return loops_.size(); }
    EventLoop& at(std::size_t index) { return *loops_.at(index); }
    /// For whoever takes loops one by one; they live as long as the group.
    std::vector<EventLoop*> all() const;

private:
    std::vector<std::unique_ptr<EventLoop>> loops_;
    std::vector<std::thread> threads_;
};

}  // namespace gateway::net
