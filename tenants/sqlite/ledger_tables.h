#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <optional>
#include <string>

#include "tenants/base/key_ring.h"
#include "tenants/base/result.h"
#include "tenants/base/sealing.h"
#include "tenants/sqlite/entry_table.h"
#include "tenants/sqlite/hold_table.h"
#include "tenants/sqlite/ledger_decisions.h"
#include "tenants/sqlite/ledger_heads.h"
#include "tenants/sqlite/prepared_statement.h"
#include "tenants/sqlite/quota_book.h"
#include "tenants/sqlite/writer.h"
#include "tenants/usage/usage_ledger.h"

namespace tenants::sqlite {

/// Where a kept reply is sealed: by the merchant and the request, which are known before there is a row.
SealedPlace replyPlace(std::string_view application, const MerchantId& merchant, const RequestId& request);

/// What the ledger's changes do to the tables. Everything here runs on the writer's thread, inside its transaction.
class LedgerTables final : public BatchParticipant {
public:
    LedgerTables(SQLite::Database& database, AuditTable& audit, const KeyRing& ring, std::string application);

    Result<ReserveOutcome> reserve(const Reservation& reservation);
    Result<std::optional<Repeat>> findRepeat(const Reservation& reservation);
    /// `entry` names the charge, should there be one; `sealed_reply` is sealed for `replyPlace`.
    Result<Settled> settle(const Settlement& settlement, const EntryId& entry,
                           const std::optional<std::string>& sealed_reply);
    Result<Done> release(const Release& release);
    Result<Done> markUnknown(const MerchantId& merchant, const RequestId& request, const std::string& reason,
                             UtcTime now);
    /// Turns at most `count` expired holds to unknown, and says how many.
    Result<std::int64_t> abandon(UtcTime before, UtcTime now, std::int64_t count);
    /// Erases at most `count` expired replies, and says how many.
    Result<std::int64_t> eraseReplies(UtcTime now, std::int64_t count);
    Result<Done> reopenUpstreamWindow(const MerchantId& merchant, UtcTime now, const AuditNote& note);
    Result<Done> takeUpstreamQuota(const MerchantId& merchant, const UpstreamQuotaTold& told, UtcTime now);
    Result<Done> keepUpstreamWord(const MerchantId& merchant, const UpstreamQuotaTold& told, UtcTime now);

    /// Where each ledger ends, for what else changes with it.
    LedgerHeads& heads() noexcept { return heads_; }
    /// `entry` names the new entry.
    Result<Receipt> correct(const Correction& correction, const EntryId& entry) {
        return decisions_.correct(correction, entry);
    }
    Result<Receipt> decide(const Decision& decision, const EntryId& entry) {
        return decisions_.decide(decision, entry);
    }

    /// For those who change what limits depend on.
    QuotaBook& quotas() noexcept { return quotas_; }
    void beforeCommit() override;
    void afterRollback() noexcept override;
    void afterCommit() noexcept override { quotas_.afterCommit(); }

private:
    Result<HoldRow> heldHold(const MerchantId& merchant, const RequestId& request);
    Repeat repeatOf(const HoldRow& hold, const Reservation& reservation);
    Settled firstResult(const HoldRow& hold);

    AuditTable& audit_;
    const KeyRing& ring_;
    const std::string application_;
    QuotaBook quotas_;
    LedgerHeads heads_;
    EntryTable entries_;
    HoldTable holds_;
    ClosedUsageTable closed_;
    LedgerDecisions decisions_;

    PreparedStatement select_first_result_;
    PreparedStatement insert_reply_;
    PreparedStatement delete_replies_;
};

}  // namespace tenants::sqlite
