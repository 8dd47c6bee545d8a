#include "sandbox/platform_api.h"

#include <optional>
#include <utility>

namespace sandbox {

tenants::Task<PlatformAnswer> PlatformApi::handle(gateway::http::Request request, CallContext context) {
    PlatformAnswer answer = co_await dispatch(std::move(request), context);
    if (answer.content_type.empty()) answer.content_type = nextJsonContentType();
    co_return answer;
}

std::string PlatformApi::nextJsonContentType() {
    return answers_.fetch_add(1) % 2 == 0 ? "application/json; encoding=utf-8" : "text/plain";
}

tenants::Task<PlatformAnswer> PlatformApi::dispatch(gateway::http::Request request, CallContext context) {
    // Only this machine is on the emulated whitelist.
    if (!request.head.peer_address.starts_with("127.") && request.head.peer_address != "::1") {
        co_return refusalAnswer(refusals::addressNotAllowed());
    }
    if (request.head.path == kDrivingOcrPath) {
        PlatformAnswer answer = co_await ocr_.handle(std::move(request), context);
        co_return answer;
    }
    if (AuthorizationPage::owns(request.head.path)) {
        PlatformAnswer answer = co_await page_.handle(std::move(request));
        co_return answer;
    }
    if (auto answer = component_.handle(request)) co_return std::move(*answer);
    co_return refusalAnswer(refusals::pathInvalid());
}

}  // namespace sandbox
