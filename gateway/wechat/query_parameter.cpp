#include "gateway/wechat/query_parameter.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gateway::wechat {
namespace {

constexpr std::array<bool, 256> kUnreserved = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"}) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

}  // namespace

void appendQueryParameter(std::string& target, std::string_view name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += name;
    target += '=';
    constexpr std::string_view kHexDigits = "0123456789ABCDEF";
    const auto is_unreserved = [](char c) { return kUnreserved[static_cast<unsigned char>(c)]; };
    while (true) {
        const auto plain_end = std::ranges::find_if_not(value, is_unreserved);
        const auto plain = static_cast<std::size_t>(plain_end - value.begin());
        target += value.substr(0, plain);
        if (plain_end == value.end()) return;
        const auto byte = static_cast<unsigned char>(*plain_end);
        target += {'%', kHexDigits[byte >> 4U], kHexDigits[byte & 0x0FU]};
        value.remove_prefix(plain + 1);
    }
}

}  // namespace gateway::wechat
