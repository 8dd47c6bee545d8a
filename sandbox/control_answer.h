#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <Poco/JSON/Object.h>

#include "gateway/http/message.h"
#include "gateway/http/router.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

/// 200 with the object.
gateway::http::Response controlAnswer(const Poco::JSON::Object::Ptr& object);
/// A problem document (RFC 9457) with that status. `detail` helps the one who wrote the script; it holds no secret.
gateway::http::Response controlProblem(int status, const std::string& detail);
/// 404 for a `component` parameter that names none.
gateway::http::Response unknownComponent();

/// The request's JSON object; an empty body stands for an empty object. Null where it is anything else.
Poco::JSON::Object::Ptr controlBody(const gateway::http::Request& request);

/// The first field of `object` that is not among `known`; empty where there is none. A misspelt field must not pass as
/// one that was left out.
std::string unknownField(const Poco::JSON::Object::Ptr& object, std::initializer_list<std::string_view> known);

/// An integer field from `least` to `most`; `fallback` where it was left out. Nothing where it is anything else.
std::optional<std::int64_t> integerFrom(const Poco::JSON::Object::Ptr& body, const std::string& name,
                                        std::int64_t least, std::int64_t most, std::int64_t fallback);

/// The appid of the component that the query's `component` names, left out that of the first one. Nothing where it names
/// none.
std::optional<std::string> componentParameter(const gateway::http::Request& request, const StateStore& store);

/// Adds a route that `owner`, which outlives the router, handles with one of its methods.
template <class Owner>
void addRoute(gateway::http::Router& router, const char* method, const char* pattern, Owner& owner,
              tenants::Task<gateway::http::Response> (Owner::*handler)(gateway::http::Request)) {
    router.add({.method = method, .pattern = pattern, .handler = [&owner, handler](gateway::http::Request request) {
                    return (owner.*handler)(std::move(request));
                }});
}

}  // namespace sandbox
