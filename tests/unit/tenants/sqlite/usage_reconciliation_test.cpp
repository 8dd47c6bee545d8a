#include "tenants/billing/usage_reconciliation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tenants/billing/undecided_scans.h"
#include "tenants/sqlite/sqlite_books.h"
#include "tests/unit/tenants/sqlite/books_fixture.h"

namespace {

using namespace tenants;
using test_support::november;
using test_support::utc;
using namespace std::chrono_literals;

const UpstreamDayRange kNovember{november().starts(), november().ends(), std::nullopt};

/// Scans of November in a real store, whose clock stands at the first instant after it.
class UsageReconciliation : public test_support::BooksFixture {
protected:
    UsageReconciliation() {
        openBooks();
        addMerchant(*store_, "mer_a", 10'000);
        addMerchant(*store_, "mer_b", 10'000);
    }

    void leaveUnknown(const std::string& merchant, const std::string& request, std::string_view at) {
        hold(merchant, request, at);
        ASSERT_TRUE(runBlocking(
            store_->ledger().markUnknown(MerchantId{merchant}, RequestId{request}, "upstream_timeout", utc(at) + 9s)));
    }
    void settleWithoutALicence(const std::string& merchant, const std::string& request, std::string_view at) {
        hold(merchant, request, at);
        Settlement settled = settlement(merchant, request);
        settled.outcome = Outcome::kNotRecognised;
        settled.now = utc(at);
        ASSERT_TRUE(runBlocking(store_->ledger().settle(settled)));
    }
    void release(const std::string& merchant, const std::string& request, std::string_view at) {
        hold(merchant, request, at);
        ASSERT_TRUE(runBlocking(
            store_->ledger().release({MerchantId{merchant}, RequestId{request}, "upstream_busy", false, utc(at)})));
    }
    void hear(const std::string& merchant, std::int64_t used, std::string_view at, std::int64_t ours = 0) {
        ASSERT_TRUE(runBlocking(store_->upstreamDays().keepWord(
            MerchantId{merchant}, {.day_free = 100, .used = used, .ours = ours}, utc(at))));
    }
    void correct(const std::string& merchant, std::int64_t number, std::string_view now) {
        Correction correction;
        correction.merchant = MerchantId{merchant};
        correction.number = number;
        correction.reason = "the wrong picture";
        correction.now = utc(now);
        correction.note = {KeyId{"adm_1"}, "usage_entry.correct", correction.merchant, "", "r", "q", correction.now};
        ASSERT_TRUE(runBlocking(store_->ledger().correct(correction)));
    }

    /// From mer_1000 on, in as few commits as can be.
    void addMerchants(int count) {
        std::vector<Task<void>> tasks;
        for (int number = 0; number < count; ++number) {
            Merchant merchant;
            merchant.id = MerchantId{"mer_" + std::to_string(1000 + number)};
            merchant.name = "shop";
            merchant.day_limit = 100;
            merchant.created_at = clock_.now();
            merchant.component = test_support::kComponent;
            tasks.push_back(add(&store_->merchants(), std::move(merchant)));
        }
        runBlocking(concurrently(std::move(tasks)));
    }
    static Task<void> add(MerchantStore* merchants, Merchant merchant) {
        const auto added = co_await merchants->add(std::move(merchant));
        if (!added) throw std::runtime_error("a merchant was not added");
    }

    UsageReconciliationSource source() { return {store_->upstreamDays(), store_->ledgerScan(), store_->statements()}; }
    std::vector<ReconciledDay> reconciled(const UpstreamDayRange& range = kNovember) {
        return reconcileUsage(source(), range, std::nullopt, 500, clock_.now()).days;
    }
    ReconciledDay onlyDay() {
        const auto days = reconciled();
        if (days.size() != 1) throw std::runtime_error(std::to_string(days.size()) + " days");
        return days[0];
    }
};

TEST_F(UsageReconciliation, ADayHasTheLedgersNumbersAndWeChatsWordSideBySide) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_a", "r-2", "2026-11-05T02:00:00Z");
    scan("mer_a", "r-3", "2026-11-05T03:00:00Z");
    correct("mer_a", 1, "2026-11-05T04:00:00Z");
    settleWithoutALicence("mer_a", "r-4", "2026-11-05T05:00:00Z");
    leaveUnknown("mer_a", "r-5", "2026-11-05T06:00:00Z");
    release("mer_a", "r-6", "2026-11-05T07:00:00Z");
    hear("mer_a", 7, "2026-11-05T15:45:00Z");

    const ReconciledDay day = onlyDay();

    EXPECT_EQ(day.day.merchant, MerchantId{"mer_a"});
    EXPECT_EQ(day.day.span.starts, utc("2026-11-04T16:00:00Z"));
    EXPECT_EQ(day.ledger.charges, 3);
    EXPECT_EQ(day.ledger.corrections, 1);
    EXPECT_EQ(day.notRecognised(), 1);
    EXPECT_EQ(day.day.unknown, 1);
    EXPECT_EQ(day.day.released, 1);
    EXPECT_EQ(day.word, WordState::kLast);
    ASSERT_TRUE(day.day.word);
    EXPECT_EQ(*day.day.word, (UpstreamWord{{100, 7, 0}, utc("2026-11-05T15:45:00Z"), 4, 1, 1}));
    EXPECT_EQ(day.upstreamDifference(), 5);
    UpstreamCauses expected;
    expected.not_recognised = 1;
    expected.corrections = 1;
    expected.unknown_holds = 1;
    expected.used_elsewhere = 2;
    EXPECT_EQ(day.causes, expected);
    EXPECT_FALSE(day.statement) << "the month is open";
}

TEST_F(UsageReconciliation, WhatIsSettledAfterTheWordIsToldApart) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    hear("mer_a", 1, "2026-11-05T15:45:00Z", 1);
    scan("mer_a", "r-2", "2026-11-05T15:50:00Z");

