#include "gateway/api/authorized_page.h"

#include <string>
#include <string_view>
#include <utility>

namespace gateway::api {
namespace {

struct Words {
    int status;
    std::string_view title_chinese, title_english, advice_chinese, advice_english;
};

constexpr Words kAuthorized{200, "授权成功", "Authorization complete", "您可以关闭此页面。",
                            "You can close this page."};
constexpr Words kBadLink{400, "链接无效或已过期", "This link is not valid any more", "请向服务商索取新的授权链接。",
                         "Please ask your provider for a new authorization link."};
constexpr Words kTryLater{502, "暂时无法完成授权", "The authorization could not be finished yet",
                          "请几分钟后重新打开授权链接；如果仍然失败，请联系服务商。",
                          "Please open the authorization link again in a few minutes, or contact your provider."};

http::Response page(const Words& words) {
    std::string html =
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>";
    html.append(words.title_chinese).append("</title><h1>").append(words.title_chinese).append("</h1><p>");
    html.append(words.advice_chinese).append("</p><section lang=\"en\"><h2>").append(words.title_english);
    html.append("</h2><p>").append(words.advice_english).append("</p></section></html>");
    auto response = http::textResponse(words.status, "text/html; charset=utf-8", std::move(html));
    // The address holds a code: it must go nowhere else.
    response.headers.set("Referrer-Policy", "no-referrer");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Content-Security-Policy", "default-src 'none'");
    return response;
}

}  // namespace

void AuthorizedPage::addRoutes(http::Router& router) {
    router.add({.method = "GET", .pattern = "/wechat/authorized", .handler = [this](http::Request request) {
                    return handle(std::move(request));
                }});
}

tenants::Task<http::Response> AuthorizedPage::handle(http::Request request) {
    auto state = request.head.queryParameter("state");
    const auto code = request.head.queryParameter("auth_code");
    const auto component = request.head.queryParameter("component");
    tenants::ComponentPlatform* platform = platforms_.find(tenants::AppId{component.value_or("")});
    if (platform == nullptr || !state || state->empty() || !code || code->empty()) co_return page(kBadLink);
    const auto merchant =
        co_await platform->onboarding().completeByRedirect(*std::move(state), tenants::shareSecret(*code));
    if (merchant) {
        log_.info("authorization_landed", {{"request_id", request.head.request_id}, {"merchant", merchant->text()}});
        co_return page(kAuthorized);
    }
    const tenants::Error& error = merchant.error();
    log_.warning("authorization_not_finished", {{"request_id", request.head.request_id},
                                                {"code", tenants::stableCode(error.code)},
                                                {"detail", error.for_log},
                                                {"upstream_errcode", error.upstream ? error.upstream->errcode : 0}});
    const bool link_is_bad =
        error.code == tenants::ErrorCode::kInvalidInput || error.code == tenants::ErrorCode::kNotFound;
    co_return page(link_is_bad ? kBadLink : kTryLater);
}

}  // namespace gateway::api
