#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

namespace sandbox {

/// Poco's JSON with the strictness that foreign bytes need: nothing is converted from one type to another in silence.

/// An object whose keys keep their order.
Poco::JSON::Object::Ptr newObject();
Poco::JSON::Array::Ptr newArray();

/// The object that `text` holds, or nothing where it is no JSON, no object, or nested deeper than 32 levels.
Poco::JSON::Object::Ptr parseObject(std::string_view text);

std::string render(const Poco::JSON::Object::Ptr& object);

/// Fields of exactly that type; nothing where the field is not there or of another type.
std::optional<std::string> stringField(const Poco::JSON::Object::Ptr& object, const std::string& name);
std::optional<std::int64_t> integerField(const Poco::JSON::Object::Ptr& object, const std::string& name);
/// An integer or a fraction.
std::optional<double> numberField(const Poco::JSON::Object::Ptr& object, const std::string& name);
std::optional<bool> booleanField(const Poco::JSON::Object::Ptr& object, const std::string& name);
std::optional<std::vector<std::string>> textsField(const Poco::JSON::Object::Ptr& object, const std::string& name);
std::optional<std::set<int>> integerSetField(const Poco::JSON::Object::Ptr& object, const std::string& name);

}  // namespace sandbox
