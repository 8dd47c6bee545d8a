#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace gateway::api {

/// How many bytes a base64 text of that many characters can hold at most.
constexpr std::size_t base64BytesMax(std::size_t characters) {
    return characters / 4 * 3;
}

/// Decodes standard base64 (RFC 4648 §4), strictly: whole groups, padding where it belongs, no line breaks, no other
/// alphabet, surplus bits zero. Writes to `bytes`, which has room for base64BytesMax and may be where the text begins: no
/// byte is written before it was read. Gives the number of bytes; nothing for anything else, some of it written then.
std::optional<std::size_t> decodeBase64(std::string_view text, char* bytes);

}  // namespace gateway::api
