#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::json {

inline constexpr std::size_t kJsonDepthMax = 32;  // unless setJsonDepthMax says otherwise

/// How deep a text may be nested, for every reader in this process: a text that one reads and another refuses would be two
/// texts. Set before the first thread reads; 1 and more.
void setJsonDepthMax(std::size_t most);
std::size_t jsonDepthMax();

enum class JsonKind { kObject, kArray, kString, kNumber, kBoolean, kNull };

/// One member of a JSON object as it stands in the text. Both views point into the text that was read.
struct JsonMember {
    std::string_view name;  // between its quotes
    JsonKind kind;
    std::string_view value;  // a string's between its quotes, escapes as written; others whole
};

/// An object, member by member in the order of the text.
struct JsonOutline {
    std::vector<JsonMember> members;
    /// There is, at any depth, an integer of more than 18 digits. It is legal, but Poco reads some of them as others.
    bool has_long_integer = false;

    /// The member of that name, or null.
    const JsonMember* find(std::string_view name) const;
};

/// The outline of the object that `text` is; nothing where `text` is not one whole RFC 8259 object in UTF-8 without a
/// byte order mark, is nested deeper than jsonDepthMax(), or where any object in it has two members of one name or a name with
/// an escape: no field of WeChat's needs one, and readers disagree about both. Any thread.
std::optional<JsonOutline> outlineJsonObject(std::string_view text);

/// What a string's `value` in an outline says, its escapes resolved, in UTF-8. Nothing where one names half a surrogate
/// pair or NUL: no text of ours or WeChat's has one, and readers cut or replace it.
std::optional<std::string> textOfJsonString(std::string_view value);

}  // namespace gateway::json
