#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/json/json_outline.h"

namespace gateway::wechat {

/// What WeChat says of a call, beside its result. HTTP 200 stands on refusals too, so this alone decides.
struct AnswerStatus {
    int errcode = 0;     // 0 where absent
    std::string errmsg;  // as written, escapes kept; its tail is volatile: nothing is decided by it but 101002
    std::string rid;     // WeChat's request id inside errmsg, or empty
};

/// The status of an answer; nothing where `errcode` is neither a whole number of 32 bits nor the text of one.
std::optional<AnswerStatus> readAnswerStatus(const json::JsonOutline& answer);

/// `6661aaaa-1234abcd-0badcafe` in `… rid: 6661aaaa-1234abcd-0badcafe`, or empty.
std::string readRid(std::string_view errmsg);

/// A whole number in nothing but digits and perhaps a leading minus.
std::optional<std::int64_t> readWholeNumber(std::string_view text);

}  // namespace gateway::wechat
