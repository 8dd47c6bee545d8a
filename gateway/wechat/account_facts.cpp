#include "gateway/wechat/account_facts.h"

#include <cstdint>
#include <limits>
#include <optional>

namespace gateway::wechat {
namespace {

using tenants::AccountKind;

std::optional<int> readInt(const AnswerJson& object, const std::string& name) {
    const auto number = object.wholeNumber(name);
    if (!number || *number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max())
        return std::nullopt;
    return static_cast<int>(*number);
}

/// `{"id":N}` under `name`.
std::optional<int> readId(const AnswerJson& object, const std::string& name) {
    const auto holder = object.object(name);
    return holder ? readInt(*holder, "id") : std::nullopt;
}

AccountKind readKind(const AnswerJson& authorizer_info) {
    if (authorizer_info.object("MiniProgramInfo")) return AccountKind::kMiniProgram;
    for (const char* name : {"channels_info", "store_info", "talent_info", "supplier_info"})
        if (authorizer_info.object(name)) return AccountKind::kUnsupported;
    const auto service_type = readId(authorizer_info, "service_type_info");
    if (!service_type) return AccountKind::kUnknown;
    switch (*service_type) {
        case 0:
        case 1: return AccountKind::kSubscription;
        case 2: return AccountKind::kService;
        default: return AccountKind::kUnsupported;
    }
}

}  // namespace

tenants::AccountFacts readAccountFacts(const AnswerJson& authorizer_info) {
    tenants::AccountFacts facts;
    facts.kind = readKind(authorizer_info);
    facts.verified = readId(authorizer_info, "verify_type_info") == 0;
    facts.account_status = readInt(authorizer_info, "account_status").value_or(0);
    facts.nick_name = authorizer_info.text("nick_name");
    return facts;
}

std::set<int> readGrantedSets(const AnswerJson& authorization_info) {
    std::set<int> granted;
    const auto entries = authorization_info.objects("func_info");
    if (!entries) return granted;
    for (const AnswerJson& entry : *entries)
        if (const auto id = readId(entry, "funcscope_category")) granted.insert(*id);
    return granted;
}

std::string readAuthorizerAppId(const AnswerJson& authorization_info) {
    const std::string appid = authorization_info.text("authorizer_appid");
    return appid.empty() ? authorization_info.text("authorization_appid") : appid;
}

}  // namespace gateway::wechat
