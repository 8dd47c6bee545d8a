#pragma once

#include <strings.h>

#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace gateway::http {

/// The token of `Authorization: Bearer …`, borrowed from the head; empty where there is none.
inline std::string_view bearerToken(const RequestHead& head) {
    static constexpr std::string_view kScheme = "Bearer ";
    const std::string* value = head.headers.find("Authorization");
    if (value == nullptr || value->size() <= kScheme.size() ||
        ::strncasecmp(value->data(), kScheme.data(), kScheme.size()) != 0) {
        return {};
    }
    return std::string_view{*value}.substr(kScheme.size());
}

}  // namespace gateway::http
