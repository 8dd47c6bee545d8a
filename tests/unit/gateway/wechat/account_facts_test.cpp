#include "gateway/wechat/account_facts.h"

#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace gateway::wechat {
namespace {

using tenants::AccountKind;

AnswerJson json(const std::string& text) {
    auto parsed = AnswerJson::parse(text);
    if (!parsed) throw std::invalid_argument(text);
    return std::move(*parsed);
}

TEST(AccountFacts, KindIsReadInTheDocumentedOrder) {
    const std::vector<std::pair<std::string, AccountKind>> cases{
        {R"({"MiniProgramInfo":{},"service_type_info":{"id":2}})", AccountKind::kMiniProgram},
        {R"({"MiniProgramInfo":{},"channels_info":{"id":1}})", AccountKind::kMiniProgram},
        {R"({"channels_info":{"id":1},"service_type_info":{"id":2}})", AccountKind::kUnsupported},
        {R"({"store_info":{"id":1}})", AccountKind::kUnsupported},
        {R"({"talent_info":{"id":1}})", AccountKind::kUnsupported},
        {R"({"supplier_info":{"id":1}})", AccountKind::kUnsupported},
        {R"({"service_type_info":{"id":0}})", AccountKind::kSubscription},
        {R"({"service_type_info":{"id":1}})", AccountKind::kSubscription},
        {R"({"service_type_info":{"id":"2"}})", AccountKind::kService},
        {R"({"service_type_info":{"id":3}})", AccountKind::kUnsupported},
        {R"({"service_type_info":{}})", AccountKind::kUnknown},
        {R"({"service_type_info":2})", AccountKind::kUnknown},
        {R"({"MiniProgramInfo":null})", AccountKind::kUnknown},
        {R"({})", AccountKind::kUnknown},
    };

    for (const auto& [text, kind] : cases) EXPECT_EQ(readAccountFacts(json(text)).kind, kind) << text;
}

// Pitfall 31: an account that was verified a moment ago still says -1.
TEST(AccountFacts, OnlyAPresentZeroIsVerified) {
    EXPECT_TRUE(readAccountFacts(json(R"({"verify_type_info":{"id":0}})")).verified);
    for (const std::string text :
         {R"({})", R"({"verify_type_info":{}})", R"({"verify_type_info":0})", R"({"verify_type_info":{"id":-1}})",
          R"({"verify_type_info":{"id":1}})", R"({"verify_type_info":{"id":3}})", R"({"verify_type_info":{"id":null}})",
          R"({"verify_type_info":{"id":false}})", R"({"verify_type_info":{"id":""}})",
          R"({"verify_type_info":{"id":4294967296}})"})
        EXPECT_FALSE(readAccountFacts(json(text)).verified) << text;
}

// Pitfall 21: account_status, register_type and others are missing from some answers.
TEST(AccountFacts, StatusThatWasNotToldIsZero) {
    EXPECT_EQ(readAccountFacts(json(R"({"account_status":16})")).account_status, 16);
    EXPECT_EQ(readAccountFacts(json(R"({})")).account_status, 0);
    EXPECT_EQ(readAccountFacts(json(R"({"account_status":[]})")).account_status, 0);
}

TEST(GrantedSets, OnlyReadableIdsGrant) {
    EXPECT_EQ(readGrantedSets(
                  json(R"({"func_info":[{"funcscope_category":{"id":117}},{"funcscope_category":{"id":1117}}]})")),
              (std::set<int>{117, 1117}));
    for (const std::string text :
         {R"({})", R"({"func_info":null})", R"({"func_info":{"funcscope_category":{"id":117}}})",
          R"({"func_info":[117,"117",[{"id":117}],{"id":117},{"funcscope_category":117}]})",
          R"({"func_info":[{"funcscope_category":{"id":"117 "}},{"funcscope_category":{"id":117.5}}]})"})
        EXPECT_TRUE(readGrantedSets(json(text)).empty()) << text;
}

}  // namespace
}  // namespace gateway::wechat
