#include "gateway/admin/json.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>
#include <Poco/TextIterator.h>
#include <Poco/UTF8Encoding.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <string_view>
#include <utility>

#include "gateway/json/json_outline.h"

namespace gateway::admin {
namespace {

tenants::Error invalid(std::string text) {
    return {tenants::ErrorCode::kInvalidInput, std::move(text)};
}

bool isUtf8(const std::string& text) {
    const Poco::UTF8Encoding utf8;
    const Poco::TextIterator end{text};
    for (Poco::TextIterator it{text, utf8}; it != end; ++it) {
        if (*it == -1) return false;
    }
    return true;
}

}  // namespace

Poco::JSON::Object::Ptr jsonObject() {
    return new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
}

std::string jsonText(const Poco::JSON::Object::Ptr& object) {
    std::ostringstream text;
    object->stringify(text);
    return std::move(text).str();
}

http::Response jsonResponse(int status, const Poco::JSON::Object::Ptr& object) {
    return http::textResponse(status, "application/json", jsonText(object));
}

Poco::Dynamic::Var jsonTime(const std::optional<tenants::UtcTime>& time) {
    if (!time) return {};
    return tenants::rfc3339(*time);
}

tenants::Result<Poco::JSON::Object::Ptr> readJsonObject(std::string_view body,
                                                        std::initializer_list<const char*> known) {
    Poco::JSON::Object::Ptr object = jsonObject();
    if (!body.empty()) {
        // Poco takes the last of several members of one name: of two prices nobody could say which one was meant.
        if (!json::outlineJsonObject(body)) return invalid("the body must be one JSON object, each member in it once");
        try {
            Poco::JSON::Parser parser;
            parser.setDepth(json::jsonDepthMax());
            parser.setAllowNullByte(false);
            object = parser.parse(std::string{body}).extract<Poco::JSON::Object::Ptr>();
        } catch (const Poco::Exception&) {
            return invalid("the body must be a JSON object");
        }
    }
    for (const std::string& name : object->getNames()) {
        if (std::none_of(known.begin(), known.end(), [&](const char* one) { return name == one; })) {
            return invalid("unknown member: " + name.substr(0, 64));
        }
    }
    return object;
}

tenants::Result<std::optional<std::string>> readText(const Poco::JSON::Object& object, const char* name,
                                                     std::size_t bytes_max) {
    if (!object.has(name)) return std::optional<std::string>{};
    const auto value = object.get(name);
    if (!value.isString()) return invalid(std::string{name} + " must be a string");
    auto text = value.extract<std::string>();
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (text.size() > bytes_max || !isUtf8(text) || std::any_of(text.begin(), text.end(), is_control)) {
        return invalid(std::string{name} + " must be UTF-8 of at most " + std::to_string(bytes_max) +
                       " bytes without control characters");
    }
    return std::optional{std::move(text)};
}

tenants::Result<std::optional<std::int64_t>> readInteger(const Poco::JSON::Object& object, const char* name,
                                                         std::int64_t least, std::int64_t most) {
    if (!object.has(name)) return std::optional<std::int64_t>{};
    const auto value = object.get(name);
    const auto out_of_range = [&] {
        using Whole = std::numeric_limits<std::int64_t>;
        std::string text = std::string{name} + " must be a whole number";
        // Where the reader has no bounds of its own, the type's would only be noise.
        if (least != Whole::min() || most != Whole::max()) {
            text += " from " + std::to_string(least) + " to " + std::to_string(most);
        }
        return invalid(std::move(text));
    };
    if (!value.isInteger() || value.isBoolean()) return out_of_range();
    std::int64_t number = 0;
    try {
        number = value.convert<Poco::Int64>();
    } catch (const Poco::Exception&) {
        return out_of_range();
    }
    if (number < least || number > most) return out_of_range();
    return std::optional{number};
}

tenants::Result<std::optional<std::optional<std::int64_t>>> readIntegerOrNull(const Poco::JSON::Object& object,
                                                                              const char* name, std::int64_t least,
                                                                              std::int64_t most) {
    using Read = std::optional<std::optional<std::int64_t>>;
    if (object.has(name) && object.isNull(name)) return Read{std::optional<std::int64_t>{}};
    auto number = readInteger(object, name, least, most);
    if (!number) return std::move(number).error();
    return *number ? Read{*number} : Read{};
}

tenants::Result<std::optional<bool>> readFlag(const Poco::JSON::Object& object, const char* name) {
    if (!object.has(name)) return std::optional<bool>{};
    const auto value = object.get(name);
    if (!value.isBoolean()) return invalid(std::string{name} + " must be true or false");
    return std::optional{value.extract<bool>()};
}

tenants::Result<std::optional<tenants::UtcTime>> readTime(const Poco::JSON::Object& object, const char* name) {
    if (!object.has(name) || object.isNull(name)) return std::optional<tenants::UtcTime>{};
    const auto value = object.get(name);
    const auto time = value.isString() ? tenants::parseRfc3339(value.extract<std::string>()) : std::nullopt;
    if (!time) return invalid(std::string{name} + " must be a time in UTC such as 2026-11-22T14:36:15Z");
    return time;
}

}  // namespace gateway::admin
