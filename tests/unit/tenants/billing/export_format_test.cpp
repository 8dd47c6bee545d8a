#include "tenants/billing/export_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tenants/billing/csv_format.h"
#include "tenants/billing/entry_fields.h"
#include "tests/unit/tenants/billing/billing_fixture.h"

namespace {

using namespace tenants;
using test_support::FixedPlans;
using test_support::graduated;
using test_support::LedgerWriter;
using test_support::november;
using test_support::utc;
using test_support::version;
using testing::HasSubstr;
using testing::Not;

class OneAccount final : public ExportAccounts {
public:
    const ExportAccount& find(const MerchantId& /*merchant*/, Period /*period*/) const override { return account; }
    ExportAccount account{"=Cafe", "Provider, Ltd", "st-2026-11-mer_1", std::string(64, 'a')};
};

class ListedEntries final : public LedgerCursor {
public:
    explicit ListedEntries(std::vector<UsageEntry> entries) : entries_(std::move(entries)) {}
    bool next(std::vector<UsageEntry>& batch) override {
        batch = std::move(entries_);
        entries_.clear();
        return !batch.empty();
    }
    ScanProgress progress() const override { return {}; }
    std::int64_t end() const override { return 0; }

private:
    std::vector<UsageEntry> entries_;
};

class ExportFormatTest : public testing::TestWithParam<ExportFormatName> {
protected:
    ExportFormatTest() { plans.terms[version("std")] = graduated(); }

