#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "tenants/base/patience.h"
#include "tests/support/gate.h"

namespace test_support {

/// Waits for work to its end, unless the test says that the deadline has come. Safe from any thread.
class FakePatience final : public tenants::Patience {
public:
    tenants::Task<bool> waitFor(tenants::Task<void> work, tenants::SteadyTime /*deadline*/) override {
        const auto wait = std::make_shared<Wait>();
        {
            const std::scoped_lock lock{mutex_};
            waits_.push_back(wait);
            ++waits_begun_;
        }
        tenants::spawn(endOf(std::move(work), wait));
        co_await wait->gate.pass();
        const std::scoped_lock lock{wait->mutex};
        co_return wait->ended;
    }

    /// The deadline of all who wait now comes.
    void runOut() {
        std::vector<std::shared_ptr<Wait>> waits;
        {
            const std::scoped_lock lock{mutex_};
            waits = std::exchange(waits_, {});
        }
        for (const auto& wait : waits) wait->gate.open();
    }

    /// How often somebody began to wait.
    int waits() const {
        const std::scoped_lock lock{mutex_};
        return waits_begun_;
    }

private:
    struct Wait {
        std::mutex mutex;
        bool ended = false;
        Gate gate;
    };
    static tenants::Task<void> endOf(tenants::Task<void> work, std::shared_ptr<Wait> wait) {
        co_await std::move(work);
        {
            const std::scoped_lock lock{wait->mutex};
            wait->ended = true;
        }
        wait->gate.open();
    }

    mutable std::mutex mutex_;
    int waits_begun_ = 0;
    std::vector<std::shared_ptr<Wait>> waits_;
};

}  // namespace test_support
