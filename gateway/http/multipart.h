#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gateway::http {

/// One part of a multipart/form-data body. The views point into the body that was read.
struct MultipartPart {
    std::string name;                     // decoded
    std::optional<std::string> filename;  // decoded, as sent: never use it as a path
    std::string_view content_type;        // as sent; empty where the part has none
    std::string_view bytes;
};

/// Why a body is not read. Stable, lower-case snake case; static storage.
struct MultipartRefusal {
    std::string_view reason;
};

using MultipartReading = std::variant<std::vector<MultipartPart>, MultipartRefusal>;

inline constexpr std::size_t kMultipartPartsMax = 16;
inline constexpr std::size_t kMultipartPartFieldsMax = 8;
inline constexpr std::size_t kMultipartPartHeadBytesMax = 2048;

/// True if `content_type` is multipart/form-data, whatever its parameters.
bool isMultipartForm(std::string_view content_type);

/// The boundary of a multipart/form-data Content-Type: 1–70 characters of RFC 2046's set, not ending in a space, given
/// exactly once. Empty where there is none such.
std::optional<std::string> multipartBoundary(std::string_view content_type);

/// Reads a whole multipart/form-data body without copying its parts. All or nothing: without the closing boundary, with
/// bytes before the first or behind the last (but one CRLF), with more than kMultipartPartsMax parts, a part head that is
/// not exact, a name missing or double, a nested multipart or a transfer encoding that would change bytes, it is refused.
/// Any thread. Source: RFC 7578, RFC 2046 §5.1.1.
MultipartReading readMultipart(std::string_view content_type, std::string_view body);

}  // namespace gateway::http
