#include "gateway/api/authorized_page.h"

#include <string>
#include <utility>

#include "gateway/api/merchant_page.h"
#include "tenants/scan/standing.h"

namespace gateway::api {
namespace {

using tenants::ErrorCode;
using tenants::Obstacle;

constexpr Words kAlmost{"授权已完成，还差一步", "Authorized, one step is missing"};

MerchantPage withdrawnPage() {
    return {409,
            {"授权已取消", "The authorization was cancelled"},
            {"微信显示此账号未授权给我们。请重新打开授权链接并确认授权。",
             "WeChat says that this account is not authorized to us. Please open the authorization link again and "
             "confirm."}};
}

/// After a consent that was stored: whether the merchant can scan now.
MerchantPage pageOf(Obstacle obstacle) {
    switch (obstacle) {
        case Obstacle::kNone:
        case Obstacle::kTokenTrouble:
            return {200, {"授权成功", "Authorization complete"}, {"您可以关闭此页面。", "You can close this page."}};
        case Obstacle::kOcrNotGranted:
            return {
                200,
                kAlmost,
                {"没有授予权限集 117（图像处理，包含 OCR "
                 "识别），因此还不能识别行驶证。请重新打开授权链接，并勾选权限集 "
                 "117。如果微信没有列出它，可能已由其他服务商独占：请先在微信后台取消对该服务商的授权。",
                 "Permission set 117 (image processing, which includes OCR) was not granted, so that licences cannot "
                 "be recognised yet. Please open the authorization link again and tick set 117. If WeChat does not "
                 "list it, another provider may hold it alone: cancel that provider's authorization in WeChat's "
                 "console first."}};
        case Obstacle::kOcrNoLongerGranted:
            return {200,
                    kAlmost,
                    {"权限集 117（图像处理，包含 OCR "
                     "识别）以前已授予，现在没有了：它被取消勾选，或者已交给独占该权限集的其他"
                     "服务商。请在微信后台取消对该服务商的授权，然后重新打开授权链接并勾选权限集 117。",
                     "Permission set 117 (image processing, which includes OCR) was granted before and is gone: it was "
                     "unticked, or went to another provider that holds it alone. Please cancel that provider's "
                     "authorization in WeChat's console, then open the authorization link again and tick set 117."}};
        case Obstacle::kKindNotSupported:
            return {200,
                    {"此账号类型不能使用 OCR", "This kind of account cannot use OCR"},
                    {"只有小程序、已认证的订阅号和服务号可以使用。请重新打开授权链接，选择这样的账号。",
                     "Only mini programs and verified subscription and service accounts can. Please open the "
                     "authorization link again and choose such an account."}};
        case Obstacle::kNotVerified:
            return {200,
                    {"账号尚未认证", "The account is not verified"},
                    {"订阅号和服务号通过微信认证后才能使用 "
                     "OCR。请在微信后台完成认证，之后会自动生效；也可以重新打开授权链接，"
                     "改为授权小程序。",
                     "Subscription and service accounts can use OCR once WeChat has verified them. Please have the "
                     "account verified in WeChat's console, after which it works by itself; or open the authorization "
                     "link again and choose a mini program."}};
        case Obstacle::kAccountLimited:
            return {200,
                    {"账号被微信限制", "WeChat has limited the account"},
                    {"此账号已被注销、封禁或冻结。请先在微信处理，或重新打开授权链接并选择其他账号。",
                     "The account is cancelled, banned or frozen. Please settle that with WeChat, or open the "
                     "authorization link again and choose another account."}};
        case Obstacle::kKindNotKnown:
            return {200,
                    {"授权成功，正在核对账号信息", "Authorized; the account is being checked"},
                    {"您可以关闭此页面。如果一小时后仍不能识别，请联系服务商。",
                     "You can close this page. If recognition does not work within an hour, contact your provider."}};
        case Obstacle::kNoToken:
            return {200,
                    {"微信尚未提供访问凭证", "WeChat has given no token yet"},
                    {"此账号已授权，但微信没有提供可用的访问凭证。请重新打开授权链接并再次确认授权；"
                     "如果仍然失败，请联系服务商。",
                     "The account is authorized, but WeChat has given no token that works. Please open the "
                     "authorization link again and confirm once more; if that does not help, contact your provider."}};
        case Obstacle::kSuspended:
            return {200,
                    {"授权成功，但服务已暂停", "Authorized, but the service is suspended"},
                    {"请联系服务商。", "Please contact your provider."}};
        case Obstacle::kNotAuthorizedYet:
        case Obstacle::kWithdrawn: return withdrawnPage();
    }
    return withdrawnPage();
}

/// After a consent that could not be taken over.
MerchantPage pageOf(ErrorCode code) {
    switch (code) {
        case ErrorCode::kNotFound:
        case ErrorCode::kInvalidInput:
            return {
                400,
                {"链接无效或已过期", "This link is not valid any more"},
                {"请重新打开服务商发给您的授权链接；如果它也已失效，请向服务商索取新的链接。",
                 "Please open the authorization link from your provider again; if that does not work either, ask for "
                 "a new one."}};
        case ErrorCode::kConflict:
            return {
                409,
                {"此账号不能用于这个链接", "This account cannot be used with this link"},
                {"此账号已绑定到服务商的另一个商户，或者这个链接只用于另一个账号。请重新打开授权链接并选择正确的账号，"
                 "或联系服务商。",
                 "The account belongs to another merchant of your provider already, or the link is for another "
                 "account. Please open the authorization link again and choose the right account, or contact your "
                 "provider."}};
        case ErrorCode::kMerchantNotAuthorized: return withdrawnPage();
        default:
            return {503,
                    {"暂时无法完成授权", "The authorization could not be finished yet"},
                    {"微信或本服务暂时繁忙。请几分钟后重新打开授权链接；如果仍然失败，请联系服务商。",
                     "WeChat or this service is busy. Please open the authorization link again in a few minutes, or "
                     "contact your provider."}};
    }
}

}  // namespace

void AuthorizedPage::addRoutes(http::Router& router) {
    router.add({.method = "GET",
                .pattern = "/wechat/authorized",
                .handler = [this](http::Request request) { return handle(std::move(request)); },
                .refuse = [](const http::RequestHead&,
                             http::Refusal) { return renderPage(pageOf(ErrorCode::kStoreUnavailable)); }});
}

tenants::Task<http::Response> AuthorizedPage::handle(http::Request request) {
    auto state = request.head.queryParameter("state");
    const auto code = request.head.queryParameter("auth_code");
    tenants::ComponentPlatform* platform = platforms_.named(request.head.queryParameter("component"));
    if (platform == nullptr || !state || state->empty() || !code || code->empty())
        co_return renderPage(pageOf(ErrorCode::kInvalidInput));
    const auto landed =
        co_await platform->onboarding().completeByRedirect(*std::move(state), tenants::shareSecret(*code));
    if (!landed) {
        const tenants::Error& error = landed.error();
        log_.warning("authorization_not_finished",
                     {{"request_id", request.head.request_id},
                      {"code", tenants::stableCode(error.code)},
                      {"detail", error.for_log},
                      {"upstream_errcode", error.upstream ? error.upstream->errcode : 0}});
        co_return renderPage(pageOf(error.code));
    }
    const auto merchant = merchants_.find(*landed);
    if (!merchant) co_return renderPage(pageOf(ErrorCode::kNotFound));
    const auto authorization = platform->authorizations().find(*landed);
    const tenants::Standing standing = tenants::standingOf(*merchant, authorization.get(), clock_.now());
    log_.info("authorization_landed", {{"request_id", request.head.request_id},
                                       {"merchant", landed->text()},
                                       {"state", standing.state},
                                       {"state_reason", standing.state_reason}});
    co_return renderPage(pageOf(standing.obstacle));
}

}  // namespace gateway::api
