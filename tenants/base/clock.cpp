#include "tenants/base/clock.h"

#include <array>
#include <charconv>

namespace tenants {
namespace {

/// The number that `text` begins with, of exactly `digits` digits, which are taken off it.
std::optional<int> takeNumber(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int number = 0;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return number;
}

/// At least `digits` digits of a number that is not negative, and what separates it from the next.
void appendNumber(std::string& text, int number, std::size_t digits, char separator) {
    std::array<char, 16> written{};
    const auto end = std::to_chars(written.data(), written.data() + written.size(), number).ptr;
    const auto count = static_cast<std::size_t>(end - written.data());
    if (count < digits) text.append(digits - count, '0');
    text.append(written.data(), count).push_back(separator);
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

UtcTime SystemClock::now() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady() const {
    return std::chrono::steady_clock::now();
}

std::string rfc3339(UtcTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::string text;
    text.reserve(sizeof "YYYY-MM-DDThh:mm:ss.mmmZ");
    appendNumber(text, static_cast<int>(date.year()), 4, '-');
    appendNumber(text, static_cast<int>(static_cast<unsigned>(date.month())), 2, '-');
    appendNumber(text, static_cast<int>(static_cast<unsigned>(date.day())), 2, 'T');
    appendNumber(text, static_cast<int>(clock.hours().count()), 2, ':');
    appendNumber(text, static_cast<int>(clock.minutes().count()), 2, ':');
    const auto millis = static_cast<int>(clock.subseconds().count());
    appendNumber(text, static_cast<int>(clock.seconds().count()), 2, millis != 0 ? '.' : 'Z');
    if (millis != 0) appendNumber(text, millis, 3, 'Z');
    return text;
}

std::optional<UtcTime> parseRfc3339(std::string_view text) {
    // One field after the other with the separator behind it; the fractions of a second are optional.
    static constexpr std::array<std::size_t, 6> kDigits{4, 2, 2, 2, 2, 2};
    static constexpr std::string_view kSeparators = "--T::";
    std::array<int, 6> fields{};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto number = takeNumber(text, kDigits.at(i));
        if (!number || (i < kSeparators.size() && !take(text, kSeparators[i]))) return std::nullopt;
        fields.at(i) = *number;
    }
    std::chrono::milliseconds fraction{0};
    if (take(text, '.')) {
        for (int unit = 100; unit > 0 && !text.empty() && text.front() != 'Z'; unit /= 10) {
            const auto digit = takeNumber(text, 1);
            if (!digit) return std::nullopt;
            fraction += std::chrono::milliseconds{*digit * unit};
        }
    }
    const std::chrono::year_month_day date{std::chrono::year{fields[0]},
                                           std::chrono::month(static_cast<unsigned>(fields[1])),
                                           std::chrono::day(static_cast<unsigned>(fields[2]))};
    if (text != "Z" || !date.ok() || fields[3] > 23 || fields[4] > 59 || fields[5] > 59) return std::nullopt;
    return UtcTime{std::chrono::sys_days{date}} + std::chrono::hours{fields[3]} + std::chrono::minutes{fields[4]} +
           std::chrono::seconds{fields[5]} + fraction;
}

DaySpan beijingDay(UtcTime instant, std::chrono::hours turn_hour) {
    const std::chrono::milliseconds shift = std::chrono::hours{8} - turn_hour;
    const UtcTime starts = UtcTime{std::chrono::floor<std::chrono::days>(instant + shift)} - shift;
    return {starts, starts + std::chrono::days{1}};
}

std::string beijingDate(UtcTime instant) {
    return rfc3339(instant + std::chrono::hours{8}).substr(0, 10);
}

}  // namespace tenants
