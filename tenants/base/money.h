#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace tenants {

/// CNY in micro-yuan: one fen is 10,000, so that a scan may cost a fraction of a fen. Never a floating-point number.
class Money {
public:
    constexpr Money() = default;
    constexpr explicit Money(std::int64_t micro_yuan) : micro_yuan_(micro_yuan) {}
    constexpr std::int64_t microYuan() const noexcept { return micro_yuan_; }
    constexpr auto operator<=>(const Money&) const = default;

    /// All three throw std::overflow_error rather than wrap.
    Money plus(Money other) const;
    Money minus(Money other) const;
    Money times(std::int64_t count) const;

private:
    std::int64_t micro_yuan_ = 0;
};

inline constexpr std::int64_t kFen = 10'000;  // micro-yuan

/// The nearest whole fen; of two that are equally near, the even one. Throws std::overflow_error rather than wrap.
Money roundedToFen(Money exact);

/// A decimal number of yuan with six places, such as `-0.120000`: for files and pages.
std::string yuanText(Money money);

}  // namespace tenants
