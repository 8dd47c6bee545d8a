#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenants {

/// Writes JSON by hand where the very bytes matter: no spaces, members in the order in which they are added, integers as
/// they are, strings escaped as RFC 8785 says. Names must need no escape. Texts must be UTF-8.
class JsonObject {
public:
    explicit JsonObject(std::string& out) : out_(out) { out_.push_back('{'); }
    JsonObject(const JsonObject&) = delete;
    JsonObject& operator=(const JsonObject&) = delete;

    JsonObject& add(std::string_view name, std::int64_t value);
    JsonObject& add(std::string_view name, std::string_view text);
    JsonObject& addOrNull(std::string_view name, const std::optional<std::int64_t>& value);  // null where there is none
    JsonObject& addOrNull(std::string_view name, const std::optional<std::string>& text);    // likewise
    JsonObject& addFlag(std::string_view name, bool value);
    JsonObject& addNull(std::string_view name);
    /// Begins a member; the caller appends its value to the same text.
    std::string& begin(std::string_view name);
    void end() { out_.push_back('}'); }

private:
    std::string& out_;
    bool first_ = true;
};

void appendJsonString(std::string& out, std::string_view text);

/// `[…]` of what `append(out, item)` writes for each item.
template <class Items, class Append>
void appendJsonArray(std::string& out, const Items& items, Append append) {
    out.push_back('[');
    bool first = true;
    for (const auto& item : items) {
        if (!first) out.push_back(',');
        first = false;
        append(out, item);
    }
    out.push_back(']');
}

}  // namespace tenants