    const ReconciledDay day = onlyDay();

    EXPECT_EQ(day.ledger.charges, 2);
    UpstreamCauses expected;
    expected.settled_later = -1;
    EXPECT_EQ(day.causes, expected);
}

TEST_F(UsageReconciliation, TheLastWordCounts) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    hear("mer_a", 9, "2026-11-05T15:30:00Z");
    hear("mer_a", 1, "2026-11-05T15:58:00Z");

    EXPECT_EQ(onlyDay().upstreamDifference(), 0);
    EXPECT_EQ(onlyDay().day.word->heard_at, utc("2026-11-05T15:58:00Z"));
}

TEST_F(UsageReconciliation, MissingAndStaleWordsSaySo) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_a", "r-2", "2026-11-06T01:00:00Z");
    hear("mer_a", 5, "2026-11-06T03:00:00Z");
    scan("mer_a", "r-3", "2026-12-01T01:00:00Z");

    const auto days = reconciled({november().starts(), utc("2026-12-02T00:00:00Z"), {}});

    ASSERT_EQ(days.size(), 3U);
    EXPECT_EQ(days[0].word, WordState::kMissing);
    EXPECT_FALSE(days[0].causes);
    EXPECT_EQ(days[1].word, WordState::kStale);
    EXPECT_EQ(days[2].word, WordState::kOpen);
    UsageReconciliationTotals totals;
    for (const ReconciledDay& day : days) totals.add(day);
    EXPECT_EQ(totals.missing, 1);
    EXPECT_EQ(totals.stale, 1);
    EXPECT_EQ(totals.open, 1);
    EXPECT_EQ(totals.charges, 3);
    EXPECT_EQ(totals.upstream_used, 0) << "what is not the day's word is in no sum";
    EXPECT_EQ(totals.causes, UpstreamCauses{});
}

