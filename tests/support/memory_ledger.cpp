#include "tests/support/memory_ledger.h"

#include <algorithm>

#include "tenants/usage/entry_chain.h"

namespace test_support {

using namespace tenants;

namespace {

Error notFound() {
    return {ErrorCode::kNotFound, "There is no such hold."};
}
Error conflict() {
    return {ErrorCode::kConflict, "The hold is in another state."};
}

}  // namespace

Task<Result<ReserveOutcome>> MemoryLedger::reserve(Reservation reservation) {
    if (auto fault = faults_.check("reserve")) co_return *std::move(fault);
    auto reserved = reserveNow(reservation);
    faults_.written("reserve");
    co_return reserved;
}

Result<ReserveOutcome> MemoryLedger::reserveNow(const Reservation& reservation) {
    const std::scoped_lock lock{mutex_};
    if (!quotas_.knows(reservation.merchant)) return notFound();
    const RequestKey key{reservation.merchant, reservation.request};
    const auto known = holds_.find(key);
    if (known != holds_.end()) {
        const Repeat repeat = repeatOf(known->second, reservation);
        if (repeat.state != HoldState::kReleased || !repeat.same_request) return ReserveOutcome{repeat};
    }
    auto taken = quotas_.take(reservation);
    if (const auto* full = std::get_if<WindowFull>(&taken)) return ReserveOutcome{*full};
    Hold hold;
    hold.row = known != holds_.end() ? known->second.row : ++rows_;
    hold.reservation = reservation;
    hold.sources = std::get<MemoryQuotas::Sources>(std::move(taken));
    holds_.insert_or_assign(key, std::move(hold));
    return ReserveOutcome{Reserved{}};
}

Repeat MemoryLedger::repeatOf(const Hold& hold, const Reservation& again) const {
    Repeat repeat;
    repeat.state = hold.state;
    repeat.same_request = hold.reservation.fingerprint.has_value() && hold.reservation.fingerprint == again.fingerprint;
    if (hold.reply != nullptr && hold.reply_expires_at && again.at < *hold.reply_expires_at) {
        repeat.reply = KeptReply{hold.outcome, hold.reply};
    }
    repeat.charge = hold.settled.charge;
    repeat.x_request_id = hold.reservation.x_request_id;
    repeat.reason = hold.reason;
    return repeat;
}

Task<Result<std::optional<Repeat>>> MemoryLedger::findRepeat(Reservation reservation) {
    if (auto fault = faults_.check("findRepeat")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    if (!quotas_.knows(reservation.merchant)) co_return notFound();
    const auto known = holds_.find({reservation.merchant, reservation.request});
    if (known == holds_.end()) co_return std::optional<Repeat>{};
    co_return std::optional{repeatOf(known->second, reservation)};
}

Task<Result<Settled>> MemoryLedger::settle(Settlement settlement) {
    if (auto fault = faults_.check("settle")) co_return *std::move(fault);
    auto settled = settleNow(settlement);
    faults_.written("settle");
    co_return settled;
}

Result<Settled> MemoryLedger::settleNow(const Settlement& settlement) {
    const std::scoped_lock lock{mutex_};
    const auto found = holds_.find({settlement.merchant, settlement.request});
    if (found == holds_.end()) return notFound();
    Hold& hold = found->second;
    if (hold.state == HoldState::kReleased) return conflict();
    if (hold.state == HoldState::kSettled) return hold.settled;

    const bool charged = settlement.outcome == Outcome::kRecognised;
    quotas_.end(hold.reservation, hold.sources, charged ? MemoryQuotas::End::kCharged : MemoryQuotas::End::kNotCharged);
    hold.state = HoldState::kSettled;
    hold.reason.clear();
    hold.outcome = settlement.outcome;
    hold.reply = settlement.reply_body;
    hold.reply_expires_at = settlement.reply_expires_at;
    if (charged) {
        UsageEntry entry = chargeOf(hold);
        entry.recorded_at = settlement.now;
        hold.settled.charge = append(settlement.merchant, std::move(entry));
    }
    return hold.settled;
}

/// All of it but when it is written, and what the ledger fills in.
UsageEntry MemoryLedger::chargeOf(const Hold& hold) {
    UsageEntry entry;
    entry.kind = EntryKind::kCharge;
    entry.units = hold.reservation.units;
    entry.request = hold.reservation.request;
    entry.key = hold.reservation.key;
    entry.x_request_id = hold.reservation.x_request_id;
    entry.at = hold.reservation.at;
    entry.period = Period{entry.at};
    entry.plan_version = hold.sources.plan_version;
    entry.pack = hold.sources.pack;
    return entry;
}

Task<Result<Receipt>> MemoryLedger::correct(Correction correction) {
    if (auto fault = faults_.check("correct")) co_return *std::move(fault);
    if (auto fault = faultOfReason(correction.reason)) co_return *std::move(fault);
    co_return correctNow(correction);
}

Result<Receipt> MemoryLedger::correctNow(const Correction& correction) {
    const std::scoped_lock lock{mutex_};
    const std::vector<UsageEntry>& ledger = entries_[correction.merchant];
    if (correction.number < 1 || correction.number > static_cast<std::int64_t>(ledger.size())) return notFound();
    const UsageEntry charge = ledger[static_cast<std::size_t>(correction.number - 1)];
    if (charge.kind != EntryKind::kCharge) return conflict();
    const auto earlier = std::ranges::find(ledger, std::optional{correction.number}, &UsageEntry::corrects);
    if (earlier != ledger.end()) {
        if (earlier->reason == correction.reason) return receiptOf(*earlier);
        return conflict();
    }
    UsageEntry entry = charge;
    entry.kind = EntryKind::kCorrection;
    entry.units = -charge.units;
    entry.recorded_at = correction.now;
    entry.corrects = charge.number;
    entry.reason = correction.reason;
    const Hold& hold = holds_.at({correction.merchant, charge.request});
    quotas_.takeBack(hold.reservation, hold.sources, correction.now);
    audit_.add(correction.note);
    return append(correction.merchant, std::move(entry));
}

Task<Result<Receipt>> MemoryLedger::decide(Decision decision) {
    if (auto fault = faults_.check("decide")) co_return *std::move(fault);
    if (auto fault = faultOfReason(decision.reason)) co_return *std::move(fault);
    co_return decideNow(decision);
}

Result<Receipt> MemoryLedger::decideNow(const Decision& decision) {
    const std::scoped_lock lock{mutex_};
    const auto found = holds_.find({decision.merchant, decision.request});
    if (found == holds_.end()) return notFound();
    Hold& hold = found->second;
    if (hold.state != HoldState::kUnknown) {
        const bool ended = hold.state == (decision.billed ? HoldState::kSettled : HoldState::kReleased);
        const EntryKind kind = decision.billed ? EntryKind::kCharge : EntryKind::kWaiver;
        const std::vector<UsageEntry>& ledger = entries_[decision.merchant];
        const auto same = std::find_if(ledger.rbegin(), ledger.rend(), [&](const UsageEntry& entry) {
            return entry.kind == kind && entry.request == decision.request;
        });
        if (ended && same != ledger.rend() && same->reason == decision.reason) return receiptOf(*same);
        return conflict();
    }
    UsageEntry entry = chargeOf(hold);
    entry.recorded_at = decision.now;
    entry.reason = decision.reason;
    audit_.add(decision.note);
    quotas_.end(hold.reservation, hold.sources,
                decision.billed ? MemoryQuotas::End::kCharged : MemoryQuotas::End::kGivenBack);
    if (decision.billed) {
        hold.state = HoldState::kSettled;
        hold.reason.clear();
        hold.outcome = Outcome::kRecognised;
        hold.settled.charge = append(decision.merchant, std::move(entry));
        return *hold.settled.charge;
    }
    entry.kind = EntryKind::kWaiver;
    entry.units = 0;
    hold.state = HoldState::kReleased;
    hold.reason = "waived";
    return append(decision.merchant, std::move(entry));
}

Receipt MemoryLedger::append(const MerchantId& merchant, UsageEntry entry) {
    std::vector<UsageEntry>& ledger = entries_[merchant];
    entry.merchant = merchant;
    entry.number = static_cast<std::int64_t>(ledger.size()) + 1;
    entry.id = EntryId{"ent_" + merchant.text() + "_" + std::to_string(entry.number)};
    entry.hash = chainHash(ledger.empty() ? ChainHash{} : ledger.back().hash, entry);
    ledger.push_back(entry);
    return {entry.id, entry.number, entry.hash, entry.period};
}

Task<Result<Done>> MemoryLedger::release(Release release) {
    if (auto fault = faults_.check("release")) co_return *std::move(fault);
    auto released = releaseNow(release);
    faults_.written("release");
    co_return released;
}

Result<Done> MemoryLedger::releaseNow(const Release& release) {
    const std::scoped_lock lock{mutex_};
    const auto found = holds_.find({release.merchant, release.request});
    if (found == holds_.end()) return notFound();
    Hold& hold = found->second;
    if (hold.state != HoldState::kHeld) return conflict();
    hold.state = HoldState::kReleased;
    hold.reason = release.reason;
    quotas_.end(hold.reservation, hold.sources, MemoryQuotas::End::kGivenBack);
    if (release.upstream_full) quotas_.markUpstreamFull(hold.reservation);
    return Done{};
}

Task<Result<Done>> MemoryLedger::markUnknown(MerchantId merchant, RequestId request, std::string reason, UtcTime) {
    if (auto fault = faults_.check("markUnknown")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    const auto found = holds_.find({merchant, request});
    if (found == holds_.end()) co_return notFound();
    if (found->second.state != HoldState::kHeld) co_return conflict();
    found->second.state = HoldState::kUnknown;
    found->second.reason = std::move(reason);
    co_return Done{};
}

Task<Result<std::int64_t>> MemoryLedger::sweep(UtcTime before, UtcTime now) {
    if (auto fault = faults_.check("sweep")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    std::int64_t turned = 0;
    for (auto& [key, hold] : holds_) {
        if (hold.reply_expires_at && *hold.reply_expires_at < now) hold.reply = nullptr;
        if (hold.state != HoldState::kHeld || hold.reservation.expires_at >= before) continue;
        hold.state = HoldState::kUnknown;
        hold.reason = "abandoned";
        ++turned;
    }
    co_return turned;
}

Task<Result<Done>> MemoryLedger::reopenUpstreamWindow(MerchantId merchant, UtcTime now, AuditNote note) {
    if (auto fault = faults_.check("reopenUpstreamWindow")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    if (!quotas_.knows(merchant)) co_return notFound();
    quotas_.reopenUpstream(merchant, now);
    audit_.add(note.on("quota.reopen", merchant, "quota"));
    co_return Done{};
}

Task<Result<Done>> MemoryLedger::takeUpstreamQuota(MerchantId merchant, UpstreamQuotaTold told, UtcTime now) {
    if (auto fault = faults_.check("takeUpstreamQuota")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    if (!quotas_.knows(merchant)) co_return notFound();
    quotas_.tellUpstream(merchant, told, now);
    co_return Done{};
}

std::vector<UsageEntry> MemoryLedger::entries(const MerchantId& merchant, std::optional<std::int64_t> before,
                                              std::size_t count) const {
    const std::scoped_lock lock{mutex_};
    std::vector<UsageEntry> page;
    const auto found = entries_.find(merchant);
    if (found == entries_.end()) return page;
    for (auto entry = found->second.rbegin(); entry != found->second.rend() && page.size() < count; ++entry) {
        if (!before || entry->number < *before) page.push_back(*entry);
    }
    return page;
}

std::vector<HoldView> MemoryLedger::holds(const MerchantId& merchant, std::optional<HoldState> state,
                                          std::optional<std::int64_t> before, std::size_t count) const {
    const std::scoped_lock lock{mutex_};
    std::vector<HoldView> page;
    for (const auto& [key, hold] : holds_) {
        if (key.first != merchant || (state && hold.state != *state) || (before && hold.row >= *before)) continue;
        page.push_back({key.second, hold.state, hold.reservation.units, hold.reservation.at, hold.reason,
                        hold.reservation.x_request_id, hold.row});
    }
    std::ranges::sort(page, std::greater{}, &HoldView::row);
    if (page.size() > count) page.resize(count);
    return page;
}

std::vector<WindowView> MemoryLedger::openWindows(const MerchantId& merchant, UtcTime now) const {
    const std::scoped_lock lock{mutex_};
    std::vector<WindowView> open = quotas_.openWindows(merchant, now);
    for (WindowView& window : open) {
        for (const auto& [request, hold] : holds_) {
            const bool here = request.first == merchant &&
                              MemoryQuotas::spanOf(window.policy, hold.reservation).starts == window.span.starts;
            if (here && hold.state == HoldState::kUnknown) window.unknown += hold.reservation.units;
        }
    }
    return open;
}

}  // namespace test_support
