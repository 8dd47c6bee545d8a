#include "gateway/http/form.h"

#include "gateway/net/http1_text.h"

namespace gateway::http {
namespace {

struct RawPair {
    std::string_view name;
    std::string_view value;
};

/// Cuts the next pair off `rest`; empty at the end. Nothing between two separators is passed over.
std::optional<RawPair> takePair(std::string_view& rest) {
    while (rest.starts_with('&')) rest.remove_prefix(1);
    if (rest.empty()) return std::nullopt;
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size());
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return RawPair{pair, {}};
    return RawPair{pair.substr(0, equals), pair.substr(equals + 1)};
}

bool isName(std::string_view raw, std::string_view name) {
    if (raw.find_first_of("%+") == std::string_view::npos) return raw == name;
    return percentDecode(raw, PlusSign::kIsSpace) == name;
}

}  // namespace

std::optional<std::string> percentDecode(std::string_view text, PlusSign plus) {
    if (text.find_first_of("%+") == std::string_view::npos) return std::string{text};
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '+' && plus == PlusSign::kIsSpace) {
            decoded.push_back(' ');
        } else if (c != '%') {
            decoded.push_back(c);
        } else {
            if (text.size() - at < 3) return std::nullopt;
            const int high = net::hexValue(text[at + 1]);
            const int low = net::hexValue(text[at + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            decoded.push_back(static_cast<char>(high * 16 + low));
            at += 2;
        }
    }
    return decoded;
}

std::optional<FormPairs> decodeForm(std::string_view text) {
    FormPairs pairs;
    while (const std::optional<RawPair> raw = takePair(text)) {
        std::optional<std::string> name = percentDecode(raw->name, PlusSign::kIsSpace);
        std::optional<std::string> value = percentDecode(raw->value, PlusSign::kIsSpace);
        if (!name || !value || pairs.size() == kFormPairsMax) return std::nullopt;
        pairs.emplace_back(*std::move(name), *std::move(value));
    }
    return pairs;
}

std::optional<std::string> formValue(std::string_view text, std::string_view name) {
    while (const std::optional<RawPair> raw = takePair(text)) {
        if (isName(raw->name, name)) return percentDecode(raw->value, PlusSign::kIsSpace);
    }
    return std::nullopt;
}

std::size_t formCount(std::string_view text, std::string_view name) {
    std::size_t count = 0;
    while (const std::optional<RawPair> raw = takePair(text)) count += isName(raw->name, name) ? 1U : 0U;
    return count;
}

}  // namespace gateway::http