TEST_F(UsageReconciliation, TotalsOfTheLedgerHaveEveryNumberThatItsDaysHave) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    hold("mer_a", "r-2", "2026-11-05T02:00:00Z");
    hold("mer_a", "r-3", "2026-11-06T02:00:00Z");
    hold("mer_a", "r-4", "2026-11-06T03:00:00Z");
    ASSERT_TRUE(runBlocking(
        store_->ledger().markUnknown(MerchantId{"mer_a"}, RequestId{"r-4"}, "x", utc("2026-11-06T03:00:01Z"))));

    const auto days = reconciled({november().starts(), november().ends(), {}});

    UsageReconciliationTotals totals;
    for (const ReconciledDay& day : days) totals.add(day);
    EXPECT_EQ(totals.held, 2);
    EXPECT_EQ(totals.unknown, 1);
    std::string text;
    appendJson(text, totals);
    EXPECT_THAT(text, testing::HasSubstr(
                          R"("ledger":{"charges":1,"not_recognised":0,"corrections":0,"waivers":0,"billed_units":1,)"
                          R"("unknown":1,"held":2,"released":0})"));
    EXPECT_EQ(UsageReconciliationTotals::parse(totals.text()), totals);
}

TEST_F(UsageReconciliation, AWordChangesNoLimitAndWithoutAWindowNothingIsKept) {
    UpstreamQuotaChange change;
    change.day_free = 50;
    ASSERT_TRUE(
        runBlocking(store_->merchants().update(*store_->merchants().find(MerchantId{"mer_a"}), clock_.now(), change)));
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    const auto before = store_->ledger().openWindows(MerchantId{"mer_a"}, utc("2026-11-05T02:00:00Z"));

    hear("mer_a", 40, "2026-11-05T15:45:00Z");
    hear("mer_b", 40, "2026-11-05T15:45:00Z");

    const auto after = store_->ledger().openWindows(MerchantId{"mer_a"}, utc("2026-11-05T02:00:00Z"));
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t at = 0; at < after.size(); ++at) {
        EXPECT_EQ(after[at].limit, before[at].limit);
        EXPECT_EQ(after[at].used_elsewhere, before[at].used_elsewhere);
    }
    EXPECT_EQ(store_->merchants().find(MerchantId{"mer_a"})->upstream_day_free, 50);
    EXPECT_EQ(reconciled().size(), 1U);
    EXPECT_EQ(runBlocking(store_->upstreamDays().keepWord(MerchantId{"mer_x"}, {}, clock_.now())).error().code,
              ErrorCode::kNotFound);
}

TEST_F(UsageReconciliation, WordThatAScanAskedForIsKeptToo) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    ASSERT_TRUE(runBlocking(store_->ledger().takeUpstreamQuota(
        MerchantId{"mer_a"}, {.day_free = 100, .used = 3, .ours = 1}, utc("2026-11-05T15:20:00Z"))));

    UpstreamCauses expected;
    expected.used_elsewhere = 2;
    EXPECT_EQ(onlyDay().causes, expected);
}

TEST_F(UsageReconciliation, WordIsStillThereAfterARestart) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    hear("mer_a", 4, "2026-11-05T15:45:00Z");
    store_.reset();
    store_ = openStore();
    EXPECT_EQ(onlyDay().upstreamDifference(), 3);
}

TEST_F(UsageReconciliation, StatementOfTheMonthStandsBesideIt) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_a", "r-2", "2026-11-05T02:00:00Z");
    scan("mer_a", "r-3", "2026-11-06T01:00:00Z");
    hold("mer_a", "late", "2026-11-06T02:00:00Z");
    closed("mer_a");
    settle("mer_a", "late", "2026-12-01T03:00:00Z");
    correct("mer_a", 1, "2026-12-01T04:00:00Z");

    const auto days = reconciled();

    ASSERT_EQ(days.size(), 2U);
    ASSERT_TRUE(days[0].statement && days[1].statement);
    EXPECT_EQ(days[0].statement->number, "st-2026-11-mer_a");
    EXPECT_EQ(days[0].statement->units, 2);
    EXPECT_EQ(days[0].ledger.billed(), 1);
    EXPECT_EQ(days[0].statement->causes, (StatementCauses{.late_corrections = 1}));
    EXPECT_EQ(days[1].statement->units, 1);
    EXPECT_EQ(days[1].ledger.billed(), 2);
    EXPECT_EQ(days[1].statement->causes, (StatementCauses{.late_entries = -1}));
    for (const ReconciledDay& day : days) {
        EXPECT_EQ(day.statement->causes.sum(), day.statement->units - day.ledger.billed());
        EXPECT_TRUE(day.statement->agrees);
    }
}

