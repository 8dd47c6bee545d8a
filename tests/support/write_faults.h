#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tenants/base/error.h"
#include "tests/support/gate.h"

namespace test_support {

/// Lets a test make writes of the in-memory stores fail or wait, and act at the moment at which one is durable. Writes are named
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
    /// The next write of this name waits for the gate before it is made.
    std::shared_ptr<Gate> delayNext(std::string_view write) {
        const std::scoped_lock lock{mutex_};
        return delays_[std::string{write}] = std::make_shared<Gate>();
    }
    /// What that write has to wait for; null: nothing.
    std::shared_ptr<Gate> delayOf(std::string_view write) {
        const std::scoped_lock lock{mutex_};
        const auto found = delays_.find(std::string{write});
        return found == delays_.end() ? nullptr : std::exchange(found->second, nullptr);
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
    std::map<std::string, std::shared_ptr<Gate>> delays_;
    std::string watched_;
    std::function<void()> action_;
};

}  // namespace test_support
