#include "tenants/sqlite/authorization_tables.h"

#include <charconv>
#include <stdexcept>
#include <utility>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectAuthorizations =
    "SELECT merchant.id, appid, withdrawn, grants_stale, granted_sets, account_kind, account_verified, account_status,"
    " nick_name, event_ms, changed_ms, sealed_access_token, access_expires_ms, sealed_refresh_token,"
    " sealed_previous_refresh_token, trouble, generation, ocr_was_granted "
    "FROM authorization JOIN merchant ON merchant.row = authorization.merchant_row "
    "WHERE authorization.component_appid = :component";
constexpr const char* kSelectMerchantRow =
    "SELECT row FROM merchant WHERE id = :merchant AND component_appid = :component";
constexpr const char* kSelectGeneration = "SELECT generation FROM authorization WHERE merchant_row = :merchant";
constexpr const char* kSelectOtherOwner =
    "SELECT 1 FROM authorization WHERE component_appid = :component AND appid = :appid AND merchant_row <> :merchant";
constexpr const char* kDeleteAuthorization = "DELETE FROM authorization WHERE merchant_row = :merchant";
constexpr const char* kInsertAuthorization =
    "INSERT INTO authorization (merchant_row, component_appid, appid, withdrawn, grants_stale, granted_sets, "
    "account_kind,"
    " account_verified, account_status, nick_name, event_ms, changed_ms, sealed_access_token, access_expires_ms,"
    " sealed_refresh_token, sealed_previous_refresh_token, trouble, generation, ocr_was_granted) VALUES (:merchant, "
    ":component, :appid, "
    ":withdrawn,"
    " :stale, :sets, :kind, :verified, :status, :nick_name, :event, :changed, :access, :access_expires, :refresh,"
    " :previous_refresh, :trouble, :generation, :ocr_was_granted)";
constexpr const char* kSelectComponent =
    "SELECT version, sealed_ticket, ticket_created_ms, sealed_access_token, access_expires_ms FROM component_state "
    "WHERE appid = :appid";
constexpr const char* kUpsertComponent =
    "INSERT INTO component_state (appid, version, sealed_ticket, ticket_created_ms, sealed_access_token,"
    " access_expires_ms) VALUES (:appid, :version, :ticket, :ticket_created, :access, :access_expires) "
    "ON CONFLICT (appid) DO UPDATE SET version = :version, sealed_ticket = :ticket,"
    " ticket_created_ms = :ticket_created, sealed_access_token = :access, access_expires_ms = :access_expires";
constexpr const char* kInsertLink =
    "INSERT INTO authorization_link (component_appid, state_hash, pre_auth_code_hash, merchant_row, created_ms, "
    "expires_ms, invitation_hash) "
    "VALUES (:component, :state, :code, :merchant, :created, :expires, :invitation) ON CONFLICT DO NOTHING";
constexpr const char* kSelectLinkByState =
    "SELECT state_hash, pre_auth_code_hash, merchant.id, authorization_link.created_ms, expires_ms, invitation_hash "
    "FROM authorization_link JOIN merchant ON merchant.row = merchant_row "
    "WHERE authorization_link.component_appid = :component AND state_hash = :hash";
constexpr const char* kSelectLinkByCode =
    "SELECT state_hash, pre_auth_code_hash, merchant.id, authorization_link.created_ms, expires_ms, invitation_hash "
    "FROM authorization_link JOIN merchant ON merchant.row = merchant_row "
    "WHERE authorization_link.component_appid = :component AND pre_auth_code_hash = :hash";
// The table is named after what its rows meant at first: that somebody was about to exchange the code.
constexpr const char* kSelectCode =
    "SELECT 1 FROM claimed_code WHERE component_appid = :component AND code_hash = :code";
constexpr const char* kInsertCode =
    "INSERT INTO claimed_code (component_appid, code_hash, claimed_ms) VALUES (:component, :code, :now) "
    "ON CONFLICT DO NOTHING";
