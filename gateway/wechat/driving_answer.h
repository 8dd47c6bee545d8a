#pragma once

#include <string>
#include <variant>

#include "tenants/scan/upstream.h"

namespace gateway::wechat {

/// Reads a whole OCR answer's body, or says in a stable short text why it is none: `answer_not_json`,
/// `answer_errcode_unreadable`. The body goes on byte for byte, but for a name `vhicle_type` (WeChat's own old
/// spelling) in the outermost object, which becomes `vehicle_type`. `has_licence` needs errcode 0 or none, and at least
/// one of the documented text fields: they may be empty or absent when one side of the licence is missing.
/// Any thread. Source: WeChat API page "drivingocr".
std::variant<tenants::UpstreamAnswer, std::string> readDrivingAnswer(std::string body);

}  // namespace gateway::wechat
