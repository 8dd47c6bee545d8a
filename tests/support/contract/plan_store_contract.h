#pragma once

#include <gtest/gtest.h>
#include <algorithm>

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/contract/plan_fixture.h"

/// What PlanStore promises, whatever it is made of. Included by one source file of a test program.
namespace test_support {

class PlanStoreContract : public PlanContract {};

TEST_P(PlanStoreContract, PlanAndItsFirstVersionAreFoundAsTheyWere) {
    PlanTerms all = terms(100, 2000);
    all.per_second_limit = 5;
    all.in_flight_limit = 8;
    all.packs_only = true;
    const auto added = runBlocking(plans().addPlan(PlanId{"std"}, "Standard", all, kNoon));

    ASSERT_TRUE(added);
    EXPECT_EQ(added->versions, 1);
    const auto found = plans().findPlan(PlanId{"std"});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "Standard");
    EXPECT_EQ(found->versions, 1);
    EXPECT_EQ(found->created_at, kNoon);
    const PlanVersion* const version = plans().findVersion({PlanId{"std"}, 1});
    ASSERT_NE(version, nullptr);
    EXPECT_EQ(version->created_at, kNoon);
    EXPECT_EQ(version->terms.included_units, 10);
    ASSERT_EQ(version->terms.tiers.size(), 2U);
    EXPECT_EQ(version->terms.tiers[0].up_to_units, 100);
    EXPECT_EQ(version->terms.tiers[0].price, Money{50'000});
    EXPECT_EQ(version->terms.tiers[1].up_to_units, std::nullopt);
    EXPECT_EQ(version->terms.tiers[1].price, Money{40'000});
    EXPECT_EQ(version->terms.monthly_minimum, Money{1'000'000});
    EXPECT_EQ(version->terms.day_limit, 100);
    EXPECT_EQ(version->terms.month_limit, 2000);
    EXPECT_EQ(version->terms.per_second_limit, 5);
    EXPECT_EQ(version->terms.in_flight_limit, 8);
    EXPECT_TRUE(version->terms.packs_only);
    EXPECT_EQ(plans().find({PlanId{"std"}, 1}), &version->terms);
}

TEST_P(PlanStoreContract, VersionsAreNumberedAndStayAsTheyWere) {
    ASSERT_TRUE(runBlocking(plans().addPlan(PlanId{"std"}, "Standard", std::nullopt, kNoon)));
    EXPECT_EQ(plans().findPlan(PlanId{"std"})->versions, 0);

    const auto first = runBlocking(plans().addVersion(PlanId{"std"}, terms(1), kNoon));
    const PlanVersion* const kept = plans().findVersion({PlanId{"std"}, 1});
    for (int number = 2; number <= 100; ++number) {
        ASSERT_TRUE(runBlocking(plans().addVersion(PlanId{"std"}, terms(number), kNoon)));
    }

    ASSERT_TRUE(first);
    EXPECT_EQ(first->id.number, 1);
    EXPECT_EQ(kept->terms.day_limit, 1) << "a pointer to a version stays good";
    EXPECT_EQ(plans().findPlan(PlanId{"std"})->versions, 100);
    const auto newest = plans().versions(PlanId{"std"}, std::nullopt, 2);
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0]->id.number, 100);
    EXPECT_EQ(newest[1]->terms.day_limit, 99);
    const auto last = plans().versions(PlanId{"std"}, 3, 10);
    ASSERT_EQ(last.size(), 2U);
    EXPECT_EQ(last[1]->id.number, 1);
}

TEST_P(PlanStoreContract, WhatThereIsNotIsNotFound) {
    plan("std", terms());

    EXPECT_FALSE(plans().findPlan(PlanId{"other"}));
    EXPECT_EQ(plans().findVersion({PlanId{"std"}, 2}), nullptr);
    EXPECT_EQ(plans().findVersion({PlanId{"std"}, 0}), nullptr);
    EXPECT_EQ(plans().find({PlanId{"other"}, 1}), nullptr);
    EXPECT_TRUE(plans().versions(PlanId{"other"}, std::nullopt, 9).empty());
    EXPECT_EQ(runBlocking(plans().addVersion(PlanId{"other"}, terms(), kNoon)).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(runBlocking(plans().assign(kMerchant, PlanVersionId{PlanId{"std"}, 2}, {}, kNoon)).error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(runBlocking(plans().assign(MerchantId{"mer_none"}, std::nullopt, {}, kNoon)).error().code,
              ErrorCode::kNotFound);
}

TEST_P(PlanStoreContract, TakenNameAndBadTermsAreRefused) {
    plan("std", terms());
    PlanTerms bad = terms();
    bad.tiers.clear();

    EXPECT_EQ(runBlocking(plans().addPlan(PlanId{"std"}, "again", terms(), kNoon)).error().code, ErrorCode::kConflict);
    EXPECT_EQ(plans().findPlan(PlanId{"std"})->versions, 1);
    EXPECT_EQ(runBlocking(plans().addVersion(PlanId{"std"}, bad, kNoon)).error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(runBlocking(plans().addPlan(PlanId{"bad"}, "bad", bad, kNoon)).error().code, ErrorCode::kInvalidInput);
    EXPECT_FALSE(plans().findPlan(PlanId{"bad"}));
}

TEST_P(PlanStoreContract, PlansAreListedInOrderOfTheirIds) {
    for (const char* id : {"b", "a", "c"}) plan(id, terms());

    const auto first = plans().plans(PlanId{}, 2);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].id, PlanId{"a"});
    const auto rest = plans().plans(first[1].id, 2);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].id, PlanId{"c"});
}

TEST_P(PlanStoreContract, AssignmentCountsFromItsInstantOnAndForItsMerchantAlone) {
    const PlanVersionId now = plan("now", terms());
    const PlanVersionId later = plan("later", terms());

    assign(now);
    const AssignmentId scheduled = assign(later, kNoon + kDay);

    EXPECT_EQ(plans().inForce(kMerchant, kNoon - std::chrono::milliseconds{1}), nullptr);
    EXPECT_EQ(plans().inForce(kMerchant, kNoon)->id, now);
    EXPECT_EQ(plans().inForce(kMerchant, kNoon + kDay)->id, later);
    EXPECT_EQ(plans().inForce(kOther, kNoon + kDay), nullptr);
    EXPECT_TRUE(plans().assignments(kOther).empty());
    const auto all = plans().assignments(kMerchant);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].id, scheduled);
    EXPECT_EQ(all[1].merchant, kMerchant);
    EXPECT_EQ(all[1].version, later);
    EXPECT_EQ(all[1].starts_at, kNoon + kDay);
    EXPECT_EQ(all[1].created_at, kNoon);
    EXPECT_FALSE(all[1].cancelled_at);
}

