#pragma once

#include "tests/support/contract/plan_fixture.h"

/// Corrections and decisions about unknown scans, as UsageLedger promises them.
namespace test_support {

class LedgerDecisionsContract : public PlanContract {
protected:
    static AuditNote note(const std::string& action) {
        AuditNote note;
        note.actor = KeyId{"adm_1"};
        note.action = action;
        note.merchant = MerchantId{"mer_a"};
        note.target = "a target";
        note.reason = "a reason";
        note.request_id = "req_1";
        note.at = UtcTime{std::chrono::milliseconds{77}};
        return note;
    }
    Correction correction(std::int64_t number, const std::string& reason = "scanned twice") const {
        return {kMerchant, number, reason, kNoon + std::chrono::hours{1}, note("usage_entry.correct")};
    }
    Decision decision(const std::string& request, bool billed, const std::string& reason = "WeChat counted it") const {
        return {kMerchant, RequestId{request}, billed, reason, kNoon + std::chrono::hours{1}, note("hold.decide")};
    }
    Result<Receipt> correct(Correction correction) { return runBlocking(ledger().correct(std::move(correction))); }
    Result<Receipt> decide(Decision decision) { return runBlocking(ledger().decide(std::move(decision))); }
    ErrorCode refusal(const Result<Receipt>& result) {
        if (result) ADD_FAILURE() << "it was done";
        return result ? ErrorCode::kInvalidInput : result.error().code;
    }
    void charge(const std::string& request) {
        ASSERT_TRUE(reserved(reservation(request)));
        ASSERT_TRUE(settle(settlement(request)).charge);
    }
    void leaveUnknown(const std::string& request) {
        ASSERT_TRUE(reserved(reservation(request)));
        markUnknown(request);
    }
    /// Of corrections and decisions, without those of what was made for the test.
    std::vector<AuditEntry> deeds() {
        std::vector<AuditEntry> all = stores_->audit().entries({}, std::nullopt, 100);
        std::erase_if(all, [](const AuditEntry& entry) { return entry.note.actor != KeyId{"adm_1"}; });
        return all;
    }
    std::size_t auditLines() { return deeds().size(); }
    /// Newest first, as they come.
    void expectChained() {
        const std::vector<UsageEntry> all = entries();
        for (std::size_t at = 0; at < all.size(); ++at) {
            const ChainHash before = at + 1 < all.size() ? all[at + 1].hash : ChainHash{};
            EXPECT_EQ(all[at].hash, chainHash(before, all[at])) << all[at].number;
        }
    }
};

TEST_P(LedgerDecisionsContract, CorrectionIsANewEntryThatNamesTheOldAndGivesTheUnitBack) {
    charge("r-1");
    charge("r-2");

    const auto corrected = correct(correction(1));

    ASSERT_TRUE(corrected);
    EXPECT_EQ(corrected->number, 3);
    ASSERT_EQ(entries().size(), 3U);
    const UsageEntry entry = entries()[0];
    EXPECT_EQ(receiptOf(entry), *corrected);
    EXPECT_EQ(entry.kind, EntryKind::kCorrection);
    EXPECT_EQ(entry.units, -1);
    EXPECT_EQ(entry.corrects, 1);
    EXPECT_EQ(entry.reason, "scanned twice");
    EXPECT_EQ(entry.request, RequestId{"r-1"});
    EXPECT_EQ(entry.key, KeyId{"key_1"});
    EXPECT_EQ(entry.at, kNoon) << "the day of the scan";
    EXPECT_EQ(entry.recorded_at, kNoon + std::chrono::hours{1});
    EXPECT_EQ(entry.period.text(), "2026-11");
    EXPECT_FALSE(entry.price);
    EXPECT_EQ(entries()[2].kind, EntryKind::kCharge) << "the charge stays as it is";
    expectChained();
    EXPECT_EQ(day().used, 1);
    EXPECT_EQ(upstreamDay().used, 2) << "WeChat did the work";
}

TEST_P(LedgerDecisionsContract, CorrectionCarriesThePlanAndThePackOfItsChargeAndFillsThePackAgain) {
    assign(plan("std", terms()));
    grant(newPack("pack_1", 1));
    charge("r-1");
    ASSERT_EQ(pack("pack_1").used, 1);

    ASSERT_TRUE(correct(correction(1)));

    EXPECT_EQ(entries()[0].plan_version, (PlanVersionId{PlanId{"std"}, 1}));
    EXPECT_EQ(entries()[0].pack, PackId{"pack_1"});
    EXPECT_EQ(pack("pack_1").used, 0);
    EXPECT_EQ(month().used, 0);
    charge("r-2");
    EXPECT_EQ(entries()[0].pack, PackId{"pack_1"}) << "the unit that came back is there to be used";
}

TEST_P(LedgerDecisionsContract, UnitOfAPackThatExpiredStaysUsed) {
    assign(plan("std", terms()));
    grant(newPack("pack_1", 5, std::chrono::hours{2}));
    charge("r-1");
    Correction late = correction(1);
    late.now = kNoon + std::chrono::hours{2};

    ASSERT_TRUE(correct(late));

    EXPECT_EQ(pack("pack_1").used, 1);
    EXPECT_EQ(day().used, 0);
}

TEST_P(LedgerDecisionsContract, PackThatAnOperatorEndsEndsAfterWhatWasGivenBackToIt) {
    const std::chrono::milliseconds instant{1};
    for (const char* id : {"pack_1", "pack_2", "pack_3"}) grant(newPack(id, 1));
    for (const char* request : {"r-1", "r-2", "r-3"}) charge(request);
    const auto ended = [this](const std::string& id, UtcTime now) {
        return runBlocking(plans().expirePack(kMerchant, PackId{id}, now))->expires_at;
    };
    const UtcTime corrected = correction(1).now;
    ASSERT_TRUE(correct(correction(1)));
    ASSERT_TRUE(correct(correction(2)));

    EXPECT_EQ(ended("pack_1", corrected), corrected + instant) << "both at one instant";
    EXPECT_EQ(ended("pack_2", corrected - std::chrono::seconds{1}), corrected + instant) << "the clock went back";
    EXPECT_EQ(ended("pack_3", corrected), corrected) << "nothing was given back to it";
    ASSERT_TRUE(correct(correction(3)));

    EXPECT_EQ(pack("pack_1").used, 0);
    EXPECT_EQ(pack("pack_2").used, 0);
    EXPECT_EQ(pack("pack_3").used, 1);
}

TEST_P(LedgerDecisionsContract, DecisionsEndTheHoldOfAPackToo) {
    grant(newPack("pack_1", 5));
    leaveUnknown("r-1");
    leaveUnknown("r-2");
    ASSERT_EQ(pack("pack_1").held, 2);

    ASSERT_TRUE(decide(decision("r-1", true)));
    ASSERT_TRUE(decide(decision("r-2", false)));

    EXPECT_EQ(pack("pack_1").held, 0);
    EXPECT_EQ(pack("pack_1").used, 1);
    EXPECT_EQ(month().unknown, 0);
    EXPECT_EQ(month().used, 1);
}

TEST_P(LedgerDecisionsContract, WindowThatTurnedKeepsWhatIsCorrectedLater) {
    charge("r-1");
    Correction late = correction(1);
    late.now = kNoon + kDay;

    ASSERT_TRUE(correct(late));

    EXPECT_EQ(window(kDayPolicy, kNoon).used, 1);
}

TEST_P(LedgerDecisionsContract, SameCorrectionTwiceIsMadeOnce) {
    charge("r-1");
    const auto first = correct(correction(1));

    const auto again = correct(correction(1));

    ASSERT_TRUE(first && again);
    EXPECT_EQ(*again, *first);
    EXPECT_EQ(refusal(correct(correction(1, "another reason"))), ErrorCode::kConflict);
    EXPECT_EQ(entries().size(), 2U);
    EXPECT_EQ(day().used, 0);
    EXPECT_EQ(auditLines(), 1U);
}

TEST_P(LedgerDecisionsContract, OnlyAChargeOfTheMerchantsCanBeCorrected) {
    charge("r-1");
    leaveUnknown("r-2");
    ASSERT_TRUE(correct(correction(1)));
    ASSERT_TRUE(decide(decision("r-2", false)));

    EXPECT_EQ(refusal(correct(correction(2))), ErrorCode::kConflict) << "a correction";
    EXPECT_EQ(refusal(correct(correction(3))), ErrorCode::kConflict) << "a waiver";
    for (const std::int64_t number : {0, -1, 4, 1'000'000}) {
        EXPECT_EQ(refusal(correct(correction(number))), ErrorCode::kNotFound) << number;
    }
    Correction foreign = correction(1);
    foreign.merchant = kOther;
    EXPECT_EQ(refusal(correct(foreign)), ErrorCode::kNotFound);
    foreign.merchant = MerchantId{"mer_none"};
    EXPECT_EQ(refusal(correct(foreign)), ErrorCode::kNotFound);
    for (const std::string& reason : {std::string{}, std::string(501, 'x')}) {
        EXPECT_EQ(refusal(correct(correction(1, reason))), ErrorCode::kInvalidInput);
    }
    EXPECT_EQ(auditLines(), 2U);
}

TEST_P(LedgerDecisionsContract, EntryFarBackIsFoundAndCorrected) {
    setDayLimit(kMerchant, 1000);
    for (int number = 1; number <= 200; ++number) charge("r-" + std::to_string(number));

    for (const std::int64_t number : {1, 63, 64, 65, 128, 200}) {
        ASSERT_TRUE(correct(correction(number)));
        EXPECT_EQ(entries()[0].corrects, number);
        EXPECT_EQ(entries()[0].request, RequestId{"r-" + std::to_string(number)});
    }
    expectChained();
}

TEST_P(LedgerDecisionsContract, UnknownScanThatIsBilledBecomesAChargeWithItsReason) {
    leaveUnknown("r-1");

    const auto decided = decide(decision("r-1", true));

    ASSERT_TRUE(decided);
    ASSERT_EQ(entries().size(), 1U);
    const UsageEntry entry = entries()[0];
    EXPECT_EQ(receiptOf(entry), *decided);
    EXPECT_EQ(entry.kind, EntryKind::kCharge);
    EXPECT_EQ(entry.units, 1);
    EXPECT_EQ(entry.reason, "WeChat counted it");
    EXPECT_EQ(entry.at, kNoon);
    EXPECT_EQ(entry.recorded_at, kNoon + std::chrono::hours{1});
    EXPECT_EQ(holds()[0].state, HoldState::kSettled);
    for (const WindowView& window : {day(), upstreamDay()}) {
        EXPECT_EQ(window.used, 1) << window.policy;
        EXPECT_EQ(window.held, 0) << window.policy;
        EXPECT_EQ(window.unknown, 0) << window.policy;
    }
    expectChained();
    EXPECT_EQ(*decide(decision("r-1", true)), *decided);
    EXPECT_EQ(refusal(decide(decision("r-1", false))), ErrorCode::kConflict);
    EXPECT_EQ(refusal(decide(decision("r-1", true, "another reason"))), ErrorCode::kConflict);
    EXPECT_EQ(entries().size(), 1U);
    EXPECT_EQ(auditLines(), 1U);
    ASSERT_TRUE(correct(correction(1))) << "it is a charge like any other";
    EXPECT_EQ(day().used, 0);
}

TEST_P(LedgerDecisionsContract, UnknownScanThatIsNotBilledLeavesAWaiverAndGivesItsUnitBack) {
    leaveUnknown("r-1");

    const auto decided = decide(decision("r-1", false));

    ASSERT_TRUE(decided);
    ASSERT_EQ(entries().size(), 1U);
    const UsageEntry entry = entries()[0];
    EXPECT_EQ(receiptOf(entry), *decided);
    EXPECT_EQ(entry.kind, EntryKind::kWaiver);
    EXPECT_EQ(entry.units, 0);
    EXPECT_EQ(entry.reason, "WeChat counted it");
    EXPECT_EQ(entry.request, RequestId{"r-1"});
    EXPECT_EQ(holds()[0].state, HoldState::kReleased);
    EXPECT_EQ(holds()[0].reason, "waived");
    for (const WindowView& window : {day(), upstreamDay()}) {
        EXPECT_EQ(window.used, 0) << window.policy;
        EXPECT_EQ(window.held, 0) << window.policy;
        EXPECT_EQ(window.unknown, 0) << window.policy;
    }
    expectChained();
    EXPECT_EQ(*decide(decision("r-1", false)), *decided);
    EXPECT_EQ(refusal(decide(decision("r-1", true))), ErrorCode::kConflict);
    EXPECT_EQ(entries().size(), 1U);
    EXPECT_EQ(auditLines(), 1U);
}

TEST_P(LedgerDecisionsContract, WaivedRequestMayRunAgainAndBeWaivedAgain) {
    Reservation repeatable = reservation("r-1");
    repeatable.fingerprint = fingerprint(1);
    ASSERT_TRUE(reserved(repeatable));
    markUnknown("r-1");
    const auto first = decide(decision("r-1", false));

    ASSERT_TRUE(reserved(repeatable));
    markUnknown("r-1");
    const auto second = decide(decision("r-1", false));

    ASSERT_TRUE(first && second);
    EXPECT_EQ(second->number, 2) << "another try is another decision";
    EXPECT_EQ(*decide(decision("r-1", false)), *second);
}

TEST_P(LedgerDecisionsContract, OnlyAnUnknownScanOfTheMerchantsCanBeDecided) {
    charge("r-charged");
    ASSERT_TRUE(reserved(reservation("r-running")));
    ASSERT_TRUE(reserved(reservation("r-released")));
    release(releaseOf("r-released"));
    leaveUnknown("r-unknown");

    for (const bool billed : {true, false}) {
        for (const char* request : {"r-charged", "r-running", "r-released"}) {
            EXPECT_EQ(refusal(decide(decision(request, billed))), ErrorCode::kConflict) << request;
        }
        EXPECT_EQ(refusal(decide(decision("r-none", billed))), ErrorCode::kNotFound);
        EXPECT_EQ(refusal(decide(decision("r-unknown", billed, ""))), ErrorCode::kInvalidInput);
        Decision foreign = decision("r-unknown", billed);
        foreign.merchant = kOther;
        EXPECT_EQ(refusal(decide(foreign)), ErrorCode::kNotFound);
    }
    EXPECT_EQ(entries().size(), 1U);
    EXPECT_EQ(auditLines(), 0U);
}

TEST_P(LedgerDecisionsContract, EveryDeedIsInTheAuditOnce) {
    charge("r-1");
    leaveUnknown("r-2");
    ASSERT_TRUE(correct(correction(1)));
    ASSERT_TRUE(decide(decision("r-2", true)));

    const std::vector<AuditEntry> all = deeds();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].number, all[1].number + 1);
    EXPECT_EQ(all[0].note.action, "hold.decide");
    const AuditNote& first = all[1].note;
    EXPECT_EQ(first.actor, KeyId{"adm_1"});
    EXPECT_EQ(first.action, "usage_entry.correct");
    EXPECT_EQ(first.merchant, kMerchant);
    EXPECT_EQ(first.target, "a target");
    EXPECT_EQ(first.reason, "a reason");
    EXPECT_EQ(first.request_id, "req_1");
    EXPECT_EQ(first.at, UtcTime{std::chrono::milliseconds{77}});
    const AuditLog& audit = stores_->audit();
    EXPECT_EQ(audit.entries({kMerchant, {}}, all[0].number, 1)[0].number, all[1].number);
    EXPECT_EQ(audit.entries({kMerchant, {}}, std::nullopt, 1)[0].number, all[0].number);
    ASSERT_EQ(audit.entries({kMerchant, "hold.decide"}, std::nullopt, 100).size(), 1U);
    EXPECT_EQ(audit.entries({{}, "hold.decide"}, std::nullopt, 100)[0].number, all[0].number);
    EXPECT_TRUE(audit.entries({kOther, "hold.decide"}, std::nullopt, 100).empty());
    EXPECT_TRUE(audit.entries({{}, "hold"}, std::nullopt, 100).empty());
}

}  // namespace test_support
