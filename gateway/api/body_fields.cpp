#include "gateway/api/body_fields.h"

#include <strings.h>

#include <algorithm>
#include <utility>

#include "gateway/json/json_outline.h"

namespace gateway::api {
namespace {

using json::JsonKind;

/// Whether the request says that its body is of that type, whatever the parameters.
bool isOfType(const http::RequestHead& head, std::string_view type) {
    const std::string* const value = head.headers.find("Content-Type");
    if (value == nullptr || value->size() < type.size()) return false;
    if (::strncasecmp(value->data(), type.data(), type.size()) != 0) return false;
    return value->size() == type.size() ||
           std::string_view{"; \t"}.find((*value)[type.size()]) != std::string_view::npos;
}

std::optional<http::FormPairs> readJsonFields(std::string_view body) {
    const auto outline = json::outlineJsonObject(body);
    if (!outline) return std::nullopt;
    http::FormPairs fields;
    for (const json::JsonMember& member : outline->members) {
        std::optional<std::string> value;
        if (member.kind == JsonKind::kString) {
            value = json::textOfJsonString(member.value);
            if (!value) return std::nullopt;
        } else if (member.kind == JsonKind::kNumber || member.kind == JsonKind::kBoolean) {
            value = member.value;
        }
        if (value) fields.emplace_back(member.name, *std::move(value));
    }
    return fields;
}

}  // namespace

std::optional<http::FormPairs> readBodyFields(const http::Request& request) {
    const std::string_view body = request.body;
    const std::size_t first = body.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return http::FormPairs{};
    if (body[first] == '{' || isOfType(request.head, "application/json")) return readJsonFields(body);
    if (isOfType(request.head, "application/x-www-form-urlencoded")) return http::decodeForm(body);
    return http::FormPairs{};
}

const std::string* findField(const http::FormPairs& fields, std::string_view name) {
    const auto found = std::ranges::find(fields, name, &std::pair<std::string, std::string>::first);
    return found == fields.end() ? nullptr : &found->second;
}

std::size_t countFields(const http::FormPairs& fields, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::count(fields, name, &std::pair<std::string, std::string>::first));
}

}  // namespace gateway::api
