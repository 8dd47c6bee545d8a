#include "tenants/sqlite/onboarding_tables.h"

#include <cstdint>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kInsertInvitation =
    "INSERT INTO invitation (state_hash, merchant_row, account_choice, only_appid, created_ms, expires_ms, openings,"
    " openings_from_ms) SELECT :state, row, :choice, :only, :created, :expires, 0, 0 FROM merchant"
    " WHERE id = :merchant AND component_appid = :component";
constexpr const char* kSelectInvitation =
    "SELECT state_hash, merchant.id, account_choice, only_appid, invitation.created_ms, expires_ms, completed_ms "
    "FROM invitation JOIN merchant ON merchant.row = merchant_row "
    "WHERE component_appid = :component AND state_hash = :state";
constexpr const char* kSelectInvitationOfAccount =
    "SELECT state_hash, merchant.id, account_choice, only_appid, invitation.created_ms, expires_ms, completed_ms "
    "FROM invitation JOIN merchant ON merchant.row = merchant_row "
    "WHERE component_appid = :component AND only_appid = :appid AND only_appid <> '' AND expires_ms > :now AND "
    "completed_ms IS NULL "
    "ORDER BY invitation.created_ms DESC LIMIT 1";
// Of the values on the right all are the old ones. A clock that was set back begins a new period too.
constexpr const char* kCountOpening =
    "UPDATE invitation SET"
    " openings = CASE WHEN :now - openings_from_ms BETWEEN 0 AND :period - 1 THEN openings + 1 ELSE 1 END,"
    " openings_from_ms = CASE WHEN :now - openings_from_ms BETWEEN 0 AND :period - 1 THEN openings_from_ms ELSE :now "
    "END "
    "WHERE state_hash = :state AND (openings < :most OR :now - openings_from_ms NOT BETWEEN 0 AND :period - 1)";
constexpr const char* kCompleteInvitation =
    "UPDATE invitation SET completed_ms = coalesce(completed_ms, :now) WHERE state_hash = :state";
constexpr const char* kEraseEnded[] = {
    "DELETE FROM platform_event WHERE id IN (SELECT id FROM platform_event "
    "WHERE component_appid = :component AND handled_ms < :before LIMIT :rows)",
    "DELETE FROM claimed_code WHERE rowid IN (SELECT rowid FROM claimed_code "
    "WHERE component_appid = :component AND claimed_ms < :before LIMIT :rows)",
    "DELETE FROM authorization_link WHERE rowid IN (SELECT rowid FROM authorization_link "
    "WHERE component_appid = :component AND expires_ms < :before LIMIT :rows)",
    "DELETE FROM invitation WHERE rowid IN (SELECT invitation.rowid FROM invitation "
    "JOIN merchant ON merchant.row = merchant_row WHERE component_appid = :component AND expires_ms < :before "
    "LIMIT :rows)"};

std::optional<Invitation> invitationOf(Query& row) {
    if (!row.next()) return std::nullopt;
    return Invitation{row.text(0),
                      MerchantId{row.text(1)},
                      static_cast<AccountChoice>(row.number(2)),
                      AppId{row.text(3)},
                      row.time(4),
                      row.time(5),
                      row.timeIfAny(6)};
}

}  // namespace

Result<Done> OnboardingTables::addInvitation(const Invitation& invitation) {
    PreparedStatement insert{database_, kInsertInvitation};
    const int rows = Query{insert}
                         .bind(":component", component_)
                         .bind(":state", invitation.state_hash)
                         .bind(":merchant", invitation.merchant)
                         .bind(":choice", static_cast<std::int64_t>(invitation.choice))
                         .bind(":only", invitation.only)
                         .bind(":created", invitation.created_at)
                         .bind(":expires", invitation.expires_at)
                         .run();
    if (rows == 0) return Error{ErrorCode::kNotFound, "There is no such merchant."};
    return Done{};
}

Result<std::optional<Invitation>> OnboardingTables::findInvitation(const std::string& state_hash) {
    PreparedStatement select{database_, kSelectInvitation};
    Query row{select};
    row.bind(":component", component_).bind(":state", state_hash);
    return invitationOf(row);
}

Result<std::optional<Invitation>> OnboardingTables::findInvitationOfAccount(const AppId& appid, UtcTime now) {
    PreparedStatement select{database_, kSelectInvitationOfAccount};
    Query row{select};
    row.bind(":component", component_).bind(":appid", appid).bind(":now", now);
    return invitationOf(row);
}

Result<bool> OnboardingTables::countOpening(const std::string& state_hash, UtcTime now, const OpeningLimit& limit) {
    PreparedStatement update{database_, kCountOpening};
    return Query{update}
               .bind(":state", state_hash)
               .bind(":now", now)
               .bind(":period", static_cast<std::int64_t>(limit.period.count()))
               .bind(":most", static_cast<std::int64_t>(limit.openings_max))
               .run() == 1;
}

Result<Done> OnboardingTables::completeInvitation(const std::string& state_hash, UtcTime now) {
    PreparedStatement update{database_, kCompleteInvitation};
    Query{update}.bind(":state", state_hash).bind(":now", now).run();
    return Done{};
}

Result<std::size_t> OnboardingTables::eraseEnded(UtcTime before, std::size_t rows_max) {
    std::size_t erased = 0;
    for (const char* const sql : kEraseEnded) {
        PreparedStatement remove{database_, sql};
        const int rows = Query{remove}
                             .bind(":component", component_)
                             .bind(":before", before)
                             .bind(":rows", static_cast<std::int64_t>(rows_max))
                             .run();
        erased += static_cast<std::size_t>(rows);
    }
    return erased;
}

}  // namespace tenants::sqlite
