#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <Poco/JSON/Object.h>

#include "gateway/http/message.h"

namespace sandbox {

/// 200 with the object.
gateway::http::Response controlAnswer(const Poco::JSON::Object::Ptr& object);
/// A problem document (RFC 9457) with that status. `detail` helps the one who wrote the script; it holds no secret.
gateway::http::Response controlProblem(int status, const std::string& detail);

/// The request's JSON object; an empty body stands for an empty object. Null where it is anything else.
Poco::JSON::Object::Ptr controlBody(const gateway::http::Request& request);

/// The first field of `object` that is not among `known`; empty where there is none. A misspelt field must not pass as
/// one that was left out.
std::string unknownField(const Poco::JSON::Object::Ptr& object, std::initializer_list<std::string_view> known);

}  // namespace sandbox
