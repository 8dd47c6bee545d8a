#include "sandbox/authorizer_view.h"

#include <chrono>
#include <string>

#include "sandbox/json.h"

namespace sandbox {
namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

// verify_type_info.id. Source: wechat-platform.md §3.8.
constexpr int kVerifiedByWechat = 0;
constexpr int kNotVerified = -1;

int serviceType(AccountKind kind) {
    switch (kind) {
        case AccountKind::kMiniProgram:  // ambiguous with a subscription account, as on the real platform
        case AccountKind::kSubscription: return 0;
        case AccountKind::kService: return 2;
    }
    return 0;
}

Object::Ptr idObject(int id) {
    auto object = newObject();
    object->set("id", id);
    return object;
}

Object::Ptr miniProgramInfo() {
    auto network = newObject();
    for (const char* domain : {"RequestDomain", "WsRequestDomain", "UploadDomain", "DownloadDomain", "BizDomain",
                               "UDPDomain", "TCPDomain"}) {
        network->set(domain, newArray());
    }
    auto info = newObject();
    info->set("network", network);
    info->set("categories", newArray());
    info->set("visit_status", 0);
    return info;
}

bool showsRefreshToken(const Authorizer& account, const Authorization& authorization, RefreshTokenPlace place) {
    return authorization.code_exchanged && !authorization.refresh_token.empty() &&
           !account.hidden_refresh_token.contains(place);
}

}  // namespace

Array::Ptr functionInfo(const std::set<int>& sets, FunctionDetail detail) {
    auto functions = newArray();
    for (const int set : sets) {
        auto category = idObject(set);
        if (detail == FunctionDetail::kNames) {
            category->set("type", 0);
            category->set("name", "权限集" + std::to_string(set));
            category->set("desc", std::string{});
        }
        auto function = newObject();
        function->set("funcscope_category", category);
        if (detail == FunctionDetail::kConfirmation && functions->size() % 2 == 1) {
            auto confirmation = newObject();
            for (const char* name : {"need_confirm", "already_confirm", "can_confirm"}) confirmation->set(name, 0);
            function->set("confirm_info", confirmation);
        }
        functions->add(function);
    }
    return functions;
}

Object::Ptr accountInfo(const Authorizer& account) {
    auto business = newObject();
    for (const char* name : {"open_pay", "open_shake", "open_scan", "open_card", "open_store"}) business->set(name, 0);
    auto basic = newObject();
    basic->set("is_phone_configured", true);
    basic->set("is_email_configured", true);

    auto info = newObject();
    info->set("nick_name", account.nick_name);
    info->set("head_img", "https://samples.tollgate.test/head-" + account.appid + ".png");
    info->set("user_name", account.user_name);
    info->set("principal_name", account.nick_name);
    info->set("alias", std::string{});
    info->set("qrcode_url", "https://samples.tollgate.test/qrcode-" + account.appid + ".png");
    info->set("signature", std::string{});
    info->set("idc", 1);
    info->set("service_type_info", idObject(serviceType(account.kind)));
    info->set("verify_type_info", idObject(account.verified ? kVerifiedByWechat : kNotVerified));
    info->set("business_info", business);
    info->set("account_status", account.account_status);
    info->set("basic_config", basic);
    if (account.kind == AccountKind::kMiniProgram) {
        info->set("register_type", 0);
        info->set("MiniProgramInfo", miniProgramInfo());
    }
    return info;
}

Object::Ptr authorizationInfo(const Authorizer& account, const std::string& component_appid) {
    const Authorization& authorization = account.authorizations.at(component_appid);
    auto info = newObject();
    info->set("authorizer_appid", account.appid);
    if (showsRefreshToken(account, authorization, RefreshTokenPlace::kInfo))
        info->set("authorizer_refresh_token", authorization.refresh_token);
    info->set("func_info", functionInfo(authorization.sets, FunctionDetail::kNames));
    return info;
}

Object::Ptr listEntry(const Authorizer& account, const std::string& component_appid) {
    const Authorization& authorization = account.authorizations.at(component_appid);
    auto entry = newObject();
    entry->set("authorizer_appid", account.appid);
    if (showsRefreshToken(account, authorization, RefreshTokenPlace::kList))
        entry->set("refresh_token", authorization.refresh_token);
    const auto since = authorization.authorized_at.value_or(tenants::UtcTime{}).time_since_epoch();
    entry->set("auth_time", static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(since).count()));
    return entry;
}

}  // namespace sandbox
