#include "tests/integration/support/json.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSONString.h>

#include <stdexcept>

namespace integration {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw std::runtime_error("JSON: " + (where.empty() ? std::string{"the document"} : where) + " " + what);
}

}  // namespace

Json::Json(const std::string& text) {
    try {
        Poco::JSON::Parser parser;
        value_ = parser.parse(text);
    } catch (const Poco::Exception&) {
        fail("", "is not JSON: " + text.substr(0, 300));
    }
}

bool Json::isObject() const {
    return value_.type() == typeid(Object::Ptr);
}
bool Json::isArray() const {
    return value_.type() == typeid(Array::Ptr);
}

bool Json::has(const std::string& name) const {
    return isObject() && value_.extract<Object::Ptr>()->has(name);
}

Json Json::at(const std::string& name) const {
    if (!has(name)) fail(where_ + "." + name, "is missing");
    return {value_.extract<Object::Ptr>()->get(name), where_ + "." + name};
}

Json Json::at(std::size_t position) const {
    if (position >= size()) fail(where_, "has no element " + std::to_string(position));
    const auto array = value_.extract<Array::Ptr>();
    return {array->get(static_cast<unsigned int>(position)), where_ + "[" + std::to_string(position) + "]"};
}

std::size_t Json::size() const {
    if (!isArray()) fail(where_, "is no array");
    return value_.extract<Array::Ptr>()->size();
}

std::vector<std::string> Json::names() const {
    if (!isObject()) fail(where_, "is no object");
    return value_.extract<Object::Ptr>()->getNames();
}

std::string Json::text() const {
    if (!isText()) fail(where_, "is no text");
    return value_.extract<std::string>();
}

std::int64_t Json::integer() const {
    if (value_.isEmpty() || !value_.isInteger() || value_.isBoolean()) fail(where_, "is no whole number");
    return value_.convert<Poco::Int64>();
}

bool Json::flag() const {
    if (value_.isEmpty() || !value_.isBoolean()) fail(where_, "is neither true nor false");
    return value_.extract<bool>();
}

std::vector<std::string> Json::texts() const {
    if (isText()) return {text()};
    std::vector<std::string> found;
    const auto add = [&found](const Json& inner) {
        const auto more = inner.texts();
        found.insert(found.end(), more.begin(), more.end());
    };
    if (isObject()) {
        for (const std::string& name : names()) add(at(name));
    } else if (isArray()) {
        for (std::size_t i = 0; i < size(); ++i) add(at(i));
    }
    return found;
}

std::string jsonText(std::string_view text) {
    return Poco::toJSON(std::string{text});
}

}  // namespace integration