TEST_F(UsageReconciliation, StatementThatWasChangedDoesNotAgree) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    closed("mer_a");
    store_.reset();
    {
        SQLite::Database database{databasePath(), SQLite::OPEN_READWRITE};
        database.exec("DROP TRIGGER statement_line_unchanged");
        database.exec("UPDATE statement_line SET units = 2 WHERE kind = 'usage'");
    }
    store_ = openStore();

    ASSERT_TRUE(onlyDay().statement);
    EXPECT_FALSE(onlyDay().statement->agrees);
    UsageReconciliationTotals totals;
    totals.add(onlyDay());
    EXPECT_EQ(totals.disagreeing, 1);
}

TEST_F(UsageReconciliation, PagesTogetherAreTheWholeAndTotalsGoOnFromPageToPage) {
    for (const char* const at : {"2026-11-05T01:00:00Z", "2026-11-06T01:00:00Z", "2026-11-09T01:00:00Z"}) {
        scan("mer_a", std::string{"a-"} + at, at);
        scan("mer_b", std::string{"b-"} + at, at);
        hear("mer_b", 2, std::string{at}.replace(11, 2, "15"));
    }
    const auto whole = reconciled();
    ASSERT_EQ(whole.size(), 6U);
    UsageReconciliationTotals expected;
    for (const ReconciledDay& day : whole) expected.add(day);

    for (std::size_t size = 1; size <= 7; ++size) {
        std::vector<ReconciledDay> days;
        std::string totals = UsageReconciliationTotals{}.text();
        std::optional<UpstreamDayPlace> after;
        do {
            const auto page = reconcileUsage(source(), kNovember, after, size, clock_.now());
            EXPECT_LE(page.days.size(), size);
            auto so_far = *UsageReconciliationTotals::parse(totals);
            for (const ReconciledDay& day : page.days) {
                so_far.add(day);
                days.push_back(day);
            }
            totals = so_far.text();
            after = page.next;
        } while (after);
        ASSERT_EQ(days.size(), whole.size());
        for (std::size_t at = 0; at < days.size(); ++at) {
            EXPECT_EQ(days[at].day.merchant, whole[at].day.merchant);
            EXPECT_EQ(days[at].day.span.starts, whole[at].day.span.starts);
            EXPECT_EQ(days[at].causes, whole[at].causes);
        }
        EXPECT_EQ(*UsageReconciliationTotals::parse(totals), expected);
    }
}

TEST_F(UsageReconciliation, APageStopsAtAHundredMerchantsAndTheNextGoesOnThere) {
    addMerchants(130);
    std::vector<Scan> scans;
    for (int merchant = 0; merchant < 130; ++merchant) scans.push_back({"mer_" + std::to_string(1000 + merchant), "r"});
    scanAll(scans, "2026-11-05T01:00:00Z");

    const auto first = reconcileUsage(source(), kNovember, std::nullopt, 500, clock_.now());
    ASSERT_TRUE(first.next);
    const auto second = reconcileUsage(source(), kNovember, first.next, 500, clock_.now());

    EXPECT_EQ(first.days.size(), 100U);
    EXPECT_EQ(second.days.size(), 30U);
    EXPECT_FALSE(second.next);
    for (const ReconciledDay& day : second.days) EXPECT_EQ(day.ledger.charges, 1);
}

TEST_F(UsageReconciliation, OneMerchantAndOneDay) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_b", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_a", "r-2", "2026-11-05T16:00:00Z");
    EXPECT_EQ(reconciled({kNovember.first, kNovember.end, MerchantId{"mer_b"}}).size(), 1U);
    EXPECT_TRUE(reconciled({kNovember.first, kNovember.end, MerchantId{"mer_x"}}).empty());
    const auto day = beijingDayNamed("2026-11-06");
    ASSERT_TRUE(day);
    const auto days = reconciled({day->starts, day->ends, std::nullopt});
    ASSERT_EQ(days.size(), 1U);
    EXPECT_EQ(days[0].ledger.charges, 1);
}

