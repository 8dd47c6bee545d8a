#include "tenants/billing/statement_text.h"

#include <gtest/gtest.h>

#include "tests/unit/tenants/billing/billing_fixture.h"

namespace {

using namespace tenants;
using test_support::FixedPlans;
using test_support::graduated;
using test_support::LedgerWriter;
using test_support::november;
using test_support::utc;
using test_support::version;

// What another program must arrive at: Python's json.dumps(…, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
// of the parsed document gives these bytes again.
TEST(StatementText, IsTheDocumentedBytes) {
    FixedPlans plans;
    plans.terms[version("std")] = graduated();
    LedgerWriter ledger{"mer_7"};
    StatementBuilder builder{november(), plans};
    UsageEntry late = ledger.charge("2026-10-31T15:59:59Z");
    late.period = november();
    builder.add(late);
    for (int scan = 0; scan < 2; ++scan) builder.add(ledger.charge("2026-11-05T01:00:00Z"));
    Statement statement = builder.finish({});
    statement.merchant = MerchantId{"mer_7"};
    statement.merchant_name = "京 \"A\"\n";
    statement.issuer = "Provider";
    statement.closed_at = utc("2026-12-01T00:00:00.250Z");
    statement.holds.add(HoldState::kUnknown, utc("2026-11-30T15:59:59Z"), RequestId{"k\x01"});

    EXPECT_EQ(
        canonicalText(statement),
        R"({"closed_at":"2026-12-01T00:00:00.250Z","currency":"CNY","entries":{"chain_hash":"0303030303030303030303030303030303030303030303030303030303030303",)"
        R"("charges":3,"corrections":0,"count":3,"first_number":1,"last_number":3,"waivers":0},"format":1,"holds":{"pending":1,)"
        R"("pending_named":[{"at":"2026-11-30T15:59:59Z","request_id":"k\u0001","state":"unknown"}],"released":0},"issuer":"Provider",)"
        R"("late":[{"day":"2026-10-31","entries":1,"first_number":1,"last_number":1,"units":1}],"lines":[)"
        R"({"amount_micro_yuan":0,"kind":"usage","pack_id":null,"plan_version":"std@1","tier":0,"unit_price_micro_yuan":0,"units":2},)"
        R"({"amount_micro_yuan":120000,"kind":"usage","pack_id":null,"plan_version":"std@1","tier":1,"unit_price_micro_yuan":120000,"units":1}],)"
        R"("merchant_id":"mer_7","merchant_name":"京 \"A\"\n","number":"st-2026-11-mer_7","payable_micro_yuan":120000,"period":"2026-11",)"
        R"("period_ends_at":"2026-11-30T16:00:00Z","period_starts_at":"2026-10-31T16:00:00Z"})");
}

TEST(StatementText, MonthWithoutEntriesHasNullsForThem) {
    Statement statement;
    statement.period = november();

    EXPECT_NE(
        canonicalText(statement).find(
            R"("entries":{"chain_hash":null,"charges":0,"corrections":0,"count":0,"first_number":null,"last_number":null,"waivers":0})"),
        std::string::npos);
}

}  // namespace
