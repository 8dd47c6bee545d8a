#pragma once

#include <strings.h>

#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace gateway::http {

/// Stands for a credential where several were sent, of which nobody could say which one was meant: it is none, so that it is
/// refused as a wrong one is.
inline constexpr std::string_view kAmbiguousCredential = "ambiguous";

/// The token of `Authorization: Bearer …`, borrowed from the head; empty where there is none, kAmbiguousCredential where there
/// are several such fields.
inline std::string_view bearerToken(const RequestHead& head) {
    static constexpr std::string_view kScheme = "Bearer ";
    if (head.headers.count("Authorization") > 1) return kAmbiguousCredential;
    const std::string* value = head.headers.find("Authorization");
    if (value == nullptr || value->size() <= kScheme.size() ||
        ::strncasecmp(value->data(), kScheme.data(), kScheme.size()) != 0) {
        return {};
    }
    return std::string_view{*value}.substr(kScheme.size());
}

}  // namespace gateway::http
