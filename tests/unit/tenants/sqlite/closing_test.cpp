#include "tenants/billing/closing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "tenants/billing/undecided_scans.h"
#include "tenants/sqlite/sqlite_books.h"
#include "tests/unit/tenants/sqlite/books_fixture.h"

namespace {

using namespace std::chrono_literals;
using namespace tenants;
using test_support::graduated;
using test_support::november;
using test_support::utc;
using test_support::version;

class ClosingTest : public test_support::BooksFixture {
protected:
    ClosingTest() {
        openBooks();
        addMerchant(*store_, "mer_a", 10'000);
        addMerchant(*store_, "mer_b", 10'000);
    }

    void givePlan(const std::string& merchant, const PlanTerms& terms = graduated()) {
        const UtcTime at = november().starts();
        plans_.terms[version("std")] = terms;
        ASSERT_TRUE(runBlocking(store_->plans().addPlan(PlanId{"std"}, "Standard", terms, at)));
        ASSERT_TRUE(runBlocking(store_->plans().assign(MerchantId{merchant}, version("std"), std::nullopt, at)));
    }

    Correction correctionOf(const std::string& merchant, std::int64_t number) {
        Correction correction;
        correction.merchant = MerchantId{merchant};
        correction.number = number;
        correction.reason = "the picture was ours";
        correction.now = clock_.now();
        correction.note = {KeyId{"adm_1"},    "usage_entry.correct", correction.merchant,
                           "usage-entries/1", correction.reason,     "req_1",
                           correction.now};
        return correction;
    }

    static Task<void> correctOnce(UsageLedger* ledger, Correction correction) {
        const auto corrected = co_await ledger->correct(std::move(correction));
        EXPECT_TRUE(corrected);
    }

    void correct(const std::string& merchant, std::int64_t number) {
        ASSERT_TRUE(runBlocking(store_->ledger().correct(correctionOf(merchant, number)))) << number;
    }

    /// Of the merchant's newest entries, in the ledger's order.
    std::vector<Money> pricesOf(const std::string& merchant, std::size_t count) {
        std::vector<Money> prices;
        for (const UsageEntry& entry : store_->ledger().entries(MerchantId{merchant}, std::nullopt, count)) {
            prices.insert(prices.begin(), entry.price.value_or(Money{-1}));
        }
        return prices;
    }
};

TEST_F(ClosingTest, FreezesWhatTheLedgerSaysAndTheSignatureHolds) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_b", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_a", "r-2", "2026-11-30T15:59:59Z");

    const SignedStatement statement = closed("mer_a");

    EXPECT_EQ(statement.statement.charges, 2);
    EXPECT_EQ(statement.statement.last_number, 2);
    EXPECT_EQ(statement.statement.chain_hash,
              store_->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 1).at(0).hash);
    EXPECT_EQ(statement.statement.merchant_name, "shop");
    EXPECT_EQ(statement.statement.issuer, "Provider Ltd");
    const auto stored = store_->statements().find(MerchantId{"mer_a"}, november());
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->statement, statement.statement);
    EXPECT_TRUE(isSignedBy(stored->key, canonicalText(stored->statement), stored->signature));
    EXPECT_EQ(store_->statements().keys(), std::vector{signer_.publicKey()});
    EXPECT_FALSE(store_->statements().find(MerchantId{"mer_b"}, november()));
}

TEST_F(ClosingTest, RepeatedGivesTheSameStatement) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    const SignedStatement first = closed("mer_a");
    clock_.advance(60'000ms);
    scan("mer_a", "r-2", "2026-12-02T01:00:00Z");

    const SignedStatement again = closed("mer_a");

    EXPECT_EQ(again.statement, first.statement);
    EXPECT_EQ(again.signature, first.signature);
}

TEST_F(ClosingTest, CorrectionOfAClosedMonthCarriesItsPriceWhereNoPlanPricedTheScanToo) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    (void)closed("mer_a");
    correct("mer_a", 1);

    const UsageEntry entry = store_->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 1).at(0);
    EXPECT_EQ(entry.price, Money{0});
    EXPECT_EQ(entry.period, november().next());
    EXPECT_TRUE(correctsClosedPeriod(entry));
}

