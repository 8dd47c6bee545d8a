#include "gateway/api/launch_page.h"

#include <string>
#include <string_view>
#include <utility>

#include "gateway/api/merchant_page.h"

namespace gateway::api {
namespace {

using tenants::ErrorCode;

constexpr Words kInvitation{"授权行驶证识别服务", "Authorize vehicle licence recognition"};
constexpr Words kInvitationAdvice{
    "点击下面的按钮后将打开微信官方授权页面。请由小程序或公众号的管理员确认，选择要授权的账号，并保持勾选权限集 117"
    "（图像处理，包含 OCR "
    "识别）。确认后会回到本站，显示授权是否成功。我们不会得到您的密码，您可以随时在微信后台取消授权。",
    "A button opens WeChat's own authorization page. The account's administrator confirms there, chooses the account, "
    "and "
    "leaves permission set 117 (image processing, which includes OCR) ticked. Afterwards you come back here and see "
    "whether it worked. We learn no password, and you can cancel the authorization in WeChat's console at any time."};

MerchantPage refusalPage(ErrorCode code) {
    switch (code) {
        case ErrorCode::kNotFound:
            return {404,
                    {"链接不存在", "There is no such link"},
                    {"请检查链接是否完整，或向服务商索取新的授权链接。",
                     "Please check that the link is complete, or ask your provider for a new one."}};
        case ErrorCode::kInvalidInput:
            return {410,
                    {"链接已过期", "This link has expired"},
                    {"请向服务商索取新的授权链接。", "Please ask your provider for a new authorization link."}};
        case ErrorCode::kConflict:
            return {410,
                    {"此链接已完成授权", "This link has done its work"},
                    {"通过此链接的授权已经成功，链接不能再次使用。"
                     "如果授权后来被取消，或需更换账号，请向服务商索取新的授权链接。",
                     "The authorization by this link worked, and the link cannot be used again. If it was cancelled "
                     "since, or to change the account, please ask your provider for a new link."}};
        case ErrorCode::kRateLimited:
            return {429,
                    {"打开次数过多", "Opened too often"},
                    {"请十分钟后重新打开此链接。", "Please open this link again in ten minutes."}};
        default:
            return {503,
                    {"暂时无法打开", "Not to be opened just now"},
                    {"微信或本服务暂时繁忙。请几分钟后重新打开此链接；如果仍然失败，请联系服务商。",
                     "WeChat or this service is busy. Please open this link again in a few minutes; if it fails again, "
                     "contact your provider."}};
    }
}

std::string button(const std::string& address, const Words& words) {
    std::string html = "<a href=\"" + htmlEscaped(address) + "\">";
    html.append(words.chinese).append("<br><span lang=\"en\">").append(words.english).append("</span></a>");
    return html;
}

MerchantPage launchPage(const tenants::Launch& launch) {
    // The origin and no more: WeChat's check needs the Referer, and the rest of our address is a secret.
    MerchantPage page{200, kInvitation, kInvitationAdvice, "strict-origin"};
    if (!launch.invitation.only.empty()) {
        page.actions = "<p>仅限账号 <span lang=\"en\">Only for the account</span> <code>" +
                       htmlEscaped(launch.invitation.only.text()) + "</code></p>";
    }
    page.actions +=
        "<div class=\"actions\">" +
        button(launch.link.pc_url, {"在电脑上授权（用微信扫码）", "On a computer: scan a code with WeChat"}) +
        button(launch.link.h5_url, {"在手机微信中授权", "On this telephone, within WeChat"}) + "</div>";
    return page;
}

}  // namespace

void LaunchPage::addRoutes(http::Router& router) {
    router.add({.method = "GET",
                .pattern = "/wechat/launch",
                .handler = [this](http::Request request) { return handle(std::move(request)); },
                .refuse = [](const http::RequestHead&,
                             http::Refusal) { return renderPage(refusalPage(ErrorCode::kStoreUnavailable)); }});
}

tenants::Task<http::Response> LaunchPage::handle(http::Request request) {
    tenants::ComponentPlatform* platform = platforms_.named(request.head.queryParameter("component"));
    if (platform == nullptr) co_return renderPage(refusalPage(ErrorCode::kNotFound));
    const auto launched = co_await platform->onboarding().launch(request.head.queryParameter("state").value_or(""));
    if (launched) {
        log_.info("launch_page_opened",
                  {{"request_id", request.head.request_id}, {"merchant", launched->invitation.merchant.text()}});
        co_return renderPage(launchPage(*launched));
    }
    const tenants::Error& error = launched.error();
    log_.warning("launch_page_refused", {{"request_id", request.head.request_id},
                                         {"code", tenants::stableCode(error.code)},
                                         {"detail", error.for_log},
                                         {"upstream_errcode", error.upstream ? error.upstream->errcode : 0}});
    co_return renderPage(refusalPage(error.code));
}

}  // namespace gateway::api
