#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tenants/authorization/authorization_store.h"
#include "tenants/authorization/reconciliation_report.h"
#include "tenants/merchant/merchant_store.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/memory_plans.h"
#include "tests/support/write_faults.h"

namespace test_support {

/// Merchants, keys and operators' tokens without a file: the rules of MerchantStore.
class MemoryMerchants final : public tenants::MerchantStore {
public:
    MemoryMerchants(WriteFaults& faults, MemoryAudit& audit, MemoryLedger& ledger)
        : faults_(faults), audit_(audit), ledger_(ledger) {}

    std::shared_ptr<const tenants::Merchant> find(const tenants::MerchantId& merchant) const override;
    std::vector<std::shared_ptr<const tenants::Merchant>> list(const tenants::MerchantId& after,
                                                               std::size_t count) const override;
    tenants::Task<tenants::Result<tenants::Done>> add(tenants::Merchant merchant,
                                                      tenants::AuditNote note = {}) override;
    using MerchantStore::update;
    tenants::Task<tenants::Result<tenants::Merchant>> update(tenants::Merchant changed, tenants::UtcTime now,
                                                             tenants::UpstreamQuotaChange upstream,
                                                             tenants::AuditNote note = {}) override;
    std::shared_ptr<const tenants::ApiKey> findKey(std::string_view lookup) const override;
    std::vector<std::shared_ptr<const tenants::ApiKey>> keysOf(const tenants::MerchantId& merchant) const override;
    tenants::Task<tenants::Result<tenants::Done>> addKey(tenants::ApiKey key, tenants::AuditNote note = {}) override;
    tenants::Task<tenants::Result<tenants::ApiKey>> revokeKey(tenants::MerchantId merchant, tenants::KeyId key,
                                                              tenants::UtcTime now,
                                                              tenants::AuditNote note = {}) override;
    std::shared_ptr<const tenants::AdminToken> findAdminToken(std::string_view lookup) const override;
    std::vector<std::shared_ptr<const tenants::AdminToken>> adminTokens() const override;
    tenants::Task<tenants::Result<tenants::Done>> addAdminToken(tenants::AdminToken token,
                                                                tenants::AuditNote note = {}) override;
    tenants::Task<tenants::Result<tenants::AdminToken>> revokeAdminToken(tenants::KeyId token, tenants::UtcTime now,
                                                                         tenants::AuditNote note = {}) override;

private:
    std::shared_ptr<const tenants::Merchant> asNow(const std::shared_ptr<const tenants::Merchant>& stored) const;

    WriteFaults& faults_;
    MemoryAudit& audit_;
    MemoryLedger& ledger_;
    mutable std::mutex mutex_;
    std::map<tenants::MerchantId, std::shared_ptr<const tenants::Merchant>> merchants_;
    std::vector<std::shared_ptr<const tenants::ApiKey>> keys_;
    std::vector<std::shared_ptr<const tenants::AdminToken>> tokens_;
};

/// Authorizations, component state, links and events without a file: the rules of AuthorizationStore.
class MemoryAuthorizations final : public tenants::AuthorizationStore {
public:
    MemoryAuthorizations(WriteFaults& faults, MemoryAudit& audit) : faults_(faults), audit_(audit) {}

