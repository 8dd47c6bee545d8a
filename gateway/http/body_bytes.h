#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gateway::http {

/// A request's body. Unlike a string it grows without clearing what is about to be written over: of a picture's way through
/// the gateway that is a twentieth (docs/performance.md).
class BodyBytes {
public:
    BodyBytes() = default;
    // Not explicit, here and back: a body is its bytes.
    BodyBytes(std::string_view bytes) { append(bytes); }
    BodyBytes(const std::string& bytes) : BodyBytes(std::string_view{bytes}) {}
    operator std::string_view() const { return view(); }

    std::string_view view() const { return {memory_.get(), size_}; }
    std::span<char> bytes() { return {memory_.get(), size_}; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    /// Address space for that many bytes: the pages come with the bytes.
    void reserve(std::size_t size) {
        if (size <= capacity_) return;
        auto larger = std::make_unique_for_overwrite<char[]>(size);
        if (size_ != 0) std::memcpy(larger.get(), memory_.get(), size_);
        memory_ = std::move(larger);
        capacity_ = size;
    }
    /// `count` bytes behind those that are there, to be written; `added` says how many were.
    std::span<char> room(std::size_t count) {
        if (capacity_ - size_ < count) reserve(std::max(size_ + count, capacity_ * 2));
        return {memory_.get() + size_, count};
    }
    void added(std::size_t count) { size_ += count; }
    void append(std::string_view bytes) {
        if (bytes.empty()) return;
        bytes.copy(room(bytes.size()).data(), bytes.size());
        added(bytes.size());
    }

private:
    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
};

}  // namespace gateway::http
