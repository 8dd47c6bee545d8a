#pragma once

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <optional>
#include <string>

#include "gateway/http/message.h"
#include "tenants/base/clock.h"
#include "tenants/base/result.h"

namespace gateway::admin {

/// An object whose members stay in the order in which they were set.
Poco::JSON::Object::Ptr jsonObject();
std::string jsonText(const Poco::JSON::Object::Ptr& object);
http::Response jsonResponse(int status, const Poco::JSON::Object::Ptr& object);

/// RFC 3339, or null where there is no time.
Poco::Dynamic::Var jsonTime(const std::optional<tenants::UtcTime>& time);

/// The JSON object that a body is; an empty body is an empty object. kInvalidInput on anything else, on a member
/// that stands in it twice, at any depth, and on one that is not in `known`: a misspelt setting must not look like one
/// that was made.
tenants::Result<Poco::JSON::Object::Ptr> readJsonObject(std::string_view body,
                                                        std::initializer_list<const char*> known);

/// Members by type; an empty optional where absent. kInvalidInput where they are of another type or out of range.
tenants::Result<std::optional<std::string>> readText(const Poco::JSON::Object& object, const char* name,
                                                     std::size_t bytes_max);
tenants::Result<std::optional<std::int64_t>> readInteger(const Poco::JSON::Object& object, const char* name,
                                                         std::int64_t least, std::int64_t most);
/// The same where null says something: that there is none.
tenants::Result<std::optional<std::optional<std::int64_t>>> readIntegerOrNull(const Poco::JSON::Object& object,
                                                                              const char* name, std::int64_t least,
                                                                              std::int64_t most);
tenants::Result<std::optional<bool>> readFlag(const Poco::JSON::Object& object, const char* name);
tenants::Result<std::optional<tenants::UtcTime>> readTime(const Poco::JSON::Object& object, const char* name);

}  // namespace gateway::admin
