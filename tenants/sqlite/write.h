#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "tenants/base/completion.h"
#include "tenants/base/result.h"
#include "tenants/sqlite/failure.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

struct PublishNothing {
    template <class T>
    void operator()(const T& /*stored*/) const noexcept {}
};

/// A change that a coroutine awaits: `Write write{writer, run, publish}; co_return co_await write;` in the coroutine's
/// own frame, where both callables may refer to its variables.
/// `run` makes the change on the writer's thread and gives a Result<T>; it may be called twice. `publish` gets the T
/// after the commit. Awaiting gives the Result once it is durable, kStoreUnavailable where the writer cannot write, or
/// throws what `run` threw.
template <class Run, class Publish = PublishNothing>
class Write final : private WriteJob {
public:
    using Outcome = std::invoke_result_t<Run&>;

    Write(Writer& writer, Run run, Publish publish = {})
        : writer_(writer), run_(std::move(run)), publish_(std::move(publish)) {}
    Write(const Write&) = delete;
    Write& operator=(const Write&) = delete;

    bool await_ready() {
        if (!writer_.submit(*this)) completion_.complete(storeUnavailable("writer queue full or store not writable"));
        return completion_.await_ready();
    }
    bool await_suspend(std::coroutine_handle<> waiter) noexcept { return completion_.await_suspend(waiter); }
    Outcome await_resume() { return completion_.await_resume(); }

private:
    void run() override { outcome_.emplace(run_()); }
    void publish() noexcept override {
        if (*outcome_) publish_(**outcome_);
    }
    void wake() noexcept override { completion_.complete(std::move(*outcome_)); }
    void refuse(const Error& error) noexcept override { completion_.complete(error); }
    void fail(std::exception_ptr failure) noexcept override { completion_.fail(std::move(failure)); }

    Writer& writer_;
    Run run_;
    Publish publish_;
    std::optional<Outcome> outcome_;
    Completion<Outcome> completion_;
};

}  // namespace tenants::sqlite
