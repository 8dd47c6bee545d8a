#pragma once

#include <set>
#include <string>

#include "gateway/wechat/answer_json.h"
#include "tenants/authorization/authorization.h"

namespace gateway::wechat {

/// What `authorizer_info` tells of an account. Mini programs are told apart by MiniProgramInfo alone, since they reuse
/// the small service type numbers; an absent or unreadable fact stays unknown, never good. Any thread.
tenants::AccountFacts readAccountFacts(const AnswerJson& authorizer_info);

/// The ids in `func_info` of an `authorization_info`: what was granted, not what was asked for. Entries without a
/// readable id grant nothing.
std::set<int> readGrantedSets(const AnswerJson& authorization_info);

/// The account that an `authorization_info` is about, under today's name or the old samples'; empty where it has none.
std::string readAuthorizerAppId(const AnswerJson& authorization_info);

}  // namespace gateway::wechat
