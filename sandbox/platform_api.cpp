#include "sandbox/platform_api.h"

#include <optional>
#include <utility>

#include "sandbox/json.h"
#include "sandbox/random_text.h"

namespace sandbox {
namespace {

constexpr std::size_t kHintCharacters = 14;

}  // namespace

tenants::Task<PlatformAnswer> PlatformApi::handle(gateway::http::Request request, CallContext context) {
    if (request.head.path == kDrivingOcrPath) {
        PlatformAnswer answer = co_await endpoints_.ocr.handle(std::move(request), context);
        co_return answer;
    }
    if (AuthorizationPage::owns(request.head.path)) {
        PlatformAnswer answer = co_await endpoints_.page.handle(std::move(request));
        co_return answer;
    }
    if (auto answer = endpoints_.component.handle(request)) co_return std::move(*answer);
    if (auto answer = endpoints_.option.handle(request)) co_return std::move(*answer);
    if (auto answer = endpoints_.quota.handle(request)) co_return std::move(*answer);
    co_return refusalAnswer(refusals::pathInvalid());
}

void PlatformApi::finish(PlatformAnswer& answer, const std::string& rid) {
    if (answer.refused) {
        const bool hinted = refusals_.fetch_add(1) % 2 == 1;
        auto object = newObject();
        if (answer.errcode_as_text) {
            object->set("errcode", std::to_string(answer.refused->errcode));
        } else {
            object->set("errcode", answer.refused->errcode);
        }
        object->set("errmsg", answer.refused->text +
                                  (hinted ? " hint: [" + randomAlphanumeric(kHintCharacters) + "]" : std::string{}) +
                                  " rid: " + rid);
        answer.body = render(object);
    }
    if (answer.content_type.empty())
        answer.content_type = json_answers_.fetch_add(1) % 2 == 0 ? "application/json; encoding=utf-8" : "text/plain";
}

}  // namespace sandbox
