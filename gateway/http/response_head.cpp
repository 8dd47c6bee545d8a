#include "gateway/http/response_head.h"

#include <array>
#include <cstdio>
#include <stdexcept>

#include "gateway/net/http1_text.h"

namespace gateway::http {
namespace {

constexpr std::array<std::string_view, 5> kOwnFields = {"Date", "Content-Length", "Connection", "X-Request-Id",
                                                        "Transfer-Encoding"};

bool isOwnField(std::string_view name) {
    for (const std::string_view own : kOwnFields) {
        if (net::equalsIgnoringCase(own, name)) return true;
    }
    return false;
}

void addField(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view HttpDate::at(tenants::UtcTime time) {
    static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    if (second == second_) return text_;
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{second - day};
    std::array<char, 64> text{};
    const int written =
        std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                      kDays.at(std::chrono::weekday{day}.c_encoding()), static_cast<unsigned>(date.day()),
                      kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                      static_cast<int>(clock.seconds().count()));
    text_.assign(text.data(), static_cast<std::size_t>(written));
    second_ = second;
    return text_;
}

bool isBodiless(int status) {
    return status == 204 || status == 304;
}

std::string renderResponseHead(const Response& response, const ResponseFraming& framing) {
    if (response.status < 200 || response.status > 599) throw std::logic_error("response status is not a final one");
    std::string head;
    head.reserve(512);
    head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    head.append(statusPhrase(response.status)).append("\r\n");
    addField(head, "Date", framing.date);
    addField(head, "X-Request-Id", framing.request_id);
    for (const auto& [name, value] : response.headers.all()) {
        if (!isOwnField(name)) addField(head, name, value);
    }
    if (!isBodiless(response.status)) addField(head, "Content-Length", std::to_string(response.body.size()));
    if (!framing.keep_alive) {
        addField(head, "Connection", "close");
    } else if (framing.minor_version == 0) {
        addField(head, "Connection", "keep-alive");
    }
    head.append("\r\n");
    return head;
}

}  // namespace gateway::http
