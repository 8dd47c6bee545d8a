#include "gateway/admin/statement_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "tests/unit/tenants/billing/billing_fixture.h"

namespace gateway::admin {
namespace {

using namespace tenants;
using test_support::november;
using test_support::utc;
using test_support::version;
using ::testing::HasSubstr;
using ::testing::Not;

SignedStatement statementWithEverything() {
    SignedStatement all;
    Statement& statement = all.statement;
    statement.merchant = MerchantId{"mer_1"};
    statement.merchant_name = "<b>Tom & \"Jerry\"'s</b>";
    statement.issuer = "</title><script>alert(1)</script>";
    statement.period = november();
    statement.charges = 3;
    statement.first_number = 1;
    statement.last_number = 3;
    statement.lines = {
        {LineKind::kUsage, version("a<b"), {}, 2, Money{123'456}, 3, Money{370'368}},
        {LineKind::kCorrection, version("std"), {}, 0, Money{120'000}, -1, Money{-120'000}},
        {LineKind::kUsage, version("std"), PackId{"pack_<1>"}, 0, Money{0}, 1, Money{0}},
        {LineKind::kPurchase, {}, PackId{"pack_<2>"}, 0, Money{0}, 0, Money{5'000'000}},
        {LineKind::kMinimum, version("std"), {}, 0, Money{0}, 0, Money{1'000'000}},
        {LineKind::kRounding, {}, {}, 0, Money{0}, 0, Money{-368}},
    };
    statement.late = {{utc("2026-10-30T16:00:00Z"), 1, 1, 2, 2}};
    statement.holds.add(HoldState::kUnknown, utc("2026-11-05T00:00:00Z"), RequestId{"<img src=x>"});
    return all;
}

TEST(StatementPage, EscapesEveryWordThatIsNotOurs) {
    const std::string page = statementPage(statementWithEverything());

    EXPECT_THAT(page, HasSubstr("&lt;b&gt;Tom &amp; &quot;Jerry&quot;&#39;s&lt;/b&gt;"));
    for (const char* raw : {"<script", "<b>Tom", "a<b@1", "pack_<", "<img"})
        EXPECT_THAT(page, Not(HasSubstr(raw))) << raw;
}

TEST(StatementPage, ShowsEachLineAndTheSumInYuan) {
    const std::string page = statementPage(statementWithEverything());

    EXPECT_THAT(page, HasSubstr("<td class=\"n\">0.123456</td><td class=\"n\">3</td><td class=\"n\">0.370368</td>"));
    EXPECT_THAT(page, HasSubstr("<td class=\"n\">-0.12</td>"));
    EXPECT_THAT(page, HasSubstr("<td class=\"n\">5.00</td>"));
    EXPECT_THAT(page, HasSubstr("<td class=\"n\">6.25</td></tr></tfoot>"));
    EXPECT_THAT(page, HasSubstr("2026-10-31"));
    for (const char* words : {"对账单", "应付金额", "Payable", "补足月最低消费", "舍入到分"}) {
        EXPECT_THAT(page, HasSubstr(words));
    }
}

TEST(StatementPage, EachLabelStandsInBothLanguagesTheEnglishOneMarkedAsSuch) {
    const std::string page = statementPage(statementWithEverything());

    for (const auto& [chinese, english] : std::initializer_list<std::pair<const char*, const char*>>{
             {"对账单", "Statement"},
             {"编号", "Number"},
             {"账期", "Period"},
             {"开具方", "Issuer"},
             {"客户", "Merchant"},
             {"结账时间", "Closed at"},
             {"识别", "Scans"},
             {"更正（已结账期）", "Correction of a closed period"},
             {"预付包", "Prepaid pack"},
             {"补足月最低消费", "Raised to the monthly minimum"},
             {"舍入到分", "Rounding to whole fen"},
             {"第 2 档", "tier 2"},
             {"由预付包抵扣", "paid by pack"},
             {"以前账期的识别，本期入账", "Scans of earlier periods, entered in this one"},
             {"结果未知的识别", "Scans of unknown outcome"},
             {"应付金额（人民币元）", "Payable, CNY"},
             {"链哈希", "Chain hash"}}) {
        EXPECT_THAT(page, HasSubstr(std::string{chinese} + " <span class=\"en\">" + english + "</span>"));
    }
    EXPECT_THAT(page, HasSubstr("<html lang=\"zh-CN\">"));
}

TEST(StatementPage, MonthWithoutAnythingIsStillAPage) {
    SignedStatement empty;
    empty.statement.period = november();

    EXPECT_THAT(statementPage(empty), HasSubstr("<td class=\"n\">0.00</td></tr></tfoot>"));
}

}  // namespace
}  // namespace gateway::admin
