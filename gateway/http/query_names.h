#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::http {

/// The query parameters that a route knows. Literals.
using QueryNames = std::vector<std::string_view>;

/// What is wrong with a raw query that must hold `known` parameters alone, each at most once: in words for the caller that name
/// the parameter. A filter that is misspelt must not look like one that was applied. Empty: nothing is wrong. The words are
/// printable ASCII, whatever the query holds.
std::optional<std::string> queryFault(std::string_view query, const QueryNames& known);

}  // namespace gateway::http