constexpr const char* kInsertEvent =
    "INSERT INTO platform_event (component_appid, dedupe_key, info_type, appid, sealed_authorization_code,"
    " pre_auth_code_hash, created_ms, received_ms) VALUES (:component, :key, :type, :appid, :code, :pre_auth_code,"
    " :created, :received) ON CONFLICT (component_appid, dedupe_key) DO NOTHING";
constexpr const char* kSelectEventKey =
    "SELECT 1 FROM platform_event WHERE component_appid = :component AND dedupe_key = :key";
constexpr const char* kMarkEventHandled =
    "UPDATE platform_event SET handled_ms = coalesce(handled_ms, :now), sealed_authorization_code = NULL "
    "WHERE component_appid = :component AND id = :event";
constexpr const char* kSelectUnhandledEvents =
    "SELECT id, dedupe_key, info_type, appid, sealed_authorization_code, pre_auth_code_hash, created_ms, received_ms "
    "FROM platform_event WHERE component_appid = :component AND handled_ms IS NULL ORDER BY id";

std::string textOf(const std::set<int>& granted_sets) {
    std::string text;
    for (const int set : granted_sets) text += std::to_string(set) + " ";
    return text;
}

std::set<int> grantedSetsOf(std::string_view text) {
    std::set<int> sets;
    while (!text.empty()) {
        int set = 0;
        const char* const end = text.data() + text.size();
        const auto [next, error] = std::from_chars(text.data(), end, set);
        if (error != std::errc{} || next == end || *next != ' ') {
            throw std::runtime_error("stored permission sets are malformed");
        }
        sets.insert(set);
        text.remove_prefix(static_cast<std::size_t>(next - text.data()) + 1);
    }
    return sets;
}

Authorization authorizationOf(const Query& row, const AuthorizationSeals& seals) {
    Authorization authorization;
    authorization.merchant = MerchantId{row.text(0)};
    authorization.appid = AppId{row.text(1)};
    authorization.withdrawn = row.flag(2);
    authorization.grants_stale = row.flag(3);
    authorization.granted_sets = grantedSetsOf(row.text(4));
    authorization.account = {static_cast<AccountKind>(row.number(5)), row.flag(6), static_cast<int>(row.number(7)),
                             row.text(8)};
    authorization.event_at = row.time(9);
    authorization.changed_at = row.time(10);
    authorization.access_expires_at = row.time(12);
    authorization.trouble = row.text(15);
    authorization.generation = row.number(16);
    authorization.ocr_was_granted = row.flag(17);
    const auto open = [&](std::string_view column, int number) {
        if (row.isNull(number)) return SharedSecret{};
        return seals.openToken(authorization.merchant, column, authorization.generation, row.blob(number));
    };
    authorization.access_token = open("access_token", 11);
    authorization.refresh_token = open("refresh_token", 13);
    authorization.previous_refresh_token = open("previous_refresh_token", 14);
    return authorization;
}

Error noSuchMerchant() {
    return {ErrorCode::kNotFound, "There is no such merchant."};
}

}  // namespace

void AuthorizationTables::load(AuthorizationDirectory& directory) {
    PreparedStatement select{database_, kSelectAuthorizations};
    Query row{select};
    row.bind(":component", seals_.component());
    while (row.next()) {
        directory.put(std::make_shared<const Authorization>(authorizationOf(row, seals_)));
    }
    directory.put(loadComponent().state);
}

