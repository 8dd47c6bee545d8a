#include "gateway/http/query_names.h"

#include <algorithm>

#include "gateway/http/form.h"

namespace gateway::http {
namespace {

constexpr std::size_t kShownMax = 64;

/// A name as it may stand in an answer.
std::string shown(std::string_view name) {
    std::string text{name.substr(0, kShownMax)};
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
    return text.size() < name.size() ? text + "..." : text;
}

std::string listOf(const QueryNames& known) {
    if (known.empty()) return "none is known here";
    std::string list = "known here:";
    for (const std::string_view name : known) list.append(list.back() == ':' ? " " : ", ").append(name);
    return list;
}

}  // namespace

std::optional<std::string> queryFault(std::string_view query, const QueryNames& known) {
    const std::optional<FormPairs> pairs = decodeForm(query);
    if (!pairs) return "the query has broken percent-encoding or too many parameters";
    for (auto pair = pairs->begin(); pair != pairs->end(); ++pair) {
        const std::string& name = pair->first;
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            return "unknown query parameter " + shown(name) + " (" + listOf(known) + ")";
        }
        if (std::any_of(pairs->begin(), pair, [&name](const auto& before) { return before.first == name; })) {
            return "query parameter " + name + " is given twice";
        }
    }
    return std::nullopt;
}

}  // namespace gateway::http
