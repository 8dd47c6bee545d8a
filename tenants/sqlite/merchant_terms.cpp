#include "tenants/sqlite/merchant_terms.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

// Some 300 bytes each, as with the windows.
constexpr std::size_t kRememberedMax = 400'000;

const PlanInForce kNoPlan;

constexpr const char* kSelectMerchant =
    "SELECT id, day_limit, upstream_day_free, upstream_pack_units FROM merchant WHERE row = :merchant";
constexpr const char* kSelectAssignments =
    "SELECT starts_ms, plan_version_row, day_limit, month_limit, packs_only FROM plan_assignment "
    "LEFT JOIN plan_version ON plan_version.row = plan_version_row "
    "WHERE merchant_row = :merchant AND cancelled_ms IS NULL ORDER BY starts_ms, plan_assignment.row";
constexpr const char* kUpdate =
    "UPDATE merchant SET upstream_day_free = :free, upstream_pack_units = :packs WHERE row = :merchant";

}  // namespace

const PlanInForce& MerchantTerms::planAt(UtcTime instant) const {
    const auto begun = std::find_if(assignments.rbegin(), assignments.rend(),
                                    [instant](const Assignment& each) { return each.starts_at <= instant; });
    return begun != assignments.rend() ? begun->plan : kNoPlan;
}

std::int64_t MerchantTerms::dayLimitAt(UtcTime instant) const {
    return std::min(day_limit, planAt(instant).day_limit.value_or(day_limit));
}

MerchantTermsBook::MerchantTermsBook(SQLite::Database& database)
    : select_merchant_(database, kSelectMerchant),
      select_assignments_(database, kSelectAssignments),
      update_(database, kUpdate) {}

MerchantTerms& MerchantTermsBook::of(std::int64_t merchant_row) {
    if (const auto known = terms_.find(merchant_row); known != terms_.end()) return known->second;
    MerchantTerms terms;
    terms.merchant_row = merchant_row;
    {
        Query row{select_merchant_};
        row.bind(":merchant", merchant_row);
        if (!row.next()) throw std::runtime_error("merchant " + std::to_string(merchant_row) + " is missing");
        terms.merchant = MerchantId{row.text(0)};
        terms.day_limit = row.number(1);
        terms.upstream_day_free = row.numberIfAny(2);
        terms.upstream_pack_units = row.number(3);
    }
    Query row{select_assignments_};
    row.bind(":merchant", merchant_row);
    while (row.next()) {
        terms.assignments.push_back(
            {row.time(0), {row.numberIfAny(1), row.numberIfAny(2), row.numberIfAny(3), !row.isNull(4) && row.flag(4)}});
    }
    return terms_.emplace(merchant_row, std::move(terms)).first->second;
}

void MerchantTermsBook::changed(MerchantTerms& terms) {
    if (!std::exchange(terms.changed, true)) changed_.push_back(&terms);
}

void MerchantTermsBook::forget(std::int64_t merchant_row) {
    const auto known = terms_.find(merchant_row);
    if (known == terms_.end()) return;
    if (known->second.changed) {
        std::erase(changed_, &known->second);
        write(known->second);
    }
    terms_.erase(known);
}

void MerchantTermsBook::write(MerchantTerms& terms) {
    Query{update_}
        .bind(":free", terms.upstream_day_free)
        .bind(":packs", terms.upstream_pack_units)
        .bind(":merchant", terms.merchant_row)
        .run();
    terms.changed = false;
    written_.push_back(terms);
}

void MerchantTermsBook::write() {
    for (MerchantTerms* const terms : changed_) write(*terms);
    changed_.clear();
    if (terms_.size() > kRememberedMax) terms_.clear();
}

void MerchantTermsBook::forget() noexcept {
    changed_.clear();
    written_.clear();
    terms_.clear();
}

std::vector<MerchantTerms> MerchantTermsBook::takeCommitted() noexcept {
    return std::exchange(written_, {});
}

}  // namespace tenants::sqlite