    std::shared_ptr<const tenants::Authorization> find(const tenants::MerchantId& merchant) const override;
    std::shared_ptr<const tenants::Authorization> findByAppId(const tenants::AppId& appid) const override;
    std::vector<std::shared_ptr<const tenants::Authorization>> expiringBefore(tenants::UtcTime until) const override;
    tenants::Task<tenants::Result<std::shared_ptr<const tenants::Authorization>>> save(
        tenants::Authorization next) override;
    std::shared_ptr<const tenants::ComponentState> component() const override;
    tenants::Task<tenants::Result<tenants::Done>> saveTicket(tenants::SharedSecret ticket,
                                                             tenants::UtcTime created_at) override;
    tenants::Task<tenants::Result<tenants::Done>> saveComponentToken(tenants::SharedSecret access_token,
                                                                     tenants::UtcTime expires_at) override;
    tenants::Task<tenants::Result<tenants::Done>> addLink(tenants::AuthorizationLink link) override;
    tenants::Task<std::optional<tenants::AuthorizationLink>> findLinkByState(std::string state_hash) override;
    tenants::Task<std::optional<tenants::AuthorizationLink>> findLinkByPreAuthCode(
        std::string pre_auth_code_hash) override;
    tenants::Task<bool> knowsCode(std::string code_hash) override;
    tenants::Task<tenants::Result<tenants::Done>> rememberCode(std::string code_hash, tenants::UtcTime now) override;
    tenants::Task<tenants::Result<std::optional<tenants::PlatformEvent>>> addEvent(
        tenants::PlatformEvent event) override;
    tenants::Task<bool> knowsEvent(std::string dedupe_key) override;
    tenants::Task<tenants::Result<tenants::Done>> markEventHandled(std::int64_t event, tenants::UtcTime now) override;
    tenants::Task<std::vector<tenants::PlatformEvent>> unhandledEvents() override;
    tenants::Task<tenants::Result<tenants::Done>> addInvitation(tenants::Invitation invitation,
                                                                tenants::AuditNote note = {}) override;
    tenants::Task<std::optional<tenants::Invitation>> findInvitation(std::string state_hash) override;
    tenants::Task<std::optional<tenants::Invitation>> findInvitationOfAccount(tenants::AppId appid,
                                                                              tenants::UtcTime now) override;
    tenants::Task<tenants::Result<bool>> countOpening(std::string state_hash, tenants::UtcTime now,
                                                      tenants::OpeningLimit limit) override;
    tenants::Task<tenants::Result<tenants::Done>> completeInvitation(std::string state_hash,
                                                                     tenants::UtcTime now) override;
    tenants::Task<tenants::Result<std::size_t>> eraseEnded(tenants::UtcTime before, std::size_t rows_max) override;

private:
    struct Opened {
        tenants::Invitation invitation;
        tenants::UtcTime openings_from;
        int openings = 0;
    };

    WriteFaults& faults_;
    MemoryAudit& audit_;
    mutable std::mutex mutex_;
    std::map<tenants::MerchantId, std::shared_ptr<const tenants::Authorization>> authorizations_;
    std::shared_ptr<const tenants::ComponentState> component_ = std::make_shared<const tenants::ComponentState>();
    std::vector<tenants::AuthorizationLink> links_;
    std::map<std::string, tenants::UtcTime> codes_;
    std::vector<tenants::PlatformEvent> events_;
    std::int64_t last_event_ = 0;
    std::map<std::int64_t, tenants::UtcTime> handled_;
    std::map<std::string, Opened> invitations_;
};

/// Reports without a file: the rules of ReconciliationStore.
class MemoryReconciliations final : public tenants::ReconciliationStore {
public:
    MemoryReconciliations(WriteFaults& faults, MemoryAudit& audit) : faults_(faults), audit_(audit) {}

    tenants::Task<tenants::Result<tenants::Done>> save(tenants::ReconciliationReport report,
                                                       std::optional<tenants::AuditNote> note = std::nullopt) override;
    tenants::Task<std::optional<tenants::ReconciliationReport>> find(tenants::ReconciliationId id) override;
    tenants::Task<std::vector<tenants::ReconciliationReport>> newest(std::size_t count) override;

private:
    WriteFaults& faults_;
    MemoryAudit& audit_;
    std::mutex mutex_;
    std::vector<tenants::ReconciliationReport> reports_;  // oldest first
};

/// The stores over one set of faults, as the file-backed ones share one file.
struct MemoryStore {
    WriteFaults faults;
    MemoryAudit audit;
    MemoryLedger ledger{faults, audit};
    MemoryMerchants merchants{faults, audit, ledger};
    MemoryPlans plans{faults, audit, ledger};
    MemoryAuthorizations authorizations{faults, audit};
    MemoryReconciliations reconciliations{faults, audit};
};

}  // namespace test_support
