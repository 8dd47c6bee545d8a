#include "tenants/base/json_text.h"

namespace tenants {
namespace {

/// The two-character escape of a control character that has one, else 0.
char shortEscape(char letter) {
    switch (letter) {
        case '"': return '"';
        case '\\': return '\\';
        case '\b': return 'b';
        case '\f': return 'f';
        case '\n': return 'n';
        case '\r': return 'r';
        case '\t': return 't';
        default: return 0;
    }
}

}  // namespace

void appendJsonString(std::string& out, std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    out.push_back('"');
    for (const char letter : text) {
        if (const char escape = shortEscape(letter); escape != 0) {
            out.push_back('\\');
            out.push_back(escape);
        } else if (static_cast<unsigned char>(letter) < 0x20) {
            const auto byte = static_cast<unsigned char>(letter);
            out.append("\\u00");
            out.push_back(kDigits[byte >> 4U]);
            out.push_back(kDigits[byte & 0xFU]);
        } else {
            out.push_back(letter);
        }
    }
    out.push_back('"');
}

std::string& JsonObject::begin(std::string_view name) {
    if (!first_) out_.push_back(',');
    first_ = false;
    out_.push_back('"');
    out_.append(name).append("\":");
    return out_;
}

JsonObject& JsonObject::add(std::string_view name, std::int64_t value) {
    begin(name).append(std::to_string(value));
    return *this;
}

JsonObject& JsonObject::add(std::string_view name, std::string_view text) {
    appendJsonString(begin(name), text);
    return *this;
}

JsonObject& JsonObject::addOrNull(std::string_view name, const std::optional<std::int64_t>& value) {
    return value ? add(name, *value) : addNull(name);
}

JsonObject& JsonObject::addOrNull(std::string_view name, const std::optional<std::string>& text) {
    return text ? add(name, std::string_view{*text}) : addNull(name);
}

JsonObject& JsonObject::addFlag(std::string_view name, bool value) {
    begin(name).append(value ? "true" : "false");
    return *this;
}

JsonObject& JsonObject::addNull(std::string_view name) {
    begin(name).append("null");
    return *this;
}

}  // namespace tenants