TEST_P(PlanStoreContract, AssignmentOfNoPlanEndsOne) {
    assign(plan("std", terms()));

    assign(std::nullopt, kNoon + kDay);

    EXPECT_NE(plans().inForce(kMerchant, kNoon), nullptr);
    EXPECT_EQ(plans().inForce(kMerchant, kNoon + kDay), nullptr);
}

TEST_P(PlanStoreContract, NothingIsAssignedForThePast) {
    const PlanVersionId version = plan("std", terms());

    EXPECT_EQ(runBlocking(plans().assign(kMerchant, version, kNoon - std::chrono::milliseconds{1}, kNoon)).error().code,
              ErrorCode::kInvalidInput);
    EXPECT_TRUE(plans().assignments(kMerchant).empty());
}

TEST_P(PlanStoreContract, ScheduledAssignmentIsCancelledUntilItBegins) {
    const PlanVersionId version = plan("std", terms());
    const AssignmentId first = assign(version, kNoon + kDay);
    const AssignmentId second = assign(version, kNoon + 2 * kDay);

    const auto cancelled = runBlocking(plans().cancelAssignment(kMerchant, first, kNoon + std::chrono::hours{1}));
    const auto again = runBlocking(plans().cancelAssignment(kMerchant, first, kNoon + std::chrono::hours{2}));

    ASSERT_TRUE(cancelled);
    EXPECT_EQ(cancelled->cancelled_at, kNoon + std::chrono::hours{1});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->cancelled_at, kNoon + std::chrono::hours{1});
    EXPECT_EQ(plans().inForce(kMerchant, kNoon + kDay), nullptr);
    EXPECT_EQ(runBlocking(plans().cancelAssignment(kMerchant, second, kNoon + 2 * kDay)).error().code,
              ErrorCode::kConflict);
    EXPECT_EQ(runBlocking(plans().cancelAssignment(kOther, second, kNoon)).error().code, ErrorCode::kNotFound);
    for (const char* id : {"", "asg_", "asg_99", "asg_01", "asg_1x", "2"}) {
        EXPECT_EQ(runBlocking(plans().cancelAssignment(kMerchant, AssignmentId{id}, kNoon)).error().code,
                  ErrorCode::kNotFound)
            << id;
    }
    EXPECT_EQ(plans().assignments(kMerchant).size(), 2U);
}

TEST_P(PlanStoreContract, PacksAreFoundAsTheyWereNewestFirst) {
    for (const char* id : {"pack_a", "pack_b", "pack_c"}) grant(newPack(id, 10));
    Pack foreign = newPack("pack_d", 1);
    foreign.merchant = kOther;
    grant(foreign);

    const auto first = plans().packs(kMerchant, std::nullopt, 2);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].id, PackId{"pack_c"});
    EXPECT_EQ(first[0].merchant, kMerchant);
    EXPECT_EQ(first[0].units, 10);
    EXPECT_EQ(first[0].price, Money{5'000'000});
    EXPECT_EQ(first[0].starts_at, kNoon);
    EXPECT_EQ(first[0].expires_at, kNoon + 30 * kDay);
    EXPECT_EQ(first[0].created_at, kNoon);
    EXPECT_EQ(first[0].note, "order 7");
    EXPECT_EQ(first[0].left(), 10);
    const auto rest = plans().packs(kMerchant, first[1].id, 2);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].id, PackId{"pack_a"});
    EXPECT_TRUE(plans().packs(kMerchant, PackId{"pack_d"}, 9).empty());
}

