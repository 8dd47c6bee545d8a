#pragma once

#include <cstddef>
#include <cstdlib>
#include <utility>
#include <variant>

#include "tenants/base/error.h"

namespace tenants {

/// A value, or the expected outcome that stands in its place. Broken infrastructure is an exception instead.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const noexcept { return state_.index() == 0; }
    const T& operator*() const& { return checked<0>(state_); }
    T& operator*() & { return checked<0>(state_); }
    T operator*() && { return std::move(checked<0>(state_)); }
    const T* operator->() const { return &checked<0>(state_); }
    T* operator->() { return &checked<0>(state_); }
    const Error& error() const& { return checked<1>(state_); }
    Error error() && { return std::move(checked<1>(state_)); }

private:
    template <std::size_t kIndex, class State>
    static auto& checked(State& state) {
        if (state.index() != kIndex) std::abort();  // asked for what is not there: a fault of the caller's code
        return std::get<kIndex>(state);
    }

    std::variant<T, Error> state_;
};

/// For what has no value to give: `Result<Done>`.
struct Done {};

}  // namespace tenants