TEST_F(UsageReconciliation, NamesOfDays) {
    EXPECT_EQ(beijingDayNamed("2026-11-28")->starts, utc("2026-11-27T16:00:00Z"));
    for (const char* const text : {"", "2026-11", "2026-11-31", "2026-13-01", "2026-11-2 ", "26-11-28", "2026-11-28Z",
                                   "2026/11/28", "2026-11-+8"}) {
        EXPECT_FALSE(beijingDayNamed(text)) << text;
    }
}

TEST_F(UsageReconciliation, TotalsAreReadOnlyFromTheirOwnText) {
    UsageReconciliationTotals totals;
    totals.causes.settled_later = -12;
    totals.days = 3;
    const std::string text = totals.text();
    EXPECT_EQ(UsageReconciliationTotals::parse(text), totals);
    for (const std::string& other : {std::string{}, text + " ", text + " 1", " " + text, text.substr(2), "x" + text}) {
        EXPECT_FALSE(UsageReconciliationTotals::parse(other)) << other;
    }
}

TEST_F(UsageReconciliation, WhoIsStillToBeHeardInTheLastHour) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_b", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_b", "r-2", "2026-11-05T02:00:00Z");
    const auto unheard = [&](std::string_view now, std::int64_t after = 0, std::size_t count = 20) {
        return *runBlocking(store_->upstreamDays().unheard(utc(now), 60min, after, count));
    };
    EXPECT_TRUE(unheard("2026-11-05T14:59:59Z").merchants.empty()) << "an hour and a second before the end";
    EXPECT_TRUE(unheard("2026-11-05T16:00:00Z").merchants.empty()) << "the day has turned";

    const auto both = unheard("2026-11-05T15:00:00Z");
    ASSERT_EQ(both.merchants.size(), 2U);
    EXPECT_EQ(both.merchants[0].used, 1);
    EXPECT_EQ(both.merchants[1].used, 2);
    EXPECT_FALSE(both.next);
    const auto first = unheard("2026-11-05T15:00:00Z", 0, 1);
    ASSERT_EQ(first.merchants.size(), 1U);
    ASSERT_TRUE(first.next);
    EXPECT_EQ(unheard("2026-11-05T15:00:00Z", *first.next, 1).merchants.at(0).merchant, MerchantId{"mer_b"});

    hear("mer_a", 1, "2026-11-05T14:30:00Z");
    EXPECT_EQ(unheard("2026-11-05T15:10:00Z").merchants.size(), 2U) << "an early word is not the last";
    hear("mer_a", 1, "2026-11-05T15:10:00Z");
    ASSERT_EQ(unheard("2026-11-05T15:20:00Z").merchants.size(), 1U);
    EXPECT_EQ(unheard("2026-11-05T15:20:00Z").merchants[0].merchant, MerchantId{"mer_b"});
}

TEST_F(UsageReconciliation, LongListsOfMerchantsAreLookedThroughInPortions) {
    addMerchants(510);
    scan("mer_1509", "r-1", "2026-11-05T01:00:00Z");
    const UtcTime now = utc("2026-11-05T15:30:00Z");

    const auto first = *runBlocking(store_->upstreamDays().unheard(now, 60min, 0, 20));
    ASSERT_TRUE(first.next);
    const auto second = *runBlocking(store_->upstreamDays().unheard(now, 60min, *first.next, 20));

    EXPECT_TRUE(first.merchants.empty());
    ASSERT_EQ(second.merchants.size(), 1U);
    EXPECT_EQ(second.merchants[0].merchant, MerchantId{"mer_1509"});
    EXPECT_FALSE(second.next);
}

