#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::http {

enum class PlusSign { kIsSpace, kIsItself };

/// Decodes percent-encoding. Empty where a '%' is not followed by two hexadecimal digits. Decoded bytes may be anything,
/// NUL and controls included: whoever uses the text checks it.
std::optional<std::string> percentDecode(std::string_view text, PlusSign plus);

using FormPairs = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t kFormPairsMax = 64;

/// Reads application/x-www-form-urlencoded pairs, from a query or a body, in their order; a name without '=' has an empty
/// value, and nothing between two '&' is no pair. Empty where an encoding is broken or there are more than kFormPairsMax.
/// Source: WHATWG URL standard, "application/x-www-form-urlencoded parsing", but strict about '%'.
std::optional<FormPairs> decodeForm(std::string_view text);

/// The decoded value of the first pair called `name` in such a text, without decoding the others' values. Empty where
/// there is none, or where its encoding is broken.
std::optional<std::string> formValue(std::string_view text, std::string_view name);

/// How many pairs of such a text are called `name`, whatever their values.
std::size_t formCount(std::string_view text, std::string_view name);

}  // namespace gateway::http
