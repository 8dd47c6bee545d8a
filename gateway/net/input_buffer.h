#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace gateway::net {

/// Bytes that came from a peer and were not used yet. Holds no memory while it is empty and released, so that an idle
/// connection costs none; grows only as far as it is asked to. One thread.
class InputBuffer {
public:
    std::string_view bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }

    /// Room behind the bytes, at least one byte of it. They never need more than `bytes_max` with it; that they do not
    /// fill it already is the caller's part.
    std::span<char> room(std::size_t bytes_max) {
        if (end_ == capacity_) makeRoom(1, bytes_max);
        return {memory_.get() + end_, capacity_ - end_};
    }
    void added(std::size_t bytes) { end_ += bytes; }
    void append(std::string_view bytes) {
        if (capacity_ - end_ < bytes.size()) makeRoom(bytes.size(), end_ - begin_ + bytes.size());
        std::memcpy(memory_.get() + end_, bytes.data(), bytes.size());
        end_ += bytes.size();
    }
    void consume(std::size_t bytes) { begin_ += bytes; }
    /// Gives the memory back. Only while empty.
    void release() {
        memory_.reset();
        capacity_ = begin_ = end_ = 0;
    }

private:
    static constexpr std::size_t kFirstBytes = 4096;  // an ordinary head, with a small body behind it

    void makeRoom(std::size_t bytes, std::size_t bytes_max) {
        const std::size_t used = end_ - begin_;
        if (begin_ != 0 && used + bytes <= capacity_) {
            std::memmove(memory_.get(), memory_.get() + begin_, used);
        } else {
            const std::size_t wanted =
                std::max({used + bytes, std::min(capacity_ * 2, bytes_max), std::min(kFirstBytes, bytes_max)});
            auto larger = std::make_unique_for_overwrite<char[]>(wanted);
            if (used != 0) std::memcpy(larger.get(), memory_.get() + begin_, used);
            memory_ = std::move(larger);
            capacity_ = wanted;
        }
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace gateway::net
