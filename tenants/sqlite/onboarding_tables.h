#pragma once

#include <SQLiteCpp/Database.h>

#include <cstddef>
#include <optional>
#include <string>

#include "tenants/authorization/invitation.h"
#include "tenants/base/result.h"

namespace tenants::sqlite {

/// What invitations do to their table, and the erasing of what onboarding leaves behind, in all of its tables. Everything
/// here is of one component platform and runs on the writer's thread, inside its transaction.
class OnboardingTables {
public:
    OnboardingTables(SQLite::Database& database, const AppId& component) : database_(database), component_(component) {}

    Result<Done> addInvitation(const Invitation& invitation);
    Result<std::optional<Invitation>> findInvitation(const std::string& state_hash);
    Result<std::optional<Invitation>> findInvitationOfAccount(const AppId& appid, UtcTime now);
    Result<bool> countOpening(const std::string& state_hash, UtcTime now, const OpeningLimit& limit);
    Result<Done> completeInvitation(const std::string& state_hash, UtcTime now);

    Result<std::size_t> eraseEnded(UtcTime before, std::size_t rows_max);

private:
    SQLite::Database& database_;
    const AppId& component_;
};

}  // namespace tenants::sqlite
