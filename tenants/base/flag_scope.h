#pragma once

#include <atomic>

namespace tenants {

/// Raises a flag for as long as it lives, unless somebody else has raised it already: of those who come meanwhile, none
/// enters.
class FlagScope {
public:
    explicit FlagScope(std::atomic<bool>& flag) : flag_(flag), entered_(!flag.exchange(true)) {}
    ~FlagScope() {
        if (entered_) flag_ = false;
    }
    FlagScope(const FlagScope&) = delete;
    FlagScope& operator=(const FlagScope&) = delete;

    bool entered() const noexcept { return entered_; }

private:
    std::atomic<bool>& flag_;
    const bool entered_;
};

}  // namespace tenants
