#pragma once

#include <string>
#include <string_view>

namespace sandbox {

/// Everything but RFC 3986's unreserved characters as %XX, for a value in a query.
std::string percentEncoded(std::string_view text);

/// True of an http or https URL without blanks, controls, quotes or angle brackets.
bool isWebAddress(std::string_view url);

/// For text between tags and in quoted attributes of an HTML page.
std::string htmlEscaped(std::string_view text);

}  // namespace sandbox