Result<std::shared_ptr<const Authorization>> AuthorizationTables::save(const Authorization& next,
                                                                       const SealedTokens& tokens) {
    const std::optional<std::int64_t> merchant = merchantRow(next.merchant);
    if (!merchant) return noSuchMerchant();
    PreparedStatement select_generation{database_, kSelectGeneration};
    {
        Query stored{select_generation};
        stored.bind(":merchant", *merchant);
        const std::int64_t generation = stored.next() ? stored.number(0) : 0;
        if (generation != next.generation) {
            return Error{ErrorCode::kPreconditionFailed, "The authorization was changed meanwhile."};
        }
    }
    PreparedStatement select_other{database_, kSelectOtherOwner};
    if (Query{select_other}
            .bind(":component", seals_.component())
            .bind(":appid", next.appid)
            .bind(":merchant", *merchant)
            .next()) {
        return Error{ErrorCode::kConflict, "The account is bound to another merchant."};
    }

    auto stored = std::make_shared<Authorization>(next);
    stored->generation = next.generation + 1;
    const std::string sets = textOf(next.granted_sets);
    PreparedStatement remove{database_, kDeleteAuthorization};
    Query{remove}.bind(":merchant", *merchant).run();
    PreparedStatement insert{database_, kInsertAuthorization};
    Query{insert}
        .bind(":merchant", *merchant)
        .bind(":component", seals_.component())
        .bind(":appid", next.appid)
        .bind(":withdrawn", next.withdrawn)
        .bind(":stale", next.grants_stale)
        .bind(":sets", sets)
        .bind(":kind", static_cast<std::int64_t>(next.account.kind))
        .bind(":verified", next.account.verified)
        .bind(":status", static_cast<std::int64_t>(next.account.account_status))
        .bind(":nick_name", next.account.nick_name)
        .bind(":event", next.event_at)
        .bind(":changed", next.changed_at)
        .bindBlob(":access", tokens.access_token)
        .bind(":access_expires", next.access_expires_at)
        .bindBlob(":refresh", tokens.refresh_token)
        .bindBlob(":previous_refresh", tokens.previous_refresh_token)
        .bind(":trouble", next.trouble)
        .bind(":generation", stored->generation)
        .bind(":ocr_was_granted", next.ocr_was_granted)
        .run();
    return std::shared_ptr<const Authorization>{std::move(stored)};
}

Result<ComponentState> AuthorizationTables::saveTicket(const SharedSecret& ticket, UtcTime created_at) {
    VersionedComponent component = loadComponent();
    if (component.state.ticket != nullptr && created_at < component.state.ticket_created_at) return component.state;
    component.state.ticket = ticket;
    component.state.ticket_created_at = created_at;
    storeComponent(component);
    return component.state;
}

Result<ComponentState> AuthorizationTables::saveComponentToken(const SharedSecret& access_token, UtcTime expires_at) {
    VersionedComponent component = loadComponent();
    component.state.access_token = access_token;
    component.state.access_expires_at = expires_at;
    storeComponent(component);
    return component.state;
}

AuthorizationTables::VersionedComponent AuthorizationTables::loadComponent() {
    PreparedStatement select{database_, kSelectComponent};
    Query row{select};
    row.bind(":appid", seals_.component());
    if (!row.next()) return {};
    VersionedComponent component;
    component.version = row.number(0);
    component.state.ticket_created_at = row.time(2);
    component.state.access_expires_at = row.time(4);
    if (!row.isNull(1)) component.state.ticket = seals_.openComponent("ticket", component.version, row.blob(1));
    if (!row.isNull(3)) {
        component.state.access_token = seals_.openComponent("access_token", component.version, row.blob(3));
    }
    return component;
}

void AuthorizationTables::storeComponent(const VersionedComponent& component) {
    const std::int64_t version = component.version + 1;
    const std::optional<std::string> ticket = seals_.sealComponent(component.state.ticket, "ticket", version);
    const std::optional<std::string> token =
        seals_.sealComponent(component.state.access_token, "access_token", version);
    PreparedStatement upsert{database_, kUpsertComponent};
    Query{upsert}
        .bind(":appid", seals_.component())
        .bind(":version", version)
        .bindBlob(":ticket", ticket)
        .bind(":ticket_created", component.state.ticket_created_at)
        .bindBlob(":access", token)
        .bind(":access_expires", component.state.access_expires_at)
        .run();
}

Result<Done> AuthorizationTables::addLink(const AuthorizationLink& link) {
    const std::optional<std::int64_t> merchant = merchantRow(link.merchant);
    if (!merchant) return noSuchMerchant();
    PreparedStatement insert{database_, kInsertLink};
    const int rows = Query{insert}
                         .bind(":component", seals_.component())
                         .bind(":state", link.state_hash)
                         .bind(":code", link.pre_auth_code_hash)
                         .bind(":merchant", *merchant)
                         .bind(":created", link.created_at)
                         .bind(":expires", link.expires_at)
                         .bind(":invitation", link.invitation_hash)
                         .run();
    if (rows == 0) return Error{ErrorCode::kConflict, "There is such a link already."};
    return Done{};
}

