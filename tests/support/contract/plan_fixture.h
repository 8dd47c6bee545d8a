#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/contract/usage_ledger_fixture.h"

/// What the contract tests of plans and quotas share.
namespace test_support {

class PlanContract : public UsageLedgerContract {
protected:
    PlanStore& plans() { return stores_->plans(); }

    static PlanTerms terms(std::optional<std::int64_t> day_limit = {}, std::optional<std::int64_t> month_limit = {}) {
        PlanTerms terms;
        terms.included_units = 10;
        terms.tiers = {{100, Money{50'000}}, {std::nullopt, Money{40'000}}};
        terms.monthly_minimum = Money{1'000'000};
        terms.day_limit = day_limit;
        terms.month_limit = month_limit;
        return terms;
    }
    /// A plan of that name whose first version says `terms`.
    PlanVersionId plan(const std::string& id, PlanTerms terms) {
        EXPECT_TRUE(runBlocking(plans().addPlan(PlanId{id}, "Plan " + id, std::move(terms), kNoon)));
        return {PlanId{id}, 1};
    }
    AssignmentId assign(const std::optional<PlanVersionId>& version, std::optional<UtcTime> starts_at = {},
                        std::optional<UtcTime> now = {}) {
        const auto assigned = runBlocking(plans().assign(kMerchant, version, starts_at, now.value_or(kNoon)));
        EXPECT_TRUE(assigned);
        return assigned->id;
    }
    Pack newPack(const std::string& id, std::int64_t units, std::chrono::hours life = std::chrono::hours{24 * 30}) {
        Pack pack;
        pack.id = PackId{id};
        pack.merchant = kMerchant;
        pack.units = units;
        pack.price = Money{5'000'000};
        pack.starts_at = kNoon;
        pack.expires_at = kNoon + life;
        pack.created_at = kNoon;
        pack.note = "order 7";
        return pack;
    }
    void grant(Pack pack) { EXPECT_TRUE(runBlocking(plans().grantPack(std::move(pack)))); }
    Pack pack(const std::string& id) {
        for (const Pack& pack : plans().packs(kMerchant, std::nullopt, 1000)) {
            if (pack.id.text() == id) return pack;
        }
        ADD_FAILURE() << "no pack " << id;
        return {};
    }

    Reservation reservationAt(const std::string& request, UtcTime at) const {
        Reservation made = reservation(request);
        made.at = at;
        made.expires_at = at + std::chrono::seconds{13};
        made.day = beijingDay(at);
        made.upstream_day = beijingDay(at);
        return made;
    }
    WindowFull refused(Reservation reservation) {
        const ReserveOutcome outcome = reserve(std::move(reservation));
        if (const auto* full = std::get_if<WindowFull>(&outcome)) return *full;
        ADD_FAILURE() << "it was not refused";
        return {};
    }
    WindowView month(std::optional<UtcTime> now = {}) { return window(kMonthPolicy, now.value_or(kNoon)); }

    /// What the operator tells of WeChat's quota.
    Merchant setUpstream(std::optional<std::int64_t> day_free, std::optional<std::int64_t> pack_units = {},
                         std::optional<UtcTime> now = {}) {
        UpstreamQuotaChange change;
        change.day_free = day_free;
        change.pack_units = pack_units;
        const auto updated = runBlocking(
            stores_->merchants().update(*stores_->merchants().find(kMerchant), now.value_or(kNoon), change));
        EXPECT_TRUE(updated);
        return *updated;
    }
    std::int64_t upstreamPackUnits() { return stores_->merchants().find(kMerchant)->upstream_pack_units; }
};

}  // namespace test_support
