#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/base/clock.h"

namespace tenants {

/// A billing period: one month in Beijing (UTC+8, no daylight saving since 1991).
class Period {
public:
    /// The month that `instant` lies in.
    explicit Period(UtcTime instant);
    /// From its text, `2026-11`, or its number, 202611; empty for anything else.
    static std::optional<Period> parse(std::string_view text);
    static std::optional<Period> ofNumber(int number);

    int number() const noexcept { return year_ * 100 + month_; }  // 202611: as the ledger has it
    std::string text() const;                                     // 2026-11
    UtcTime starts() const;                                       // inclusive
    UtcTime ends() const;                                         // exclusive
    Period next() const;
    Period previous() const;
    auto operator<=>(const Period&) const = default;

private:
    Period(int year, int month) : year_(year), month_(month) {}

    int year_;
    int month_;
};

}  // namespace tenants