TEST_F(ClosingTest, CorrectionsBeforeAndAfterTheClosingTakeTheCountDownUnitByUnit) {
    givePlan("mer_a");
    for (int scanned = 1; scanned <= 6; ++scanned) {
        scan("mer_a", "r-" + std::to_string(scanned), "2026-11-05T01:00:00Z");
    }
    correct("mer_a", 1);  // entry 7
    ASSERT_EQ(closed("mer_a").statement.payable(), Money{270'000}) << "2 at 0.12, 1 at 0.033333, in whole fen";

    for (const std::int64_t number : {6, 2, 5, 3, 4}) correct("mer_a", number);

    EXPECT_EQ(pricesOf("mer_a", 5), (std::vector<Money>{Money{33'333}, Money{120'000}, Money{120'000}, {}, {}}));
    clock_.jumpWall(std::chrono::hours{24 * 31});
    const Statement second = closed("mer_a", november().next()).statement;
    EXPECT_EQ(second.corrections, 5);
    EXPECT_EQ(second.payable(), Money{-270'000}) << "all of it was taken back";
}

TEST_F(ClosingTest, CorrectionsInSeveralLaterMonthsAreCountedTogether) {
    givePlan("mer_a");
    for (int scanned = 1; scanned <= 5; ++scanned) {
        scan("mer_a", "r-" + std::to_string(scanned), "2026-11-05T01:00:00Z");
    }
    (void)closed("mer_a");
    correct("mer_a", 5);
    scan("mer_a", "r-6", "2026-12-05T01:00:00Z");  // of another month: not counted
    scan("mer_a", "r-7", "2026-12-05T01:00:00Z");
    scan("mer_a", "r-8", "2026-12-05T01:00:00Z");
    correct("mer_a", 7);
    clock_.jumpWall(std::chrono::hours{24 * 31});
    (void)closed("mer_a", november().next());
    correct("mer_a", 8);  // of December, which had two left: included ones
    correct("mer_a", 4);
    correct("mer_a", 3);

    EXPECT_EQ(pricesOf("mer_a", 3), (std::vector<Money>{{}, Money{120'000}, Money{120'000}}));
}

TEST_F(ClosingTest, CorrectionsAtOnceNeverGiveTheSameUnitBackTwice) {
    givePlan("mer_a");
    for (int scanned = 1; scanned <= 5; ++scanned) {
        scan("mer_a", "r-" + std::to_string(scanned), "2026-11-05T01:00:00Z");
    }
    (void)closed("mer_a");
    std::vector<Task<void>> corrections;
    for (std::int64_t number = 1; number <= 5; ++number) {
        corrections.push_back(correctOnce(&store_->ledger(), correctionOf("mer_a", number)));
    }

    runBlocking(concurrently(std::move(corrections)));

    EXPECT_EQ(pricesOf("mer_a", 5), (std::vector<Money>{Money{33'333}, Money{120'000}, Money{120'000}, {}, {}}));
}

TEST_F(ClosingTest, MonthThatCostItsMinimumGivesNothingBack) {
    PlanTerms terms = graduated();
    terms.monthly_minimum = Money{200'000};
    givePlan("mer_a", terms);
    for (int scanned = 1; scanned <= 4; ++scanned) {
        scan("mer_a", "r-" + std::to_string(scanned), "2026-11-05T01:00:00Z");
    }
    ASSERT_EQ(closed("mer_a").statement.payable(), Money{240'000});

    for (const std::int64_t number : {1, 2, 3}) correct("mer_a", number);

    EXPECT_EQ(pricesOf("mer_a", 3), (std::vector<Money>{Money{40'000}, {}, {}}));
}

TEST_F(ClosingTest, PeriodThatRunsCannotBeClosed) {
    clock_.jumpWall(-1ms);

    const auto one = closing().closeOne(MerchantId{"mer_a"}, november());
    ClosingProgress progress;
    const auto all = closing().closeAll(november(), progress);

    ASSERT_FALSE(one);
    EXPECT_EQ(one.error().code, ErrorCode::kConflict);
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().code, ErrorCode::kConflict);
    EXPECT_FALSE(store_->statements().closing(november()));
}

TEST_F(ClosingTest, MonthsAreClosedInOrderAndNoneBeforeTheMerchantWasThere) {
    clock_.jumpWall(std::chrono::hours{24 * 31});

    const auto december = closing().closeOne(MerchantId{"mer_a"}, november().next());
    const auto october = closing().closeOne(MerchantId{"mer_a"}, november().previous());
    const auto nobody = closing().closeOne(MerchantId{"mer_x"}, november());

    ASSERT_FALSE(december);
    EXPECT_EQ(december.error().code, ErrorCode::kConflict);
    EXPECT_NE(december.error().for_caller.find("2026-11"), std::string::npos);
    ASSERT_FALSE(october);
    EXPECT_EQ(october.error().code, ErrorCode::kNotFound);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
    closed("mer_a");
    EXPECT_EQ(closed("mer_a", november().next()).statement.charges, 0);
}

TEST_F(ClosingTest, ScanByAClockBehindTheMerchantsMakingIsOnItsFirstStatement) {
    scan("mer_a", "r-1", "2026-10-31T15:59:59Z");  // it was made in November

    const Statement first = closed("mer_a").statement;

    EXPECT_EQ(first.charges, 1);
    ASSERT_EQ(first.late.size(), 1U);
    EXPECT_EQ(first.late[0].day_starts, utc("2026-10-30T16:00:00Z"));
}

TEST_F(ClosingTest, EntryThatCameLateIsBilledInTheNextPeriodAndNamed) {
    hold("mer_a", "r-1", "2026-11-30T15:59:59Z");
    const SignedStatement first = closed("mer_a");
    settle("mer_a", "r-1", "2026-11-30T16:00:04Z");
    scan("mer_a", "r-2", "2026-12-01T01:00:00Z");
    clock_.jumpWall(std::chrono::hours{24 * 31});

    const SignedStatement second = closed("mer_a", november().next());

    EXPECT_EQ(first.statement.charges, 0);
    EXPECT_EQ(first.statement.holds.pending, 1);
    ASSERT_EQ(first.statement.holds.named.size(), 1U);
    EXPECT_EQ(first.statement.holds.named[0],
              (PendingHold{RequestId{"r-1"}, HoldState::kHeld, utc("2026-11-30T15:59:59Z")}));
    EXPECT_EQ(second.statement.charges, 2);
    ASSERT_EQ(second.statement.late.size(), 1U);
    EXPECT_EQ(second.statement.late[0], (LateDay{utc("2026-11-29T16:00:00Z"), 1, 1, 1, 1}));
}

TEST_F(ClosingTest, EntriesOfTheNextMonthThatCameEarlierStayInTheirs) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    hold("mer_a", "r-2", "2026-11-30T15:59:59Z");
    scan("mer_a", "r-3", "2026-11-30T16:00:00Z");
    settle("mer_a", "r-2", "2026-11-30T16:00:01Z");
    clock_.jumpWall(std::chrono::hours{24 * 31});

    const SignedStatement first = closed("mer_a");
    const SignedStatement second = closed("mer_a", november().next());

    EXPECT_EQ(first.statement.charges, 2);
    EXPECT_EQ(first.statement.first_number, 1);
    EXPECT_EQ(first.statement.last_number, 3);
    EXPECT_EQ(second.statement.charges, 1);
    EXPECT_EQ(second.statement.first_number, 2);
    EXPECT_TRUE(second.statement.late.empty());
}

TEST_F(ClosingTest, UnknownAndReleasedHoldsOfThePeriodAreCounted) {
    hold("mer_a", "r-1", "2026-11-05T01:00:00Z");
    hold("mer_a", "r-2", "2026-11-06T01:00:00Z");
    hold("mer_a", "r-3", "2026-12-01T01:00:00Z");
    ASSERT_TRUE(runBlocking(store_->ledger().markUnknown(MerchantId{"mer_a"}, RequestId{"r-1"}, "upstream_timeout",
                                                         utc("2026-11-05T01:00:09Z"))));
    ASSERT_TRUE(runBlocking(store_->ledger().release(
        {MerchantId{"mer_a"}, RequestId{"r-2"}, "upstream_busy", false, utc("2026-11-06T01:00:09Z")})));

    const HoldTally holds = closed("mer_a").statement.holds;

    EXPECT_EQ(holds.released, 1);
    EXPECT_EQ(holds.pending, 1);
    ASSERT_EQ(holds.named.size(), 1U);
    EXPECT_EQ(holds.named[0].state, HoldState::kUnknown);
}

TEST_F(ClosingTest, ScanThatNobodyDecidedIsWaivedWhenItsTimeIsOverAndSaysSo) {
    clock_.jumpWall(utc("2026-11-07T16:00:00Z") - clock_.now());  // the seventh has just ended in Beijing
    for (const auto& [request, at] :
         {std::pair{"r-old", "2026-11-06T15:59:59Z"}, std::pair{"r-new", "2026-11-06T16:00:00Z"}}) {
        hold("mer_a", request, at);
        ASSERT_TRUE(runBlocking(store_->ledger().markUnknown(MerchantId{"mer_a"}, RequestId{request},
                                                             "upstream_timeout", utc(at) + 9'000ms)));
    }
    UndecidedScans undecided{store_->statements(), store_->ledger(), clock_, std::chrono::hours{24}};

    const auto waived = undecided.waive();
    const auto again = undecided.waive();

    ASSERT_TRUE(waived);
    EXPECT_EQ(*waived, 1);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, 0);
    const auto entries = store_->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 10);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].kind, EntryKind::kWaiver);
    EXPECT_EQ(entries[0].request, RequestId{"r-old"});
    EXPECT_EQ(entries[0].reason, UndecidedScans::kReason);
    const auto unknown = store_->ledger().holds(MerchantId{"mer_a"}, HoldState::kUnknown, std::nullopt, 10);
    ASSERT_EQ(unknown.size(), 1U);
    EXPECT_EQ(unknown[0].request, RequestId{"r-new"});
}

TEST_F(ClosingTest, AllMerchantsGetTheStatementThatEachWouldGetAlone) {
    for (int index = 0; index < 40; ++index) addMerchant(*store_, "mer_" + std::to_string(100 + index), 10'000);
    std::vector<Scan> scans;
    for (int request = 0; request < 300; ++request) {
        scans.push_back({"mer_" + std::to_string(100 + request % 40), "r-" + std::to_string(request)});
    }
    scanAll(scans, "2026-11-05T01:00:00Z");
    const SignedStatement alone = closed("mer_107");
    ClosingProgress progress;

    const auto report = closing().closeAll(november(), progress);

    ASSERT_TRUE(report);
    EXPECT_EQ(report->closed, 41);  // one had its own before
    EXPECT_TRUE(report->earlier_open.empty());
    EXPECT_EQ(progress.merchants_closed, 41);
    EXPECT_EQ(progress.entries_read, progress.entries_total);
    EXPECT_EQ(store_->statements().find(MerchantId{"mer_107"}, november())->statement, alone.statement);
    std::int64_t charges = 0;
    for (const SignedStatement& one : store_->statements().ofPeriod(november(), std::nullopt, 100)) {
        EXPECT_TRUE(isSignedBy(one.key, canonicalText(one.statement), one.signature));
        charges += one.statement.charges;
    }
    EXPECT_EQ(charges, 300);
    ASSERT_TRUE(store_->statements().closing(november()));
    EXPECT_TRUE(store_->statements().closing(november())->finished_at);
    EXPECT_TRUE(store_->statements().unfinishedClosings().empty());
}

TEST_F(ClosingTest, OneMerchantIsReadAlongItsOwnEntriesWhateverTheirNumber) {
    std::vector<Scan> scans;
    for (int request = 0; request < 64 * 9 + 5; ++request) {
        scans.push_back({"mer_a", "r-" + std::to_string(request)});
        if (request % 7 == 0) scans.push_back({"mer_b", "r-" + std::to_string(request)});
    }
    scanAll(scans, "2026-11-05T01:00:00Z");
    std::vector<std::int64_t> numbers;
    const auto cursor = store_->ledgerScan().open({november(), november(), MerchantId{"mer_a"}, EntryDetail::kAll});
    std::vector<UsageEntry> batch;

    while (cursor->next(batch)) {
        for (const UsageEntry& entry : batch) numbers.push_back(entry.number);
    }

    ASSERT_EQ(numbers.size(), 64U * 9 + 5);
    EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
    EXPECT_EQ(numbers.front(), 1);
    EXPECT_EQ(numbers.back(), 64 * 9 + 5);
    EXPECT_EQ(closed("mer_a").statement.charges, 64 * 9 + 5);
}

/// Lets something happen between the sum and the moment at which it is frozen.
class Interrupted final : public StatementStore {
public:
    Interrupted(StatementStore& store, std::function<void()> once) : store_(store), once_(std::move(once)) {}

    std::optional<SignedStatement> find(const MerchantId& merchant, Period period) const override {
        return store_.find(merchant, period);
    }
    std::vector<SignedStatement> list(const MerchantId& merchant, std::optional<Period> before,
                                      std::size_t count) const override {
        return store_.list(merchant, before, count);
    }
    std::vector<SignedStatement> ofPeriod(Period period, const std::optional<MerchantId>& after,
                                          std::size_t count) const override {
        return store_.ofPeriod(period, after, count);
    }
    std::vector<StatementPublicKey> keys() const override { return store_.keys(); }
    std::vector<OpenAccount> openAccounts(Period period, const std::optional<MerchantId>& only) const override {
        return store_.openAccounts(period, only);
    }
    std::map<MerchantId, HoldTally> holds(Period period, const std::optional<MerchantId>& only) const override {
        return store_.holds(period, only);
    }
    std::map<MerchantId, std::vector<SoldPack>> unbilledPacks(Period period,
                                                              const std::optional<MerchantId>& only) const override {
        return store_.unbilledPacks(period, only);
    }
    std::map<MerchantId, MonthlyMinimum> minimums(Period period, const std::optional<MerchantId>& only) const override {
        return store_.minimums(period, only);
    }
    Task<Result<CloseOutcome>> close(ClosedSum sum, std::optional<AuditNote> note) override {
        if (const auto once = std::exchange(once_, nullptr)) once();
        auto outcome = co_await store_.close(std::move(sum), std::move(note));
        co_return outcome;
    }
    Task<Result<Done>> beginClosing(Period period, UtcTime now, AuditNote note) override {
        return store_.beginClosing(period, now, std::move(note));
    }
    Task<Result<Done>> endClosing(Period period, UtcTime now, AuditNote note) override {
        return store_.endClosing(period, now, std::move(note));
    }
    std::vector<UndecidedScan> undecided(UtcTime before, std::size_t count) const override {
        return store_.undecided(before, count);
    }
    std::optional<Closing> closing(Period period) const override { return store_.closing(period); }
    std::vector<Closing> unfinishedClosings() const override { return store_.unfinishedClosings(); }

private:
    StatementStore& store_;
    std::function<void()> once_;
};

TEST_F(ClosingTest, EntryOfThePeriodThatComesWhileItIsSummedIsOnTheStatement) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    scan("mer_b", "r-1", "2026-11-05T01:00:00Z");
    Interrupted store{store_->statements(), [this] { scan("mer_a", "r-2", "2026-11-30T15:59:59Z"); }};
    ClosingProgress progress;

    const auto report = closing(&store).closeAll(november(), progress);

    ASSERT_TRUE(report);
    EXPECT_EQ(report->closed, 2);
    EXPECT_EQ(store_->statements().find(MerchantId{"mer_a"}, november())->statement.charges, 2);
}

TEST_F(ClosingTest, EntriesOfTheNextPeriodDoNotHoldItUp) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    int sums = 0;
    Interrupted store{store_->statements(), [&] {
                          ++sums;
                          scan("mer_a", "r-2", "2026-12-01T01:00:00Z");
                      }};

    const auto statement = closing(&store).closeOne(MerchantId{"mer_a"}, november());

    ASSERT_TRUE(statement);
    EXPECT_EQ(statement->statement.charges, 1);
    EXPECT_EQ(sums, 1);
}

TEST_F(ClosingTest, StoppedHalfwayGoesOnWhereItWasAfterARestart) {
    std::vector<Scan> scans;
    for (int index = 0; index < 70; ++index) {
        const std::string merchant = "mer_" + std::to_string(100 + index);
        addMerchant(*store_, merchant);
        scans.push_back({merchant, "r"});
    }
    scanAll(scans, "2026-11-05T01:00:00Z");
    ClosingProgress progress;
    Interrupted store{store_->statements(), [&] { progress.stop = true; }};  // after the first statement
    const auto stopped = closing(&store).closeAll(november(), progress);
    ASSERT_TRUE(stopped);
    EXPECT_TRUE(stopped->stopped);
    const auto frozen = store_->statements().ofPeriod(november(), std::nullopt, 100);
    EXPECT_EQ(frozen.size(), 1U);
    store_.reset();
    store_ = openStore();
    ASSERT_EQ(store_->statements().unfinishedClosings().size(), 1U);
    ClosingProgress again;

    const auto report = closing().closeAll(november(), again);

    ASSERT_TRUE(report);
    EXPECT_EQ(report->closed, 71);
    const auto all = store_->statements().ofPeriod(november(), std::nullopt, 100);
    EXPECT_EQ(all.size(), 72U);
    for (const SignedStatement& one : frozen) {
        EXPECT_EQ(store_->statements().find(one.statement.merchant, november())->signature, one.signature);
    }
}

TEST_F(ClosingTest, StatementsAreNeverChangedOrRemovedAndAChangeByForceShows) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    closed("mer_a");
    store_.reset();
    SQLite::Database database{databasePath().string(), SQLite::OPEN_READWRITE};
    for (const char* sql : {"UPDATE statement SET charges = 5", "DELETE FROM statement",
                            "UPDATE statement_line SET units = 5, amount_micro_yuan = 5 * unit_price_micro_yuan",
                            "DELETE FROM statement_line", "DELETE FROM statement_key"}) {
        EXPECT_THROW(database.exec(sql), SQLite::Exception) << sql;
    }
    database.exec("DROP TRIGGER statement_line_unchanged");
    database.exec("UPDATE statement_line SET units = 0, amount_micro_yuan = 0");

    const auto books = SqliteBooks::open(databasePath(), clock_);
    const auto shown = books->statements().find(MerchantId{"mer_a"}, november());
    ASSERT_TRUE(shown);
    EXPECT_FALSE(isSignedBy(shown->key, canonicalText(shown->statement), shown->signature));
}

TEST_F(ClosingTest, BooksCanBeReadWhileTheStoreIsOpen) {
    scan("mer_a", "r-1", "2026-11-05T01:00:00Z");
    const SignedStatement statement = closed("mer_a");

    const auto books = SqliteBooks::open(databasePath(), clock_);

    EXPECT_EQ(books->statements().find(MerchantId{"mer_a"}, november())->statement, statement.statement);
    EXPECT_EQ(books->merchantNames().size(), 2U);
    scan("mer_a", "r-2", "2026-12-01T01:00:00Z");  // and the store can still be written
}

}  // namespace
