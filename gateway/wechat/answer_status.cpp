#include "gateway/wechat/answer_status.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

namespace gateway::wechat {

std::optional<std::int64_t> readWholeNumber(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string readRid(std::string_view errmsg) {
    constexpr std::string_view kMark = "rid:";
    const auto mark = errmsg.rfind(kMark);
    if (mark == std::string_view::npos) return {};
    std::string_view rest = errmsg.substr(mark + kMark.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto is_rid_character = [](char character) {
        return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
               (character >= 'A' && character <= 'Z') || character == '-';
    };
    const auto end = std::ranges::find_if_not(rest, is_rid_character);
    constexpr std::size_t kRidBytesMax = 64;  // it goes into logs and rows: not a place for whatever the peer likes
    const std::string_view rid = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    return rid.size() <= kRidBytesMax ? std::string{rid} : std::string{};
}

std::optional<AnswerStatus> readAnswerStatus(const json::JsonOutline& answer) {
    AnswerStatus status;
    if (const json::JsonMember* errcode = answer.find("errcode"); errcode != nullptr) {
        if (errcode->kind != json::JsonKind::kNumber && errcode->kind != json::JsonKind::kString) return std::nullopt;
        const auto number = readWholeNumber(errcode->value);
        if (!number || *number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max())
            return std::nullopt;
        status.errcode = static_cast<int>(*number);
    }
    if (const json::JsonMember* errmsg = answer.find("errmsg");
        errmsg != nullptr && errmsg->kind == json::JsonKind::kString) {
        status.errmsg = errmsg->value;
        status.rid = readRid(errmsg->value);
    }
    return status;
}

}  // namespace gateway::wechat
