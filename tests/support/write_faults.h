#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tenants/base/error.h"

namespace test_support {

/// Lets a test make writes of the in-memory stores fail, and act at the moment at which one is durable. Writes are named
/// as the port's method. Safe from any thread; `after` runs on the writer's.
class WriteFaults {
public:
    /// Every write of this name ends with kStoreUnavailable and has no effect, until `allow`.
    void refuse(std::string_view write) {
        const std::scoped_lock lock{mutex_};
        refused_.emplace(write);
    }
    void allow(std::string_view write) {
        const std::scoped_lock lock{mutex_};
        refused_.erase(std::string{write});
    }
    /// Runs `action` once, right after the next write of this name and before its task ends.
    void after(std::string_view write, std::function<void()> action) {
        const std::scoped_lock lock{mutex_};
        watched_ = write;
        action_ = std::move(action);
    }

    std::optional<tenants::Error> check(std::string_view write) const {
        const std::scoped_lock lock{mutex_};
        if (!refused_.contains(std::string{write})) return std::nullopt;
        return tenants::Error{tenants::ErrorCode::kStoreUnavailable, "The store cannot write.", std::string{write}};
    }
    void written(std::string_view write) {
        std::function<void()> action;
        {
            const std::scoped_lock lock{mutex_};
            if (watched_ != write) return;
            watched_.clear();
            action.swap(action_);
        }
        action();
    }

private:
    mutable std::mutex mutex_;
    std::set<std::string> refused_;
    std::string watched_;
    std::function<void()> action_;
};

}  // namespace test_support