    /// A month with tiers, a scan taken back, a late one, a pack, a waiver, and a correction of a closed month.
    std::vector<UsageEntry> month() {
        LedgerWriter ledger;
        std::vector<UsageEntry> entries;
        for (int scan = 0; scan < 6; ++scan) entries.push_back(ledger.charge("2026-11-05T01:00:00.5Z"));
        entries.push_back(ledger.correction(entries[1]));
        entries.push_back(ledger.charge("2026-10-31T15:00:00Z"));
        entries.back().period = november();
        entries.push_back(ledger.charge("2026-11-06T01:00:00Z"));
        entries.back().pack = PackId{"pack_1"};
        entries.push_back(ledger.charge("2026-11-06T02:00:00Z"));
        entries.back().kind = EntryKind::kWaiver;
        entries.back().units = 0;
        entries.back().reason = "=HYPERLINK(\"x\")";
        entries.push_back(ledger.correction(ledger.charge("2026-10-07T01:00:00Z"), Money{120'000}));
        entries.back().period = november();
        return entries;
    }

    Statement statementOf(const std::vector<UsageEntry>& entries) {
        StatementBuilder builder{november(), plans};
        for (const UsageEntry& entry : entries) builder.add(entry);
        Statement statement =
            builder.finish({MonthlyMinimum{version("std"), Money{900'000}}, {{PackId{"pack_1"}, Money{700'001}}}});
        statement.merchant = MerchantId{"mer_1"};
        statement.closed_at = utc("2026-12-01T00:00:00Z");
        return statement;
    }

    ExportText writeAll(ExportFormatName name) {
        const std::unique_ptr<ExportFormat> format = makeExportFormat(name, accounts);
        PricedEntries entries{std::make_unique<ListedEntries>(month()), plans};
        const Statement statement = statementOf(month());
        ExportText out;
        format->header(out.bytes);
        while (const PricedEntry* const priced = entries.next()) format->entry(*priced, out);
        for (const StatementLine& line : statement.lines) {
            if (isOwnCharge(line.kind)) format->charge(statement, line, out);
        }
        while (format->drain(out)) {
        }
        return out;
    }

    FixedPlans plans;
    OneAccount accounts;
};

TEST_P(ExportFormatTest, RowsAddUpToTheStatementToTheMicroYuan) {
    EXPECT_EQ(writeAll(GetParam()).billed, statementOf(month()).payable());
}

TEST_P(ExportFormatTest, SameRowsGiveTheSameBytes) {
    EXPECT_EQ(writeAll(GetParam()).bytes, writeAll(GetParam()).bytes);
}

INSTANTIATE_TEST_SUITE_P(Formats, ExportFormatTest,
                         testing::Values(ExportFormatName::kCsv, ExportFormatName::kJsonLines,
                                         ExportFormatName::kFocus),
                         [](const auto& format) { return std::string{exportFormatText(format.param)}; });

using CsvFormatTest = ExportFormatTest;

TEST_F(CsvFormatTest, HasTheDocumentedRows) {
    const ExportText out = writeAll(ExportFormatName::kCsv);

    EXPECT_THAT(
        out.bytes,
        testing::StartsWith(
            "merchant_id,entry_number,entry_id,kind,units,scanned_at,recorded_at,charge_day,period,late,plan_version,"
            "tier,"
            "unit_price_micro_yuan,amount_micro_yuan,pack_id,corrects_number,reason,request_id,x_request_id,key_id,"
            "chain_hash,"
            "statement_number\r\n"
            "mer_1,1,ent_1,charge,1,2026-11-05T01:00:00.500Z,2026-11-05T01:00:01.500Z,2026-11-05,2026-11,false,std@1,0,"
            "0,0,,,,"
            "req_1,x-1,key_1,0101010101010101010101010101010101010101010101010101010101010101,st-2026-11-mer_1\r\n"));
    EXPECT_THAT(out.bytes,
                HasSubstr("\r\nmer_1,,,minimum,0,,2026-12-01T00:00:00Z,2026-11-30,2026-11,false,std@1,0,0,"));
    EXPECT_EQ(out.rows, 14);  // eleven entries, pack, minimum, rounding
}

TEST_F(CsvFormatTest, GuardsAgainstFormulasAndQuotes) {
    EXPECT_THAT(writeAll(ExportFormatName::kCsv).bytes, HasSubstr(",\"'=HYPERLINK(\"\"x\"\")\","));
    std::string out;
    CsvRow{out}.text("").null().text("a,b").text("two\nlines").freeText("-1").freeText("plain").end();
    EXPECT_EQ(out, "\"\",,\"a,b\",\"two\nlines\",'-1,plain\r\n");
}

using JsonLinesFormatTest = ExportFormatTest;

TEST_F(JsonLinesFormatTest, WritesEveryMemberAndItsNulls) {
    EXPECT_THAT(
        writeAll(ExportFormatName::kJsonLines).bytes,
        testing::StartsWith(
            R"({"merchant_id":"mer_1","entry_number":1,"entry_id":"ent_1","kind":"charge","units":1,"scanned_at":"2026-11-05T01:00:00.500Z",)"
            R"("recorded_at":"2026-11-05T01:00:01.500Z","charge_day":"2026-11-05","period":"2026-11","late":false,"plan_version":"std@1",)"
            R"("tier":0,"unit_price_micro_yuan":0,"amount_micro_yuan":0,"pack_id":null,"corrects_number":null,"reason":null,)"
            R"("request_id":"req_1","x_request_id":"x-1","key_id":"key_1",)"
            R"("chain_hash":"0101010101010101010101010101010101010101010101010101010101010101","statement_number":"st-2026-11-mer_1"})"
            "\n"));
}

using FocusFormatTest = ExportFormatTest;

TEST_F(FocusFormatTest, CorrectionsOfInvoicedMonthsAloneCarryTheClass) {
    const std::string out = writeAll(ExportFormatName::kFocus).bytes;

    // The late scan and the one taken back of October; the taken-back one of this month has no class.
    EXPECT_THAT(
        out,
        HasSubstr(
            "2026-10-06T16:00:00Z,2026-10-07T16:00:00Z,Usage,Correction,\"Vehicle licence recognition, taken back\""
            ",Usage-Based,-0.120000,"));
    EXPECT_THAT(out,
                HasSubstr("2026-10-30T16:00:00Z,2026-10-31T16:00:00Z,Usage,Correction,Vehicle licence recognition,"));
    EXPECT_THAT(
        out, HasSubstr("2026-11-04T16:00:00Z,2026-11-05T16:00:00Z,Usage,,\"Vehicle licence recognition, taken back\""));
    EXPECT_THAT(out, HasSubstr("Adjustment,,Rounding to whole fen,One-Time,"));
    EXPECT_THAT(out, HasSubstr("Adjustment,,Raised to the monthly minimum,Recurring,"));
    EXPECT_THAT(out, HasSubstr("Purchase,,Prepaid pack of scans,One-Time,0.700001,"));
    EXPECT_THAT(out, HasSubstr("mer_1,'=Cafe,CNY,2026-10-31T16:00:00Z,2026-11-30T16:00:00Z,"));
    EXPECT_THAT(out, Not(HasSubstr("\"\"\r\n")));
}

TEST(TimeText, IsWhatTheSlowWayGives) {
    TimeText times;
    for (const std::string_view text :
         {"2026-11-05T01:00:00Z", "2026-11-05T15:59:59.999Z", "2026-11-05T16:00:00.010Z", "2027-01-01T00:00:00Z",
          "1970-01-01T00:00:00.100Z", "2026-11-05T23:59:59.001Z"}) {
        EXPECT_EQ(times.utc(utc(text)), rfc3339(utc(text)));
        EXPECT_EQ(times.date(utc(text)), beijingDate(utc(text)));
    }
}

}  // namespace