TEST_P(PlanStoreContract, PackThatMakesNoSenseOrOfNobodyIsRefused) {
    Pack empty = newPack("pack_a", 0);
    Pack nobodys = newPack("pack_b", 1);
    nobodys.merchant = MerchantId{"mer_none"};

    EXPECT_EQ(runBlocking(plans().grantPack(empty)).error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(runBlocking(plans().grantPack(nobodys)).error().code, ErrorCode::kNotFound);
    EXPECT_TRUE(plans().packs(kMerchant, std::nullopt, 9).empty());
}

TEST_P(PlanStoreContract, PackEndsOnceAndForItsMerchantAlone) {
    grant(newPack("pack_a", 10));

    EXPECT_EQ(runBlocking(plans().expirePack(kOther, PackId{"pack_a"}, kNoon)).error().code, ErrorCode::kNotFound);
    const auto ended = runBlocking(plans().expirePack(kMerchant, PackId{"pack_a"}, kNoon + kDay));
    const auto again = runBlocking(plans().expirePack(kMerchant, PackId{"pack_a"}, kNoon + 2 * kDay));

    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->expires_at, kNoon + kDay);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->expires_at, kNoon + kDay);
}

TEST_P(PlanStoreContract, EveryChangeIsInTheAuditOnceAndARefusedOrEmptyOneIsNot) {
    AuditNote note;
    note.actor = KeyId{"adm_7"};
    note.reason = "because";
    note.request_id = "req_7";
    note.at = kNoon;
    MerchantStore& merchants = stores_->merchants();
    Merchant changed = *merchants.find(kMerchant);
    changed.name = "another name";
    ApiKey key;
    key.id = KeyId{"key_7"};
    key.merchant = kMerchant;
    key.lookup = "tgk_7";
    const Pack sold = newPack("pack_7", 5);

    for (int time = 0; time < 2; ++time) {
        const bool first = time == 0;
        const Result<Plan> made = runBlocking(plans().addPlan(PlanId{"std"}, "Standard", terms(), kNoon, note));
        EXPECT_EQ(static_cast<bool>(made), first);
        EXPECT_EQ(static_cast<bool>(runBlocking(merchants.addKey(key, note))), first);
        ASSERT_TRUE(runBlocking(merchants.revokeKey(kMerchant, key.id, kNoon, note)));
        changed.version = merchants.find(kMerchant)->version;
        ASSERT_TRUE(runBlocking(merchants.update(changed, kNoon, {}, note)));
    }
    ASSERT_TRUE(runBlocking(plans().addVersion(PlanId{"std"}, terms(), kNoon, note)));
    EXPECT_FALSE(runBlocking(plans().addVersion(PlanId{"none"}, terms(), kNoon, note)));
    const auto later = runBlocking(plans().assign(kMerchant, std::nullopt, kNoon + kDay, kNoon, note));
    ASSERT_TRUE(later);
    EXPECT_FALSE(runBlocking(plans().assign(kMerchant, PlanVersionId{PlanId{"none"}, 1}, kNoon, kNoon, note)));
    ASSERT_TRUE(runBlocking(plans().grantPack(sold, note)));
    for (int time = 0; time < 2; ++time) {
        ASSERT_TRUE(runBlocking(plans().cancelAssignment(kMerchant, later->id, kNoon, note)));
        ASSERT_TRUE(runBlocking(plans().expirePack(kMerchant, sold.id, kNoon + kDay, note)));
    }
    EXPECT_FALSE(runBlocking(plans().cancelAssignment(kOther, later->id, kNoon, note)));
    ASSERT_TRUE(runBlocking(stores_->ledger().reopenUpstreamWindow(kMerchant, kNoon, note)));

    std::vector<std::string> lines;
    for (const AuditEntry& entry : stores_->audit().entries({}, std::nullopt, 100)) {
        if (entry.note.actor != note.actor) continue;
        EXPECT_EQ(entry.note.reason, "because");
        EXPECT_EQ(entry.note.request_id, "req_7");
        EXPECT_EQ(entry.note.at, kNoon);
        lines.push_back(entry.note.action + " " + entry.note.merchant.text() + " " + entry.note.target);
    }
    std::ranges::reverse(lines);
    const std::string whose = kMerchant.text();
    EXPECT_EQ(lines,
              (std::vector<std::string>{"plan.create  plans/std", "plan_version.create  plan-versions/std@1",
                                        "key.create " + whose + " keys/key_7", "key.revoke " + whose + " keys/key_7",
                                        "merchant.update " + whose + " ", "plan_version.create  plan-versions/std@2",
                                        "plan_assignment.create " + whose + " plan-assignments/" + later->id.text(),
                                        "pack.create " + whose + " packs/pack_7",
                                        "plan_assignment.cancel " + whose + " plan-assignments/" + later->id.text(),
                                        "pack.expire " + whose + " packs/pack_7", "quota.reopen " + whose + " quota"}));
}

}  // namespace test_support
