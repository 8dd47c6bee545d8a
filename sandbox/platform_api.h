#pragma once

#include <atomic>
#include <string>

#include "gateway/http/message.h"
#include "sandbox/authorization_page.h"
#include "sandbox/component_api.h"
#include "sandbox/ocr_api.h"
#include "sandbox/option_api.h"
#include "sandbox/platform_answer.h"
#include "sandbox/quota_api.h"
#include "tenants/base/task.h"

namespace sandbox {

/// Everything that the platform's own listener serves, values in and out. From an event loop's thread.
class PlatformApi {
public:
    struct Endpoints {
        ComponentApi& component;
        OptionApi& option;
        QuotaApi& quota;
        OcrApi& ocr;
        AuthorizationPage& page;
    };
    explicit PlatformApi(Endpoints endpoints) : endpoints_(endpoints) {}

    /// The answer, to be finished.
    tenants::Task<PlatformAnswer> handle(gateway::http::Request request, CallContext context);
    /// Gives an answer the looks of WeChat's, which are not reliable: JSON comes under two content types in turn, and
    /// errmsg ends with the request's id, now and then behind a hint. Source: wechat-platform.md §2.
    void finish(PlatformAnswer& answer, const std::string& rid);

private:
    Endpoints endpoints_;
    std::atomic<unsigned> json_answers_{0};
    std::atomic<unsigned> refusals_{0};
};

}  // namespace sandbox
