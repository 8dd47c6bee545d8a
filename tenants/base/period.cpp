#include "tenants/base/period.h"

#include <chrono>

namespace tenants {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::hours kBeijing = 8h;
constexpr int kYearMin = 1970;
constexpr int kYearMax = 9999;

UtcTime firstInstant(int year, int month) {
    const std::chrono::year_month_day day{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                          std::chrono::day{1}};
    return UtcTime{std::chrono::sys_days{day}} - kBeijing;
}

std::optional<int> digits(std::string_view text) {
    int value = 0;
    for (const char letter : text) {
        if (letter < '0' || letter > '9') return std::nullopt;
        value = value * 10 + (letter - '0');
    }
    return value;
}

}  // namespace

Period::Period(UtcTime instant) {
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(instant + kBeijing)};
    year_ = static_cast<int>(day.year());
    month_ = static_cast<int>(static_cast<unsigned>(day.month()));
}

std::optional<Period> Period::parse(std::string_view text) {
    if (text.size() != 7 || text[4] != '-') return std::nullopt;
    const auto year = digits(text.substr(0, 4));
    const auto month = digits(text.substr(5));
    if (!year || !month) return std::nullopt;
    return ofNumber(*year * 100 + *month);
}

std::optional<Period> Period::ofNumber(int number) {
    const int year = number / 100;
    const int month = number % 100;
    if (year < kYearMin || year > kYearMax || month < 1 || month > 12) return std::nullopt;
    return Period{year, month};
}

std::string Period::text() const {
    return std::to_string(year_) + (month_ < 10 ? "-0" : "-") + std::to_string(month_);
}

UtcTime Period::starts() const {
    return firstInstant(year_, month_);
}

UtcTime Period::ends() const {
    return next().starts();
}

Period Period::next() const {
    return month_ == 12 ? Period{year_ + 1, 1} : Period{year_, month_ + 1};
}

Period Period::previous() const {
    return month_ == 1 ? Period{year_ - 1, 12} : Period{year_, month_ - 1};
}

}  // namespace tenants
