#pragma once

#include <string_view>

#include "tenants/base/error.h"
#include "tenants/scan/upstream.h"

namespace tenants {

/// What WeChat's whole answer means for rights and money.
struct Verdict {
    enum class Effect {
        kRecognised,     // a licence was read: charged
        kNotRecognised,  // the picture was read, no licence in it: WeChat's quota is used, the merchant's is not
        kNone,           // refused before any work
        kUnknown,        // success without the fields of a success: we cannot know
    };
    Effect effect = Effect::kNone;
    ErrorCode code = ErrorCode::kUpstreamRefused;  // what the merchant is told; without meaning where recognised
    bool token_refused = false;                    // a newer token may be tried, once
    bool upstream_full = false;                    // WeChat's quota of the account is used up until its day turns
    bool grants_doubted = false;                   // what we know of the account is not true any more
};

/// Source: WeChat's page "drivingocr" and its list of error codes; wechat-platform notes on 101002's two meanings.
Verdict judgeAnswer(const UpstreamAnswer& answer);

/// The words that go with a verdict's code, for the merchant's developer; nothing of WeChat's own text.
std::string_view verdictText(ErrorCode code);

}  // namespace tenants
