#include "tests/support/memory_store.h"

#include <algorithm>

namespace test_support {

using namespace tenants;

namespace {

Error notFound() {
    return {ErrorCode::kNotFound, "There is no such thing."};
}
Error taken() {
    return {ErrorCode::kConflict, "It is there already."};
}
Error tooLate() {
    return {ErrorCode::kPreconditionFailed, "Somebody was faster."};
}

/// Puts a changed copy in the place of `item`; a repeated revocation keeps the first time.
template <class Revocable>
Revocable revoked(std::shared_ptr<const Revocable>& item, UtcTime now) {
    Revocable changed = *item;
    if (!changed.revoked_at) changed.revoked_at = now;
    item = std::make_shared<const Revocable>(changed);
    return changed;
}

/// Erases the first `rows_max` items that have ended; gives their number.
template <class Items, class Ended>
std::size_t eraseSome(Items& items, std::size_t rows_max, const Ended& ended) {
    std::size_t erased = 0;
    for (auto item = items.begin(); item != items.end() && erased < rows_max;) {
        if (!ended(*item)) {
            ++item;
            continue;
        }
        item = items.erase(item);
        ++erased;
    }
    return erased;
}

}  // namespace

std::shared_ptr<const Merchant> MemoryMerchants::find(const MerchantId& merchant) const {
    const std::scoped_lock lock{mutex_};
    const auto found = merchants_.find(merchant);
    return found == merchants_.end() ? nullptr : asNow(found->second);
}

/// With WeChat's numbers as scans have left them.
std::shared_ptr<const Merchant> MemoryMerchants::asNow(const std::shared_ptr<const Merchant>& stored) const {
    auto merchant = std::make_shared<Merchant>(*stored);
    ledger_.withQuotas([&merchant](const MemoryQuotas& quotas) {
        merchant->upstream_day_free = quotas.account(merchant->id).day_free;
        merchant->upstream_pack_units = quotas.account(merchant->id).pack_units;
    });
    return merchant;
}

std::vector<std::shared_ptr<const Merchant>> MemoryMerchants::list(const MerchantId& after, std::size_t count) const {
    const std::scoped_lock lock{mutex_};
    std::vector<std::shared_ptr<const Merchant>> page;
    for (auto next = merchants_.upper_bound(after); next != merchants_.end() && page.size() < count; ++next) {
        page.push_back(asNow(next->second));
    }
    return page;
}

Task<Result<Done>> MemoryMerchants::add(Merchant merchant, AuditNote note) {
    if (auto fault = faults_.check("add")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    if (merchants_.contains(merchant.id)) co_return taken();
    ledger_.withQuotas([&merchant](MemoryQuotas& quotas) {
        quotas.add(merchant.id, {merchant.day_limit, merchant.upstream_day_free, merchant.upstream_pack_units});
    });
    const MerchantId id = merchant.id;
    merchants_.emplace(id, std::make_shared<const Merchant>(std::move(merchant)));
    audit_.add(note.on("merchant.create", id, ""));
    co_return Done{};
}

Task<Result<Merchant>> MemoryMerchants::update(Merchant changed, UtcTime now, UpstreamQuotaChange upstream,
                                               AuditNote note) {
    if (auto fault = faults_.check("update")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    const auto found = merchants_.find(changed.id);
    if (found == merchants_.end()) co_return notFound();
    if (found->second->version != changed.version) co_return tooLate();
    ledger_.withQuotas([&](MemoryQuotas& quotas) {
        quotas.setDayLimit(changed.id, changed.day_limit, now);
        quotas.setUpstream(changed.id, upstream, now);
    });
    const Merchant& before = *found->second;
    const bool differs = before.name != changed.name || before.suspended != changed.suspended ||
                         before.suspended_reason != changed.suspended_reason || before.day_limit != changed.day_limit;
    if (differs || upstream.day_free || upstream.pack_units) {
        audit_.add(note.on("merchant.update", changed.id, ""));
    }
    ++changed.version;
    found->second = std::make_shared<const Merchant>(changed);
    co_return *asNow(found->second);
}

std::shared_ptr<const ApiKey> MemoryMerchants::findKey(std::string_view lookup) const {
    const std::scoped_lock lock{mutex_};
    const auto found = std::ranges::find_if(keys_, [lookup](const auto& key) { return key->lookup == lookup; });
    return found == keys_.end() ? nullptr : *found;
}

std::vector<std::shared_ptr<const ApiKey>> MemoryMerchants::keysOf(const MerchantId& merchant) const {
    const std::scoped_lock lock{mutex_};
    std::vector<std::shared_ptr<const ApiKey>> own;
    std::ranges::copy_if(keys_, std::back_inserter(own),
                         [&merchant](const auto& key) { return key->merchant == merchant; });
    std::ranges::stable_sort(own, {}, [](const auto& key) { return key->created_at; });
    return own;
}

Task<Result<Done>> MemoryMerchants::addKey(ApiKey key, AuditNote note) {
    if (auto fault = faults_.check("addKey")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    if (!merchants_.contains(key.merchant)) co_return notFound();
    const bool there = std::ranges::any_of(
        keys_, [&key](const auto& known) { return known->lookup == key.lookup || known->id == key.id; });
    if (there) co_return taken();
    audit_.add(note.on("key.create", key.merchant, "keys/" + key.id.text()));
    keys_.push_back(std::make_shared<const ApiKey>(std::move(key)));
    co_return Done{};
}

Task<Result<ApiKey>> MemoryMerchants::revokeKey(MerchantId merchant, KeyId key, UtcTime now, AuditNote note) {
    if (auto fault = faults_.check("revokeKey")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    const auto found =
        std::ranges::find_if(keys_, [&](const auto& known) { return known->merchant == merchant && known->id == key; });
    if (found == keys_.end()) co_return notFound();
    if (!(*found)->revoked_at) audit_.add(note.on("key.revoke", merchant, "keys/" + key.text()));
    co_return revoked(*found, now);
}

std::shared_ptr<const AdminToken> MemoryMerchants::findAdminToken(std::string_view lookup) const {
    const std::scoped_lock lock{mutex_};
    const auto found = std::ranges::find_if(tokens_, [lookup](const auto& token) { return token->lookup == lookup; });
    return found == tokens_.end() ? nullptr : *found;
}

std::vector<std::shared_ptr<const AdminToken>> MemoryMerchants::adminTokens() const {
    const std::scoped_lock lock{mutex_};
    return tokens_;
}

Task<Result<Done>> MemoryMerchants::addAdminToken(AdminToken token, AuditNote note) {
    if (auto fault = faults_.check("addAdminToken")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    const bool there = std::ranges::any_of(
        tokens_, [&token](const auto& known) { return known->lookup == token.lookup || known->id == token.id; });
    if (there) co_return taken();
    audit_.add(note.on("admin_token.create", {}, "admin-tokens/" + token.id.text()));
    tokens_.push_back(std::make_shared<const AdminToken>(std::move(token)));
    co_return Done{};
}

Task<Result<AdminToken>> MemoryMerchants::revokeAdminToken(KeyId token, UtcTime now, AuditNote note) {
    if (auto fault = faults_.check("revokeAdminToken")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    const auto found = std::ranges::find_if(tokens_, [&token](const auto& known) { return known->id == token; });
    if (found == tokens_.end()) co_return notFound();
    if (!(*found)->revoked_at) audit_.add(note.on("admin_token.revoke", {}, "admin-tokens/" + token.text()));
    co_return revoked(*found, now);
}

std::shared_ptr<const Authorization> MemoryAuthorizations::find(const MerchantId& merchant) const {
    const std::scoped_lock lock{mutex_};
    const auto found = authorizations_.find(merchant);
    return found == authorizations_.end() ? nullptr : found->second;
}

std::shared_ptr<const Authorization> MemoryAuthorizations::findByAppId(const AppId& appid) const {
    const std::scoped_lock lock{mutex_};
    for (const auto& [merchant, authorization] : authorizations_) {
        if (authorization->appid == appid) return authorization;
    }
    return nullptr;
}

std::vector<std::shared_ptr<const Authorization>> MemoryAuthorizations::expiringBefore(UtcTime until) const {
    const std::scoped_lock lock{mutex_};
    std::vector<std::shared_ptr<const Authorization>> expiring;
    for (const auto& [merchant, authorization] : authorizations_) {
        if (!authorization->withdrawn && authorization->access_expires_at < until) expiring.push_back(authorization);
    }
    std::ranges::stable_sort(expiring, {}, [](const auto& authorization) { return authorization->access_expires_at; });
    return expiring;
}

Task<Result<std::shared_ptr<const Authorization>>> MemoryAuthorizations::save(Authorization next) {
    if (auto fault = faults_.check("save")) co_return *std::move(fault);
    if (const auto delay = faults_.delayOf("save")) co_await delay->pass();
    std::shared_ptr<const Authorization> stored;
    {
        const std::scoped_lock lock{mutex_};
        const auto known = authorizations_.find(next.merchant);
        const std::int64_t generation = known == authorizations_.end() ? 0 : known->second->generation;
        if (generation != next.generation) co_return tooLate();
        for (const auto& [merchant, other] : authorizations_) {
            if (merchant != next.merchant && other->appid == next.appid) co_return taken();
        }
        ++next.generation;
        stored = std::make_shared<const Authorization>(std::move(next));
        authorizations_.insert_or_assign(stored->merchant, stored);
    }
    faults_.written("save");
    co_return stored;
}

std::shared_ptr<const ComponentState> MemoryAuthorizations::component() const {
    const std::scoped_lock lock{mutex_};
    return component_;
}

Task<Result<Done>> MemoryAuthorizations::saveTicket(SharedSecret ticket, UtcTime created_at) {
    if (auto fault = faults_.check("saveTicket")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    if (component_->ticket != nullptr && created_at < component_->ticket_created_at) co_return Done{};
    ComponentState next = *component_;
    next.ticket = std::move(ticket);
    next.ticket_created_at = created_at;
    component_ = std::make_shared<const ComponentState>(std::move(next));
    co_return Done{};
}

Task<Result<Done>> MemoryAuthorizations::saveComponentToken(SharedSecret access_token, UtcTime expires_at) {
    if (auto fault = faults_.check("saveComponentToken")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    ComponentState next = *component_;
    next.access_token = std::move(access_token);
    next.access_expires_at = expires_at;
    component_ = std::make_shared<const ComponentState>(std::move(next));
    co_return Done{};
}

Task<Result<Done>> MemoryAuthorizations::addLink(AuthorizationLink link) {
    if (auto fault = faults_.check("addLink")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    links_.push_back(std::move(link));
    co_return Done{};
}

Task<std::optional<AuthorizationLink>> MemoryAuthorizations::findLinkByState(std::string state_hash) {
    const std::scoped_lock lock{mutex_};
    for (const AuthorizationLink& link : links_) {
        if (link.state_hash == state_hash) co_return link;
    }
    co_return std::nullopt;
}

Task<std::optional<AuthorizationLink>> MemoryAuthorizations::findLinkByPreAuthCode(std::string pre_auth_code_hash) {
    const std::scoped_lock lock{mutex_};
    for (const AuthorizationLink& link : links_) {
        if (link.pre_auth_code_hash == pre_auth_code_hash) co_return link;
    }
    co_return std::nullopt;
}

Task<bool> MemoryAuthorizations::knowsCode(std::string code_hash) {
    const std::scoped_lock lock{mutex_};
    co_return codes_.contains(code_hash);
}

Task<Result<Done>> MemoryAuthorizations::rememberCode(std::string code_hash, UtcTime now) {
    if (auto fault = faults_.check("rememberCode")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    codes_.try_emplace(std::move(code_hash), now);
    co_return Done{};
}

Task<Result<std::optional<PlatformEvent>>> MemoryAuthorizations::addEvent(PlatformEvent event) {
    if (auto fault = faults_.check("addEvent")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    for (const PlatformEvent& known : events_) {
        if (known.dedupe_key == event.dedupe_key) co_return std::optional<PlatformEvent>{};
    }
    event.id = ++last_event_;
    events_.push_back(event);
    co_return std::optional<PlatformEvent>{std::move(event)};
}

Task<bool> MemoryAuthorizations::knowsEvent(std::string dedupe_key) {
    const std::scoped_lock lock{mutex_};
    co_return std::ranges::any_of(events_,
                                  [&dedupe_key](const PlatformEvent& known) { return known.dedupe_key == dedupe_key; });
}

Task<Result<Done>> MemoryAuthorizations::markEventHandled(std::int64_t event, UtcTime now) {
    if (auto fault = faults_.check("markEventHandled")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    handled_.try_emplace(event, now);
    co_return Done{};
}

Task<std::vector<PlatformEvent>> MemoryAuthorizations::unhandledEvents() {
    const std::scoped_lock lock{mutex_};
    std::vector<PlatformEvent> waiting;
    std::ranges::copy_if(events_, std::back_inserter(waiting),
                         [this](const PlatformEvent& event) { return !handled_.contains(event.id); });
    co_return waiting;
}

Task<Result<Done>> MemoryReconciliations::save(ReconciliationReport report, std::optional<AuditNote> note) {
    if (auto fault = faults_.check("saveReport")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    if (note) audit_.add(note->on("reconciliation.create", {}, "reconciliations/" + report.id.text()));
    const auto known = std::ranges::find(reports_, report.id, &ReconciliationReport::id);
    if (known != reports_.end()) {
        *known = std::move(report);
    } else {
        reports_.push_back(std::move(report));
    }
    if (reports_.size() > kReportsKept) reports_.erase(reports_.begin());
    co_return Done{};
}

Task<std::optional<ReconciliationReport>> MemoryReconciliations::find(ReconciliationId id) {
    const std::scoped_lock lock{mutex_};
    const auto known = std::ranges::find(reports_, id, &ReconciliationReport::id);
    if (known == reports_.end()) co_return std::nullopt;
    co_return *known;
}

Task<std::vector<ReconciliationReport>> MemoryReconciliations::newest(std::size_t count) {
    const std::scoped_lock lock{mutex_};
    std::vector<ReconciliationReport> newest;
    for (auto report = reports_.rbegin(); report != reports_.rend() && newest.size() < count; ++report) {
        newest.push_back(*report);
        newest.back().differences.clear();
    }
    co_return newest;
}

Task<Result<Done>> MemoryAuthorizations::addInvitation(Invitation invitation, AuditNote note) {
    if (auto fault = faults_.check("addInvitation")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    std::string key = invitation.state_hash;
    audit_.add(note.on("authorization_link.create", invitation.merchant, "authorization-links/" + key.substr(0, 16)));
    invitations_.emplace(std::move(key), Opened{std::move(invitation), {}, 0});
    co_return Done{};
}

Task<std::optional<Invitation>> MemoryAuthorizations::findInvitation(std::string state_hash) {
    const std::scoped_lock lock{mutex_};
    const auto found = invitations_.find(state_hash);
    if (found == invitations_.end()) co_return std::nullopt;
    co_return found->second.invitation;
}

Task<std::optional<Invitation>> MemoryAuthorizations::findInvitationOfAccount(AppId appid, UtcTime now) {
    const std::scoped_lock lock{mutex_};
    std::optional<Invitation> newest;
    for (const auto& [hash, opened] : invitations_) {
        const Invitation& one = opened.invitation;
        if (appid.empty() || one.only != appid || one.expires_at <= now || one.completed_at) continue;
        if (!newest || newest->created_at < one.created_at) newest = one;
    }
    co_return newest;
}

Task<Result<bool>> MemoryAuthorizations::countOpening(std::string state_hash, UtcTime now, OpeningLimit limit) {
    if (auto fault = faults_.check("countOpening")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    const auto found = invitations_.find(state_hash);
    if (found == invitations_.end()) co_return false;
    Opened& opened = found->second;
    const auto age = now - opened.openings_from;
    if (age < std::chrono::milliseconds{0} || age >= limit.period) {
        opened.openings_from = now;
        opened.openings = 0;
    }
    if (opened.openings >= limit.openings_max) co_return false;
    ++opened.openings;
    co_return true;
}

Task<Result<Done>> MemoryAuthorizations::completeInvitation(std::string state_hash, UtcTime now) {
    if (auto fault = faults_.check("completeInvitation")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    const auto found = invitations_.find(state_hash);
    if (found != invitations_.end() && !found->second.invitation.completed_at) {
        found->second.invitation.completed_at = now;
    }
    co_return Done{};
}

Task<Result<std::size_t>> MemoryAuthorizations::eraseEnded(UtcTime before, std::size_t rows_max) {
    if (auto fault = faults_.check("eraseEnded")) co_return *std::move(fault);
    const std::scoped_lock lock{mutex_};
    co_return eraseSome(events_, rows_max,
                        [this, before](const PlatformEvent& event) {
                            const auto handled = handled_.find(event.id);
                            return handled != handled_.end() && handled->second < before;
                        }) +
        eraseSome(codes_, rows_max, [before](const auto& claim) { return claim.second < before; }) +
        eraseSome(links_, rows_max, [before](const AuthorizationLink& link) { return link.expires_at < before; }) +
        eraseSome(invitations_, rows_max,
                  [before](const auto& row) { return row.second.invitation.expires_at < before; });
}

}  // namespace test_support
