#include "gateway/wechat/redacted_url.h"

#include <algorithm>
#include <array>

namespace gateway::wechat {
namespace {

constexpr std::string_view kHidden = "REDACTED";
constexpr std::array<std::string_view, 4> kHarmlessNames{"encrypt_type", "expires_in", "grant_type", "type"};

/// A harmless parameter's value is shown only if nothing else can hide in it.
bool isPlainWord(std::string_view text) {
    return std::ranges::all_of(text, [](char character) {
        return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') || character == '_';
    });
}

void appendParameter(std::string& shown, std::string_view parameter) {
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos) {
        if (!parameter.empty()) shown += kHidden;  // a bare word may be the secret itself
        return;
    }
    const std::string_view name = parameter.substr(0, equals);
    const std::string_view value = parameter.substr(equals + 1);
    shown += name;
    shown += '=';
    const bool is_harmless = std::ranges::find(kHarmlessNames, name) != kHarmlessNames.end() && isPlainWord(value);
    if (!value.empty()) shown += is_harmless ? value : kHidden;
}

/// Scheme, host and path, without user information.
void appendBeforeQuery(std::string& shown, std::string_view text) {
    const auto scheme_end = text.find("://");
    if (scheme_end != std::string_view::npos) {
        const auto host_begin = scheme_end + 3;
        const auto host_end = std::min(text.find('/', host_begin), text.size());
        const auto at = text.substr(0, host_end).rfind('@');
        if (at != std::string_view::npos && at >= host_begin) {
            shown += text.substr(0, host_begin);
            shown += kHidden;
            text.remove_prefix(at);
        }
    }
    shown += text;
}

}  // namespace

std::string redactedUrl(std::string_view url) {
    std::string shown;
    const auto fragment_begin = url.find('#');
    const std::string_view without_fragment = url.substr(0, fragment_begin);
    const auto query_begin = without_fragment.find('?');
    appendBeforeQuery(shown, without_fragment.substr(0, query_begin));
    if (query_begin != std::string_view::npos) {
        shown += '?';
        std::string_view query = without_fragment.substr(query_begin + 1);
        while (true) {
            const auto parameter_end = query.find('&');
            appendParameter(shown, query.substr(0, parameter_end));
            if (parameter_end == std::string_view::npos) break;
            shown += '&';
            query.remove_prefix(parameter_end + 1);
        }
    }
    if (fragment_begin != std::string_view::npos) {
        shown += '#';
        shown += kHidden;
    }
    return shown;
}

}  // namespace gateway::wechat