Result<std::optional<AuthorizationLink>> AuthorizationTables::findLinkByState(const std::string& state_hash) {
    return findLink(kSelectLinkByState, state_hash);
}

Result<std::optional<AuthorizationLink>> AuthorizationTables::findLinkByPreAuthCode(
    const std::string& pre_auth_code_hash) {
    return findLink(kSelectLinkByCode, pre_auth_code_hash);
}

std::optional<AuthorizationLink> AuthorizationTables::findLink(const char* sql, const std::string& hash) {
    PreparedStatement select{database_, sql};
    Query row{select};
    row.bind(":component", seals_.component()).bind(":hash", hash);
    if (!row.next()) return std::nullopt;
    return AuthorizationLink{row.text(0), row.text(1), MerchantId{row.text(2)}, row.time(3), row.time(4), row.text(5)};
}

Result<bool> AuthorizationTables::knowsCode(const std::string& code_hash) {
    PreparedStatement select{database_, kSelectCode};
    return Query{select}.bind(":component", seals_.component()).bind(":code", code_hash).next();
}

Result<Done> AuthorizationTables::rememberCode(const std::string& code_hash, UtcTime now) {
    PreparedStatement insert{database_, kInsertCode};
    Query{insert}.bind(":component", seals_.component()).bind(":code", code_hash).bind(":now", now).run();
    return Done{};
}

Result<std::optional<PlatformEvent>> AuthorizationTables::addEvent(const PlatformEvent& event,
                                                                   const std::optional<std::string>& sealed_code) {
    PreparedStatement insert{database_, kInsertEvent};
    const int rows = Query{insert}
                         .bind(":component", seals_.component())
                         .bind(":key", event.dedupe_key)
                         .bind(":type", event.info_type)
                         .bind(":appid", event.appid)
                         .bindBlob(":code", sealed_code)
                         .bind(":pre_auth_code", event.pre_auth_code_hash)
                         .bind(":created", event.created_at)
                         .bind(":received", event.received_at)
                         .run();
    if (rows == 0) return std::optional<PlatformEvent>{};
    PlatformEvent stored = event;
    stored.id = database_.getLastInsertRowid();
    return std::optional{std::move(stored)};
}

Result<bool> AuthorizationTables::knowsEvent(const std::string& dedupe_key) {
    PreparedStatement select{database_, kSelectEventKey};
    return Query{select}.bind(":component", seals_.component()).bind(":key", dedupe_key).next();
}

Result<Done> AuthorizationTables::markEventHandled(std::int64_t event, UtcTime now) {
    PreparedStatement update{database_, kMarkEventHandled};
    const int rows = Query{update}.bind(":component", seals_.component()).bind(":now", now).bind(":event", event).run();
    if (rows == 0) return Error{ErrorCode::kNotFound, "There is no such event."};
    return Done{};
}

Result<std::vector<PlatformEvent>> AuthorizationTables::unhandledEvents() {
    PreparedStatement select{database_, kSelectUnhandledEvents};
    std::vector<PlatformEvent> events;
    Query row{select};
    row.bind(":component", seals_.component());
    while (row.next()) {
        PlatformEvent event{row.number(0), row.text(1), row.text(2), AppId{row.text(3)},
                            nullptr,       row.text(5), row.time(6), row.time(7)};
        if (!row.isNull(4)) event.authorization_code = seals_.openCode(event.dedupe_key, row.blob(4));
        events.push_back(std::move(event));
    }
    return events;
}

std::optional<std::int64_t> AuthorizationTables::merchantRow(const MerchantId& merchant) {
    PreparedStatement select{database_, kSelectMerchantRow};
    Query row{select};
    row.bind(":merchant", merchant).bind(":component", seals_.component());
    if (!row.next()) return std::nullopt;
    return row.number(0);
}

}  // namespace tenants::sqlite
