#include "gateway/json/json_outline.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace gateway::json {
namespace {

std::atomic<std::size_t> depth_max{kJsonDepthMax};

constexpr std::size_t kIntegerDigitsMax = 18;  // always fit 63 bits

bool isDigit(char character) {
    return character >= '0' && character <= '9';
}

bool isHexDigit(char character) {
    return isDigit(character) || (character >= 'a' && character <= 'f') || (character >= 'A' && character <= 'F');
}

/// Bytes of the UTF-8 character at the front of `text`, whose first byte is not ASCII; 0 where there is none. Refuses
/// overlong forms, surrogates and what lies beyond Unicode.
std::size_t utf8Bytes(std::string_view text) {
    const auto byte = [&text](std::size_t at) { return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0U; };
    const auto continues = [&byte](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
    const unsigned int first = byte(0);
    const unsigned int second = byte(1);
    if (first >= 0xC2U && first <= 0xDFU) return continues(1) ? 2 : 0;
    if (first >= 0xE0U && first <= 0xEFU) {
        if ((first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU)) return 0;
        return continues(1) && continues(2) ? 3 : 0;
    }
    if (first >= 0xF0U && first <= 0xF4U) {
        if ((first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU)) return 0;
        return continues(1) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

bool isPlain(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte >= 0x20U && byte < 0x80U && byte != '"' && byte != '\\';
}

constexpr std::uint64_t inEachByte(std::uint64_t byte) {
    return byte * 0x0101'0101'0101'0101U;
}
constexpr std::uint64_t zeroBytes(std::uint64_t eight) {
    return (eight - inEachByte(1)) & ~eight;
}

/// Of eight characters at once. Each test sets the highest bit of a byte that fails it; a borrow may set that of a byte
/// behind one that does, never of one alone.
bool areAllPlain(std::uint64_t eight) {
    const std::uint64_t controls = (eight - inEachByte(0x20)) & ~eight;
    const std::uint64_t quotes = zeroBytes(eight ^ inEachByte('"'));
    const std::uint64_t backslashes = zeroBytes(eight ^ inEachByte('\\'));
    return ((eight | controls | quotes | backslashes) & inEachByte(0x80)) == 0;
}

/// Reads over a JSON text by its grammar. Each read… function moves past what it names, or gives false.
class JsonReader {
public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    bool readDocument(JsonOutline& outline) {
        skipSpace();
        if (!readObject(&outline.members)) return false;
        skipSpace();
        outline.has_long_integer = has_long_integer_;
        return atEnd();
    }

private:
    bool atEnd() const { return at_ == text_.size(); }
    char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool take(char expected) {
        if (next() != expected || atEnd()) return false;
        ++at_;
        return true;
    }

    bool takeWord(std::string_view word) {
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    void skipSpace() {
        while (next() == ' ' || next() == '\t' || next() == '\n' || next() == '\r') ++at_;
    }

    bool readValue(JsonKind& kind) {
        switch (next()) {
            case '{': kind = JsonKind::kObject; return readObject(nullptr);
            case '[': kind = JsonKind::kArray; return readArray();
            case '"': kind = JsonKind::kString; return readString();
            case 't': kind = JsonKind::kBoolean; return takeWord("true");
            case 'f': kind = JsonKind::kBoolean; return takeWord("false");
            case 'n': kind = JsonKind::kNull; return takeWord("null");
            default: kind = JsonKind::kNumber; return readNumber();
        }
    }

    bool readMember(JsonMember& member) {
        const std::size_t name_begin = at_;
        if (!readString()) return false;
        member.name = text_.substr(name_begin + 1, at_ - name_begin - 2);
        if (member.name.find('\\') != std::string_view::npos) return false;
        skipSpace();
        if (!take(':')) return false;
        skipSpace();
        const std::size_t value_begin = at_;
        if (!readValue(member.kind)) return false;
        member.value = text_.substr(value_begin, at_ - value_begin);
        if (member.kind == JsonKind::kString) member.value = member.value.substr(1, member.value.size() - 2);
        return true;
    }

    bool readObject(std::vector<JsonMember>* members) {
        if (!take('{') || ++depth_ > depth_max_) return false;
        const std::size_t first_name = names_.size();
        skipSpace();
        bool is_first = true;
        while (!take('}')) {
            if (!is_first) {
                if (!take(',')) return false;
                skipSpace();
            }
            is_first = false;
            JsonMember member{};
            if (!readMember(member)) return false;
            names_.push_back(member.name);
            if (members != nullptr) members->push_back(member);
            skipSpace();
        }
        --depth_;
        return forgetNamesFrom(first_name);
    }

    /// Ends an object: its names must differ. They are kept in one list, innermost object last.
    bool forgetNamesFrom(std::size_t first_name) {
        const auto begin = names_.begin() + static_cast<std::ptrdiff_t>(first_name);
        std::sort(begin, names_.end());
        if (std::adjacent_find(begin, names_.end()) != names_.end()) return false;
        names_.erase(begin, names_.end());
        return true;
    }

    bool readArray() {
        if (!take('[') || ++depth_ > depth_max_) return false;
        skipSpace();
        bool is_first = true;
        while (!take(']')) {
            if (!is_first) {
                if (!take(',')) return false;
                skipSpace();
            }
            is_first = false;
            JsonKind kind{};
            if (!readValue(kind)) return false;
            skipSpace();
        }
        --depth_;
        return true;
    }

    /// Moves to the next byte that a string cannot just hold; false where there is none. A picture in base64 is millions
    /// of bytes that it can.
    bool skipPlain() {
        while (text_.size() - at_ >= sizeof(std::uint64_t)) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, text_.data() + at_, sizeof eight);
            if (!areAllPlain(eight)) break;
            at_ += sizeof eight;
        }
        while (!atEnd() && isPlain(text_[at_])) ++at_;
        return !atEnd();
    }

    bool readString() {
        if (!take('"')) return false;
        while (skipPlain()) {
            const auto byte = static_cast<std::uint8_t>(text_[at_]);
            if (byte == '"') {
                ++at_;
                return true;
            }
            if (byte < 0x20U) return false;
            if (byte == '\\') {
                if (!readEscape()) return false;
            } else {
                const std::size_t bytes = utf8Bytes(text_.substr(at_));
                if (bytes == 0) return false;
                at_ += bytes;
            }
        }
        return false;
    }

    bool readEscape() {
        ++at_;  // the backslash
        if (take('u')) {
            const std::string_view digits = text_.substr(at_, 4);
            if (digits.size() != 4 || !std::ranges::all_of(digits, isHexDigit)) return false;
            at_ += 4;
            return true;
        }
        constexpr std::string_view kEscaped = "\"\\/bfnrt";
        if (atEnd() || kEscaped.find(next()) == std::string_view::npos) return false;
        ++at_;
        return true;
    }

    bool readDigits() {
        const std::size_t begin = at_;
        while (isDigit(next())) ++at_;
        return at_ > begin;
    }

    bool readNumber() {
        take('-');
        const std::size_t digits_begin = at_;
        if (!take('0') && !readDigits()) return false;
        if (at_ - digits_begin > kIntegerDigitsMax) has_long_integer_ = true;
        if (take('.') && !readDigits()) return false;
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            return readDigits();
        }
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    const std::size_t depth_max_ = jsonDepthMax();
    bool has_long_integer_ = false;
    std::vector<std::string_view> names_;
};

/// The four hexadecimal digits at the front of `text`, which are there: the grammar was checked.
std::uint32_t codeUnit(std::string_view text) {
    std::uint32_t unit = 0;
    std::from_chars(text.data(), text.data() + 4, unit, 16);
    return unit;
}

void appendUtf8(std::string& text, std::uint32_t point) {
    const auto continuation = [point](unsigned int shift) {
        return static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
    };
    if (point < 0x80U) {
        text += static_cast<char>(point);
    } else if (point < 0x800U) {
        text += {static_cast<char>(0xC0U | (point >> 6U)), continuation(0)};
    } else if (point < 0x10000U) {
        text += {static_cast<char>(0xE0U | (point >> 12U)), continuation(6), continuation(0)};
    } else {
        text += {static_cast<char>(0xF0U | (point >> 18U)), continuation(12), continuation(6), continuation(0)};
    }
}

/// Takes the rest of `\uXXXX` off the front, and of a second one where the first is half a pair; nothing where the other
/// half is missing.
std::optional<std::uint32_t> takeCodePoint(std::string_view& rest) {
    const std::uint32_t first = codeUnit(rest);
    rest.remove_prefix(4);
    if (first < 0xD800U || first > 0xDFFFU) return first;
    if (first > 0xDBFFU || !rest.starts_with("\\u")) return std::nullopt;
    const std::uint32_t second = codeUnit(rest.substr(2));
    if (second < 0xDC00U || second > 0xDFFFU) return std::nullopt;
    rest.remove_prefix(6);
    return 0x10000U + ((first - 0xD800U) << 10U) + (second - 0xDC00U);
}

char unescaped(char letter) {
    switch (letter) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return letter;  // the quote, the backslash, the slash
    }
}

}  // namespace

void setJsonDepthMax(std::size_t most) {
    depth_max.store(most, std::memory_order_relaxed);
}

std::size_t jsonDepthMax() {
    return depth_max.load(std::memory_order_relaxed);
}

const JsonMember* JsonOutline::find(std::string_view name) const {
    const auto found = std::ranges::find(members, name, &JsonMember::name);
    return found == members.end() ? nullptr : &*found;
}

std::optional<std::string> textOfJsonString(std::string_view value) {
    std::string text;
    text.reserve(value.size());
    while (!value.empty()) {
        const std::string_view plain = value.substr(0, value.find('\\'));
        text += plain;
        value.remove_prefix(plain.size());
        if (value.empty()) break;
        const char letter = value[1];
        value.remove_prefix(2);
        if (letter != 'u') {
            text += unescaped(letter);
            continue;
        }
        const std::optional<std::uint32_t> point = takeCodePoint(value);
        if (!point || *point == 0) return std::nullopt;
        appendUtf8(text, *point);
    }
    return text;
}

std::optional<JsonOutline> outlineJsonObject(std::string_view text) {
    JsonOutline outline;
    constexpr std::size_t kUsualMembers = 24;  // what an OCR answer has
    outline.members.reserve(kUsualMembers);
    if (!JsonReader{text}.readDocument(outline)) return std::nullopt;
    return outline;
}

}  // namespace gateway::json
