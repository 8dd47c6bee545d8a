#pragma once

#include "tenants/authorization/authorization_store.h"
#include "tenants/sqlite/audit_table.h"
#include "tenants/sqlite/authorization_directory.h"
#include "tenants/sqlite/authorization_seals.h"
#include "tenants/sqlite/authorization_tables.h"
#include "tenants/sqlite/onboarding_tables.h"
#include "tenants/sqlite/writer.h"

namespace tenants::sqlite {

/// The authorizations' port over the writer and the directory. Look-ups of links and events go through the writer too,
/// so that no event loop waits for the disk; they throw std::runtime_error where the store is unavailable. All that it
/// borrows must outlive it.
class SqliteAuthorizationStore final : public AuthorizationStore {
public:
    SqliteAuthorizationStore(Writer& writer, AuthorizationTables& tables, AuthorizationDirectory& directory,
                             const AuthorizationSeals& seals, AuditTable& audit)
        : writer_(writer),
          tables_(tables),
          onboarding_(writer.database(), seals.component()),
          directory_(directory),
          seals_(seals),
          audit_(audit) {}

    std::shared_ptr<const Authorization> find(const MerchantId& merchant) const override;
    std::shared_ptr<const Authorization> findByAppId(const AppId& appid) const override;
    std::vector<std::shared_ptr<const Authorization>> expiringBefore(UtcTime until) const override;
    Task<Result<std::shared_ptr<const Authorization>>> save(Authorization next) override;

    std::shared_ptr<const ComponentState> component() const override;
    Task<Result<Done>> saveTicket(SharedSecret ticket, UtcTime created_at) override;
    Task<Result<Done>> saveComponentToken(SharedSecret access_token, UtcTime expires_at) override;

    Task<Result<Done>> addLink(AuthorizationLink link) override;
    Task<std::optional<AuthorizationLink>> findLinkByState(std::string state_hash) override;
    Task<std::optional<AuthorizationLink>> findLinkByPreAuthCode(std::string pre_auth_code_hash) override;
    Task<bool> knowsCode(std::string code_hash) override;
    Task<Result<Done>> rememberCode(std::string code_hash, UtcTime now) override;

    Task<Result<std::optional<PlatformEvent>>> addEvent(PlatformEvent event) override;
    Task<bool> knowsEvent(std::string dedupe_key) override;
    Task<Result<Done>> markEventHandled(std::int64_t event, UtcTime now) override;
    Task<std::vector<PlatformEvent>> unhandledEvents() override;

    Task<Result<Done>> addInvitation(Invitation invitation, AuditNote note = {}) override;
    Task<std::optional<Invitation>> findInvitation(std::string state_hash) override;
    Task<std::optional<Invitation>> findInvitationOfAccount(AppId appid, UtcTime now) override;
    Task<Result<bool>> countOpening(std::string state_hash, UtcTime now, OpeningLimit limit) override;
    Task<Result<Done>> completeInvitation(std::string state_hash, UtcTime now) override;

    Task<Result<std::size_t>> eraseEnded(UtcTime before, std::size_t rows_max) override;

private:
    Writer& writer_;
    AuthorizationTables& tables_;
    OnboardingTables onboarding_;
    AuthorizationDirectory& directory_;
    const AuthorizationSeals& seals_;
    AuditTable& audit_;
};

}  // namespace tenants::sqlite