TEST_F(UsageReconciliation, WaiversSayWhatWeChatCounted) {
    const auto reasonOf = [&](const std::string& merchant) {
        const auto entries = store_->ledger().entries(MerchantId{merchant}, std::nullopt, 1);
        return entries.at(0).kind == EntryKind::kWaiver ? entries[0].reason : std::string{"no waiver"};
    };
    for (const char* const merchant : {"mer_a", "mer_b"}) {
        scan(merchant, "r-1", "2026-11-05T01:00:00Z");
        leaveUnknown(merchant, "lost", "2026-11-05T02:00:00Z");
    }
    addMerchant(*store_, "mer_c");
    addMerchant(*store_, "mer_d");
    leaveUnknown("mer_c", "lost", "2026-11-05T02:00:00Z");
    leaveUnknown("mer_d", "lost-1", "2026-11-05T02:00:00Z");
    leaveUnknown("mer_d", "lost-2", "2026-11-05T03:00:00Z");
    hear("mer_a", 2, "2026-11-05T15:45:00Z", 1);
    hear("mer_b", 1, "2026-11-05T15:45:00Z", 1);
    hear("mer_d", 1, "2026-11-05T15:45:00Z");

    const auto waived = UndecidedScans{store_->statements(), store_->ledger(), clock_, std::chrono::hours{24}}.waive();

    ASSERT_TRUE(waived);
    EXPECT_EQ(*waived, 5);
    const std::string base = UndecidedScans::kReason;
    EXPECT_EQ(reasonOf("mer_a"), base +
                                     "; WeChat counted 2 of the day by 2026-11-05T15:45:00Z, we 1 and 1 without an "
                                     "answer: the answer was lost");
    EXPECT_EQ(reasonOf("mer_b"), base +
                                     "; WeChat counted 1 of the day by 2026-11-05T15:45:00Z, we 1 and 1 without an "
                                     "answer: none of those was counted");
    EXPECT_EQ(reasonOf("mer_c"), base) << "nothing was heard";
    EXPECT_EQ(reasonOf("mer_d"), base +
                                     "; WeChat counted 1 of the day by 2026-11-05T15:45:00Z, we 0 and 2 without an "
                                     "answer: not clear which");
    const auto audited = store_->audit().entries({MerchantId{"mer_a"}, "hold.waive"}, std::nullopt, 5);
    ASSERT_EQ(audited.size(), 1U);
    EXPECT_EQ(audited[0].note.reason, reasonOf("mer_a"));
    EXPECT_EQ(audited[0].note.actor, KeyId{"tollgate"});
    for (const ReconciledDay& day : reconciled()) {
        EXPECT_EQ(day.ledger.waivers, day.day.merchant == MerchantId{"mer_d"} ? 2 : 1);
        EXPECT_EQ(day.day.released, 0) << "a waived scan is not counted twice";
    }
    EXPECT_EQ(closed("mer_a").statement.waivers, 1);
}

TEST_F(UsageReconciliation, BooksThatAreOnlyReadSayTheSame) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    hear("mer_a", 3, "2026-11-05T15:45:00Z");
    std::string expected;
    appendJson(expected, onlyDay());

    const auto books = SqliteBooks::open(databasePath(), clock_);
    const auto page = reconcileUsage({books->upstreamDays(), books->ledgerScan(), books->statements()}, kNovember,
                                     std::nullopt, 10, clock_.now());

    ASSERT_EQ(page.days.size(), 1U);
    std::string text;
    appendJson(text, page.days[0]);
    EXPECT_EQ(text, expected);
    EXPECT_EQ(
        text,
        R"({"merchant":"mer_a","day":"2026-11-05","starts_at":"2026-11-04T16:00:00Z","ends_at":"2026-11-05T16:00:00Z",)"
        R"("ledger":{"charges":1,"not_recognised":0,"corrections":0,"waivers":0,"billed_units":1,"unknown":0,"held":0,)"
        R"("released":0},"upstream":{"state":"last_word","used":3,"daily_limit":100,"heard_at":"2026-11-05T15:45:00Z",)"
        R"("difference":2,"causes":{"not_recognised":0,"unknown_holds":0,"waivers":0,"corrections":0,"settled_later":0,)"
        R"("packs":0,"used_elsewhere":2,"tolerance":0,"unexplained":0}},"statement":null})");
}

}  // namespace
