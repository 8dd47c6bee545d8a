#include "tenants/sqlite/ledger_decisions.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "tenants/base/digest.h"
#include "tenants/base/json_text.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kWaived = "waived";  // why such a hold was released

Error conflict(std::string text) {
    return {ErrorCode::kConflict, std::move(text)};
}
Error noSuchEntry() {
    return {ErrorCode::kNotFound, "There is no such entry."};
}
Error noSuchRequest() {
    return {ErrorCode::kNotFound, "There is no such request."};
}

/// An entry that takes the charge back, into the same period; its number, its hash and what follows are the table's.
EntryRow takingBack(const EntryRow& charge, const Correction& correction, const EntryId& id) {
    EntryRow row = charge;
    UsageEntry& entry = row.entry;
    entry.id = id;
    entry.kind = EntryKind::kCorrection;
    entry.units = -charge.entry.units;
    entry.recorded_at = correction.now;
    entry.corrects = charge.entry.number;
    entry.reason = correction.reason;
    return row;
}

}  // namespace

Result<Receipt> LedgerDecisions::correct(const Correction& correction, const EntryId& id) {
    LedgerHead* const head = tables_.heads.find(correction.merchant);
    if (head == nullptr) return noSuchEntry();
    const std::optional<EntryRow> charge = tables_.entries.find(*head, correction.number);
    if (!charge) return noSuchEntry();
    if (charge->entry.kind != EntryKind::kCharge) return conflict("Only a charge can be corrected.");
    if (const auto earlier = tables_.entries.correctionOf(*head, correction.number)) {
        if (earlier->entry.reason == correction.reason) return receiptOf(earlier->entry);
        return conflict("The entry was corrected by entry " + std::to_string(earlier->entry.number) + ".");
    }
    EntryRow row = takingBack(*charge, correction, id);
    const bool closed = head->billedIn(charge->entry.period) != charge->entry.period;
    if (closed) row.entry.price = tables_.closed.givenBack(*head, charge->entry);
    tables_.entries.append(*head, row);
    correctQuotas(*head, charge->entry, correction.now);
    return noted(row.entry, correction.note);
}

void LedgerDecisions::correctQuotas(const LedgerHead& head, const UsageEntry& charge, UtcTime now) {
    const std::optional<HoldRow> hold = tables_.holds.find(head, charge.request);
    if (!hold) throw std::runtime_error("the hold of a charge is gone");
    tables_.quotas.takeBack(hold->sources, charge.units, now);
}

Result<Receipt> LedgerDecisions::decide(const Decision& decision, const EntryId& id) {
    LedgerHead* const head = tables_.heads.find(decision.merchant);
    if (head == nullptr) return noSuchRequest();
    const std::optional<HoldRow> hold = tables_.holds.find(*head, decision.request);
    if (!hold) return noSuchRequest();
    if (hold->state != HoldState::kUnknown) return repeated(*head, decision, *hold);

    EntryRow row = tables_.entries.ofHold(*head, hold->row);
    row.entry.id = id;
    row.entry.recorded_at = decision.now;
    row.entry.reason = decision.reason;
    if (decision.billed) {
        const std::int64_t entry_row = tables_.entries.append(*head, row);
        tables_.holds.change(*hold, {HoldState::kSettled, "", decision.now, Outcome::kRecognised, entry_row});
        tables_.quotas.settle(hold->sources, hold->units, true, true);
    } else {
        row.entry.kind = EntryKind::kWaiver;
        row.entry.units = 0;
        tables_.entries.append(*head, row);
        tables_.holds.change(*hold, {HoldState::kReleased, kWaived, decision.now});
        tables_.quotas.giveBack(hold->sources, hold->units, true);
    }
    return noted(row.entry, decision.note);
}

/// The audit names the entry by its hash: so it proves the ledger up to there.
Receipt LedgerDecisions::noted(const UsageEntry& entry, const AuditNote& note) {
    std::string content;
    JsonObject{content}.add("entry", entry.number).add("hash", hexText(entry.hash)).end();
    tables_.audit.append(note.on(note.action, entry.merchant, note.target), std::move(content));
    return receiptOf(entry);
}

/// The receipt of the same decision that was made before.
Result<Receipt> LedgerDecisions::repeated(const LedgerHead& head, const Decision& decision, const HoldRow& hold) {
    std::optional<EntryRow> made;
    if (decision.billed && hold.entry_row) made = tables_.entries.at(head, *hold.entry_row);
    if (!decision.billed && hold.state == HoldState::kReleased) made = tables_.entries.waiverOf(head, decision.request);
    if (made && made->entry.reason == decision.reason) return receiptOf(made->entry);
    return conflict("Only an unknown scan can be decided; this one is " + std::string{holdStateText(hold.state)} + ".");
}

}  // namespace tenants::sqlite
