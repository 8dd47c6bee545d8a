#pragma once

#include <atomic>

#include "gateway/http/message.h"
#include "sandbox/authorization_page.h"
#include "sandbox/component_api.h"
#include "sandbox/ocr_api.h"
#include "sandbox/platform_answer.h"
#include "tenants/base/task.h"

namespace sandbox {

/// Everything that the platform's own listener serves, values in and out. From an event loop's thread.
class PlatformApi {
public:
    PlatformApi(ComponentApi& component, OcrApi& ocr, AuthorizationPage& page)
        : component_(component), ocr_(ocr), page_(page) {}

    tenants::Task<PlatformAnswer> handle(gateway::http::Request request, CallContext context);
    /// The Content-Type of a JSON answer: WeChat's is not reliable, so this takes turns. Source: wechat-platform.md §2.
    std::string nextJsonContentType();

private:
    tenants::Task<PlatformAnswer> dispatch(gateway::http::Request request, CallContext context);

    ComponentApi& component_;
    OcrApi& ocr_;
    AuthorizationPage& page_;
    std::atomic<unsigned> answers_{0};
};

}  // namespace sandbox
