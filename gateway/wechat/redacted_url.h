#pragma once

#include <string>
#include <string_view>

namespace gateway::wechat {

/// A URL or request target as it may be shown in a span, a log line or an error text: names stay, values become
/// REDACTED. Every value but those of a few parameters known to be harmless is hidden, so that a parameter nobody
/// thought of hides itself; so are user information and the fragment. Path and host stay as they are. Any thread.
/// Source: OpenTelemetry HTTP conventions, `url.full`.
std::string redactedUrl(std::string_view url);

}  // namespace gateway::wechat
