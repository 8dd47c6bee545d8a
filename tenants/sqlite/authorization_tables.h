#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenants/authorization/authorization_store.h"
#include "tenants/base/result.h"
#include "tenants/sqlite/authorization_directory.h"
#include "tenants/sqlite/authorization_seals.h"

namespace tenants::sqlite {

/// What the authorizations' changes do to the tables. Everything here runs on the writer's thread, inside its
/// transaction, except `load`, which fills the directory before the writer starts.
class AuthorizationTables {
public:
    AuthorizationTables(SQLite::Database& database, const AuthorizationSeals& seals)
        : database_(database), seals_(seals) {}

    /// Throws SealBroken where a secret does not open: a key is missing, or a row was changed by other hands.
    void load(AuthorizationDirectory& directory);

    /// `tokens`: of `next`, sealed for the generation after `next.generation`.
    Result<std::shared_ptr<const Authorization>> save(const Authorization& next, const SealedTokens& tokens);

    Result<ComponentState> saveTicket(const SharedSecret& ticket, UtcTime created_at);
    Result<ComponentState> saveComponentToken(const SharedSecret& access_token, UtcTime expires_at);

    Result<Done> addLink(const AuthorizationLink& link);
    Result<std::optional<AuthorizationLink>> findLinkByState(const std::string& state_hash);
    Result<std::optional<AuthorizationLink>> findLinkByPreAuthCode(const std::string& pre_auth_code_hash);
    Result<bool> knowsCode(const std::string& code_hash);
    Result<Done> rememberCode(const std::string& code_hash, UtcTime now);

    /// `sealed_code`: of `event`.
    Result<std::optional<PlatformEvent>> addEvent(const PlatformEvent& event,
                                                  const std::optional<std::string>& sealed_code);
    Result<bool> knowsEvent(const std::string& dedupe_key);
    Result<Done> markEventHandled(std::int64_t event, UtcTime now);
    Result<std::vector<PlatformEvent>> unhandledEvents();

private:
    struct VersionedComponent {
        ComponentState state;
        std::int64_t version = 0;  // 0: there is no row yet
    };
    VersionedComponent loadComponent();
    void storeComponent(const VersionedComponent& component);
    std::optional<std::int64_t> merchantRow(const MerchantId& merchant);
    std::optional<AuthorizationLink> findLink(const char* sql, const std::string& hash);

    SQLite::Database& database_;
    const AuthorizationSeals& seals_;
};

}  // namespace tenants::sqlite
