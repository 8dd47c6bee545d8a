#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/base/secret.h"
#include "tenants/base/task.h"
#include "tenants/usage/hold.h"

namespace tenants {

/// A picture's bytes, borrowed from the request that carries them: they outlive the scan.
struct ImageBytes {
    std::string_view bytes;
    std::string_view content_type;  // as the merchant said, or empty
};
/// A picture that WeChat fetches. Well-formed by tenants/scan/image_url.h; we never fetch it.
struct ImageUrl {
    std::string url;  // decoded; encoded once when it goes into the query
};
using Picture = std::variant<ImageBytes, ImageUrl>;

/// WeChat answered whole, in strict JSON.
struct UpstreamAnswer {
    int errcode = 0;           // 0 where absent
    std::string errmsg;        // decides only between 101002's two meanings; never shown
    std::string rid;           // WeChat's request id, or empty
    std::string body;          // its very bytes, old spelling `vhicle_type` corrected
    bool has_licence = false;  // errcode 0 and the answer has the expected fields
};
/// No whole answer.
struct UpstreamSilence {
    bool sent = false;  // did any byte of the request leave us?
    bool timed_out = false;
    std::string reason;  // stable short text for hold and log
};

/// WeChat's OCR call and its quota. Each made once, ends by `deadline` whatever the peer does. Any executor's thread.
class OcrUpstream {
public:
    virtual ~OcrUpstream() = default;
    virtual Task<std::variant<UpstreamAnswer, UpstreamSilence>> recogniseDriving(AppId appid, SharedSecret access_token,
                                                                                 Picture picture,
                                                                                 SteadyTime deadline) = 0;
    /// The account's OCR quota of the day; empty where WeChat gives no usable answer. Costs none of it.
    virtual Task<std::optional<UpstreamQuotaTold>> drivingQuota(AppId appid, SharedSecret access_token,
                                                                SteadyTime deadline) = 0;
};

}  // namespace tenants
