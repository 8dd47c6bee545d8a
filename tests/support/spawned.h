#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "tenants/base/task.h"

namespace test_support {

namespace detail {

template <class T>
tenants::Task<void> keepResult(tenants::Task<T> task, std::shared_ptr<std::optional<T>> result) {
    result->emplace(co_await std::move(task));
}

}  // namespace detail

/// Starts a task and lets the test look whether it has ended, for interleavings that the test decides.
template <class T>
class Spawned {
public:
    explicit Spawned(tenants::Task<T> task) { tenants::spawn(detail::keepResult(std::move(task), result_)); }
    bool ended() const { return result_->has_value(); }
    const T& result() const { return result_->value(); }  // throws where it has not ended

private:
    std::shared_ptr<std::optional<T>> result_ = std::make_shared<std::optional<T>>();
};

}  // namespace test_support
