#include "gateway/http/multipart.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "gateway/http/form.h"
#include "gateway/net/http1_text.h"

namespace gateway::http {
namespace {

using net::equalsIgnoringCase;
using net::trimBlanks;

constexpr std::size_t kBoundaryBytesMax = 70;

/// One `; name=value` of a Content-Type or Content-Disposition.
struct Parameter {
    std::string_view name;
    std::string value;
};

/// Reads a quoted string from the front of `rest`. Only `\"` and `\\` are escapes: some browsers send Windows paths as they are.
std::optional<std::string> takeQuoted(std::string_view& rest) {
    std::string value;
    for (std::size_t at = 1; at < rest.size(); ++at) {
        const char c = rest[at];
        if (c == '"') {
            rest.remove_prefix(at + 1);
            return value;
        }
        const bool escape = c == '\\' && at + 1 < rest.size() && (rest[at + 1] == '"' || rest[at + 1] == '\\');
        if (escape) ++at;
        value.push_back(rest[at]);
    }
    return std::nullopt;
}

/// Goes to the next parameter in `rest`, which is empty or begins at a ';'. False if there is none. Empty ones between two
/// semicolons are none: RFC 9110 §5.6.6.
bool skipToParameter(std::string_view& rest) {
    while (rest.starts_with(';')) {
        rest.remove_prefix(1);
        rest = trimBlanks(rest);
    }
    return !rest.empty();
}

/// Cuts a parameter off the front of `rest`. Empty where the grammar is not met.
std::optional<Parameter> takeParameter(std::string_view& rest) {
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    Parameter parameter{rest.substr(0, equals), {}};
    if (!net::isToken(parameter.name)) return std::nullopt;
    rest.remove_prefix(equals + 1);
    if (rest.starts_with('"')) {
        std::optional<std::string> value = takeQuoted(rest);
        if (!value) return std::nullopt;
        parameter.value = *std::move(value);
    } else {
        const std::string_view value = trimBlanks(rest.substr(0, rest.find(';')));
        if (value.empty() || value.find_first_of("\" \t") != std::string_view::npos) return std::nullopt;
        parameter.value = value;
        rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    }
    rest = trimBlanks(rest);
    if (!rest.empty() && rest.front() != ';') return std::nullopt;
    return parameter;
}

/// The text before the first ';', which it cuts off `rest`.
std::string_view takeMainValue(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view main_value = trimBlanks(rest.substr(0, end));
    rest.remove_prefix(end);
    return main_value;
}

bool isBoundaryCharacter(char c) {
    return net::isDigit(c) || net::isLetter(c) || std::string_view{"'()+_,-./:=? "}.find(c) != std::string_view::npos;
}

bool isBoundary(std::string_view text) {
    if (text.empty() || text.size() > kBoundaryBytesMax || text.back() == ' ') return false;
    return std::all_of(text.begin(), text.end(), isBoundaryCharacter);
}

/// RFC 8187, `UTF-8''%e8%a1%8c.jpg`: what some clients send for a filename that is not ASCII.
std::optional<std::string> decodeExtendedValue(std::string_view value) {
    const std::size_t charset_end = value.find('\'');
    if (charset_end == std::string_view::npos || !equalsIgnoringCase(value.substr(0, charset_end), "UTF-8"))
        return std::nullopt;
    const std::size_t language_end = value.find('\'', charset_end + 1);
    if (language_end == std::string_view::npos) return std::nullopt;
    return percentDecode(value.substr(language_end + 1), PlusSign::kIsItself);
}

/// Takes name and filename from a Content-Disposition. Returns the reason of a refusal, empty if there is none.
std::string_view readDisposition(std::string_view rest, MultipartPart& part) {
    if (!equalsIgnoringCase(takeMainValue(rest), "form-data")) return "disposition_not_form_data";
    bool named = false;
    std::optional<std::string> extended_filename;
    while (skipToParameter(rest)) {
        std::optional<Parameter> parameter = takeParameter(rest);
        if (!parameter) return "disposition_invalid";
        if (equalsIgnoringCase(parameter->name, "name")) {
            if (std::exchange(named, true)) return "name_repeated";
            part.name = std::move(parameter->value);
        } else if (equalsIgnoringCase(parameter->name, "filename")) {
            if (part.filename) return "filename_repeated";
            part.filename = std::move(parameter->value);
        } else if (equalsIgnoringCase(parameter->name, "filename*")) {
            if (extended_filename) return "filename_repeated";
            extended_filename = decodeExtendedValue(parameter->value);
            if (!extended_filename) return "filename_encoding_invalid";
        }
    }
    if (extended_filename) part.filename = std::move(extended_filename);
    return named ? std::string_view{} : "name_missing";
}

bool leavesBytesAlone(std::string_view transfer_encoding) {
    return equalsIgnoringCase(transfer_encoding, "binary") || equalsIgnoringCase(transfer_encoding, "8bit") ||
           equalsIgnoringCase(transfer_encoding, "7bit");
}

/// A picture has its delimiter's first byte in every few hundred of its own: std::string_view::find stops at each of them,
/// which took three times as long.
std::size_t findDelimiter(std::string_view text, std::string_view delimiter) {
    const void* const found = ::memmem(text.data(), text.size(), delimiter.data(), delimiter.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// A view of a part's head that is used up field by field.
class PartHead {
public:
    explicit PartHead(MultipartPart& part) : part_(part) {}

    std::string_view readField(std::string_view line) {
        if (++fields_ > kMultipartPartFieldsMax) return "too_many_part_fields";
        if (std::any_of(line.begin(), line.end(), net::isControl)) return "control_byte_in_part_head";
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !net::isToken(line.substr(0, colon))) return "part_field_invalid";
        return readNamed(line.substr(0, colon), trimBlanks(line.substr(colon + 1)));
    }
    bool hasDisposition() const { return has_disposition_; }

private:
    std::string_view readNamed(std::string_view name, std::string_view value) {
        if (equalsIgnoringCase(name, "Content-Disposition")) {
            if (std::exchange(has_disposition_, true)) return "disposition_repeated";
            return readDisposition(value, part_);
        }
        if (equalsIgnoringCase(name, "Content-Type")) {
            if (std::exchange(has_content_type_, true)) return "content_type_repeated";
            if (equalsIgnoringCase(value.substr(0, 10), "multipart/")) return "nested_multipart";
            part_.content_type = value;
        }
        if (equalsIgnoringCase(name, "Content-Transfer-Encoding") && !leavesBytesAlone(value))
            return "transfer_encoding_not_supported";
        return {};  // RFC 7578 §4.8: other fields are ignored
    }

    MultipartPart& part_;
    std::size_t fields_ = 0;
    bool has_disposition_ = false;
    bool has_content_type_ = false;
};

/// Reads a part's head off the front of `rest`, up to and with the empty line.
std::string_view takePartHead(std::string_view& rest, MultipartPart& part) {
    std::string_view head = rest.substr(0, kMultipartPartHeadBytesMax);
    PartHead fields{part};
    while (true) {
        const std::size_t end = head.find("\r\n");
        if (end == std::string_view::npos) return "part_head_without_end";
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 2);
        if (line.empty()) break;
        if (const std::string_view reason = fields.readField(line); !reason.empty()) return reason;
    }
    if (!fields.hasDisposition()) return "disposition_missing";
    rest.remove_prefix(static_cast<std::size_t>(head.data() - rest.data()));
    return {};
}

}  // namespace

bool isMultipartForm(std::string_view content_type) {
    return equalsIgnoringCase(takeMainValue(content_type), "multipart/form-data");
}

std::optional<std::string> multipartBoundary(std::string_view content_type) {
    if (!equalsIgnoringCase(takeMainValue(content_type), "multipart/form-data")) return std::nullopt;
    std::optional<std::string> boundary;
    while (skipToParameter(content_type)) {
        std::optional<Parameter> parameter = takeParameter(content_type);
        if (!parameter) return std::nullopt;
        if (!equalsIgnoringCase(parameter->name, "boundary")) continue;
        if (boundary || !isBoundary(parameter->value)) return std::nullopt;
        boundary = std::move(parameter->value);
    }
    return boundary;
}

MultipartReading readMultipart(std::string_view content_type, std::string_view body) {
    const std::optional<std::string> boundary = multipartBoundary(content_type);
    if (!boundary) return MultipartRefusal{"boundary_invalid"};
    const std::string delimiter = "\r\n--" + *boundary;

    std::string_view rest = body;
    if (rest.starts_with("\r\n")) rest.remove_prefix(2);  // an empty preamble, which widespread sample code sends
    const std::string_view first = std::string_view{delimiter}.substr(2);
    if (!rest.starts_with(first)) return MultipartRefusal{"first_boundary_missing"};
    rest.remove_prefix(first.size());

    std::vector<MultipartPart> parts;
    while (!rest.starts_with("--")) {
        if (!rest.starts_with("\r\n")) return MultipartRefusal{"boundary_line_invalid"};
        rest.remove_prefix(2);
        if (parts.size() == kMultipartPartsMax) return MultipartRefusal{"too_many_parts"};
        MultipartPart part;
        if (const std::string_view reason = takePartHead(rest, part); !reason.empty()) return MultipartRefusal{reason};
        if (rest.starts_with(first))
            return MultipartRefusal{"part_head_without_end"};  // its empty line could be the delimiter's
        const std::size_t end = findDelimiter(rest, delimiter);
        if (end == std::string_view::npos) return MultipartRefusal{"closing_boundary_missing"};
        part.bytes = rest.substr(0, end);
        rest.remove_prefix(end + delimiter.size());
        parts.push_back(std::move(part));
    }
    rest.remove_prefix(2);
    if (!rest.empty() && rest != "\r\n") return MultipartRefusal{"bytes_behind_closing_boundary"};
    if (parts.empty()) return MultipartRefusal{"no_parts"};
    return parts;
}

}  // namespace gateway::http
