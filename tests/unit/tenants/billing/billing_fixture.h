#pragma once

#include <map>
#include <optional>
#include <string>

#include "tenants/billing/pricing.h"
#include "tests/support/fake_clock.h"

namespace test_support {

/// Versions by hand.
class FixedPlans final : public tenants::PlanTermsSource {
public:
    const tenants::PlanTerms* find(const tenants::PlanVersionId& version) const override {
        const auto found = terms.find(version);
        return found == terms.end() ? nullptr : &found->second;
    }
    std::map<tenants::PlanVersionId, tenants::PlanTerms> terms;
};

inline tenants::PlanVersionId version(std::string plan, std::int64_t number = 1) {
    return {tenants::PlanId{std::move(plan)}, number};
}

/// Two included units, then two at 0.12 yuan, the others at 0.0333 yuan.
inline tenants::PlanTerms graduated() {
    tenants::PlanTerms terms;
    terms.included_units = 2;
    terms.tiers = {{2, tenants::Money{120'000}}, {std::nullopt, tenants::Money{33'333}}};
    return terms;
}

/// Writes one merchant's ledger by hand: numbers itself, and gives each entry a hash of its own.
class LedgerWriter {
public:
    explicit LedgerWriter(std::string merchant = "mer_1") : merchant_(std::move(merchant)) {}

    tenants::UsageEntry charge(std::string_view at, std::optional<tenants::PlanVersionId> plan = version("std")) {
        tenants::UsageEntry entry;
        entry.merchant = tenants::MerchantId{merchant_};
        entry.number = ++number_;
        entry.id = tenants::EntryId{"ent_" + std::to_string(number_)};
        entry.kind = tenants::EntryKind::kCharge;
        entry.units = 1;
        entry.request = tenants::RequestId{"req_" + std::to_string(number_)};
        entry.key = tenants::KeyId{"key_1"};
        entry.x_request_id = "x-" + std::to_string(number_);
        entry.at = utc(at);
        entry.recorded_at = entry.at + std::chrono::seconds{1};
        entry.period = tenants::Period{entry.at};
        entry.plan_version = std::move(plan);
        entry.hash.fill(static_cast<unsigned char>(number_));
        return entry;
    }

    tenants::UsageEntry correction(const tenants::UsageEntry& of, std::optional<tenants::Money> billed = {}) {
        tenants::UsageEntry entry = of;
        entry.number = ++number_;
        entry.id = tenants::EntryId{"ent_" + std::to_string(number_)};
        entry.kind = tenants::EntryKind::kCorrection;
        entry.units = -of.units;
        entry.corrects = of.number;
        entry.price = billed;
        entry.reason = "scanned twice by mistake";
        entry.hash.fill(static_cast<unsigned char>(number_));
        return entry;
    }

private:
    std::string merchant_;
    std::int64_t number_ = 0;
};

inline tenants::Period november() {
    return *tenants::Period::parse("2026-11");
}

}  // namespace test_support
