#include "sandbox/json.h"

#include <limits>
#include <sstream>

#include <Poco/Dynamic/Var.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

namespace sandbox {
namespace {

constexpr std::size_t kNestingMax = 32;

std::optional<std::int64_t> integerOf(const Poco::Dynamic::Var& value) {
    // isInteger also holds for booleans, which are no numbers here.
    if (!value.isInteger() || value.isBoolean()) return std::nullopt;
    try {
        return value.convert<Poco::Int64>();
    } catch (const Poco::Exception&) {  // an unsigned number above the range
        return std::nullopt;
    }
}

}  // namespace

Poco::JSON::Object::Ptr newObject() {
    return Poco::JSON::Object::Ptr{new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER)};
}

Poco::JSON::Array::Ptr newArray() {
    return Poco::JSON::Array::Ptr{new Poco::JSON::Array};
}

Poco::JSON::Object::Ptr parseObject(std::string_view text) {
    try {
        Poco::JSON::ParseHandler::Ptr handler{new Poco::JSON::ParseHandler(true)};  // true: keys keep their order
        Poco::JSON::Parser parser{handler};
        parser.setDepth(kNestingMax);
        const Poco::Dynamic::Var parsed = parser.parse(std::string{text});
        if (parsed.type() != typeid(Poco::JSON::Object::Ptr)) return {};
        return parsed.extract<Poco::JSON::Object::Ptr>();
    } catch (const Poco::Exception&) {
        return {};
    }
}

std::string render(const Poco::JSON::Object::Ptr& object) {
    std::ostringstream text;
    object->stringify(text);
    return text.str();
}

std::optional<std::string> stringField(const Poco::JSON::Object::Ptr& object, const std::string& name) {
    const Poco::Dynamic::Var value = object->get(name);
    if (value.isEmpty() || !value.isString()) return std::nullopt;
    return value.extract<std::string>();
}

std::optional<std::int64_t> integerField(const Poco::JSON::Object::Ptr& object, const std::string& name) {
    const Poco::Dynamic::Var value = object->get(name);
    if (value.isEmpty()) return std::nullopt;
    return integerOf(value);
}

std::optional<double> numberField(const Poco::JSON::Object::Ptr& object, const std::string& name) {
    const Poco::Dynamic::Var value = object->get(name);
    if (value.isEmpty() || value.isString() || value.isBoolean() || !value.isNumeric()) return std::nullopt;
    return value.convert<double>();
}

std::optional<bool> booleanField(const Poco::JSON::Object::Ptr& object, const std::string& name) {
    const Poco::Dynamic::Var value = object->get(name);
    if (value.isEmpty() || !value.isBoolean()) return std::nullopt;
    return value.extract<bool>();
}

std::optional<std::vector<std::string>> textsField(const Poco::JSON::Object::Ptr& object, const std::string& name) {
    const Poco::JSON::Array::Ptr array = object->getArray(name);
    if (array.isNull()) return std::nullopt;
    std::vector<std::string> texts;
    for (const Poco::Dynamic::Var& element : *array) {
        if (!element.isString()) return std::nullopt;
        texts.push_back(element.extract<std::string>());
    }
    return texts;
}

std::optional<std::set<int>> integerSetField(const Poco::JSON::Object::Ptr& object, const std::string& name) {
    const Poco::JSON::Array::Ptr array = object->getArray(name);
    if (array.isNull()) return std::nullopt;
    std::set<int> numbers;
    for (const Poco::Dynamic::Var& element : *array) {
        const std::optional<std::int64_t> number = integerOf(element);
        if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) return std::nullopt;
        numbers.insert(static_cast<int>(*number));
    }
    return numbers;
}

}  // namespace sandbox
