#include "gateway/api/camel_case.h"

#include <algorithm>

namespace gateway::api {
namespace {

void appendName(std::string& text, std::string_view name) {
    if (name == "errcode") name = "err_code";
    if (name == "errmsg") name = "err_msg";
    for (std::size_t at = 0; at < name.size(); ++at) {
        const char next = at + 1 < name.size() ? name[at + 1] : '\0';
        const bool is_lower = next >= 'a' && next <= 'z';
        const bool is_digit = next >= '0' && next <= '9';
        if (name[at] != '_' || at == 0 || !(is_lower || is_digit)) {
            text += name[at];
            continue;
        }
        text += is_lower ? static_cast<char>(next - 'a' + 'A') : next;
        ++at;
    }
}

/// The bytes of the string at the front of `text`, its quotes included.
std::size_t stringBytes(std::string_view text) {
    std::size_t at = 1;
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
    return std::min(at + 1, text.size());
}

/// In a strict text only a member's name is a string with a colon behind it.
bool isName(std::string_view behind) {
    const std::size_t next = behind.find_first_not_of(" \t\r\n");
    return next != std::string_view::npos && behind[next] == ':';
}

}  // namespace

std::string camelCased(std::string_view json) {
    std::string text;
    text.reserve(json.size());
    while (!json.empty()) {
        const std::string_view plain = json.substr(0, json.find('"'));
        text += plain;
        json.remove_prefix(plain.size());
        if (json.empty()) break;
        const std::string_view quoted = json.substr(0, stringBytes(json));
        json.remove_prefix(quoted.size());
        if (quoted.size() > 2 && isName(json)) {
            text += '"';
            appendName(text, quoted.substr(1, quoted.size() - 2));
            text += '"';
        } else {
            text += quoted;
        }
    }
    return text;
}

}  // namespace gateway::api
