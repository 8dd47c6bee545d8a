#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/form.h"
#include "gateway/http/message.h"

namespace gateway::api {

/// The named values of a request's body: the strings, numbers and booleans of a JSON object by their text, or the pairs
/// of a form. What begins like a JSON object is read as one whatever its media type says, because `curl -d` calls
/// everything a form. An empty body and media types of no meaning here have no fields. Nothing where JSON or form is
/// broken, has a name twice (JSON) or is nested too deep.
std::optional<http::FormPairs> readBodyFields(const http::Request& request);

/// The first value of that name, or null.
const std::string* findField(const http::FormPairs& fields, std::string_view name);
/// How many have that name.
std::size_t countFields(const http::FormPairs& fields, std::string_view name);

}  // namespace gateway::api
