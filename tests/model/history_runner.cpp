#include "tests/model/history_runner.h"

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tenants/billing/running_sum.h"
#include "tenants/billing/statement_text.h"
#include "tenants/merchant/api_key.h"

namespace model {
namespace {

using namespace tenants;
using Json = HistoryRunner::Json;

const AppId kComponent{"wxcomponent"};
constexpr std::size_t kAll = 1'000'000;

/// Of a file that may be new.
KeyRing keyRing(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) KeyRing::create(file);
    return KeyRing::load(file);
}

UtcTime timeOf(const Json& operation, const std::string& name) {
    return UtcTime{std::chrono::milliseconds{operation.getValue<std::int64_t>(name)}};
}
std::int64_t millis(UtcTime time) {
    return time.time_since_epoch().count();
}

std::optional<std::int64_t> numberOrNone(const Json& operation, const std::string& name) {
    return operation.isNull(name) ? std::nullopt : std::optional{operation.getValue<std::int64_t>(name)};
}
std::string textOf(const Json& operation, const std::string& name) {
    return operation.getValue<std::string>(name);
}
MerchantId merchantOf(const Json& operation) {
    return MerchantId{textOf(operation, "merchant")};
}

PlanVersionId versionOf(const std::string& text) {
    const std::size_t at = text.find('@');
    return {PlanId{text.substr(0, at)}, std::stoll(text.substr(at + 1))};
}

Period periodOf(const Json& operation) {
    return Period::parse(textOf(operation, "period")).value();
}

Json done() {
    Json said;
    said.set("ok", true);
    return said;
}
Json refused(const Error& error) {
    Json said;
    said.set("error", std::string{stableCode(error.code)});
    if (error.replayed) said.set("replayed", true);
    return said;
}
template <class T>
Json doneOr(const Result<T>& result) {
    return result ? done() : refused(result.error());
}

Json shown(const Receipt& receipt) {
    Json said;
    said.set("entry", receipt.number);
    said.set("period", receipt.period.text());
    return said;
}
Json receiptOr(const Result<Receipt>& result) {
    return result ? shown(*result) : refused(result.error());
}

/// The audit's line of a deed.
AuditNote noteOf(const Json& operation, std::string action, UtcTime now) {
    AuditNote note;
    note.actor = KeyId{"adm_model"};
    note.action = std::move(action);
    note.merchant = merchantOf(operation);
    note.reason = textOf(operation, "reason");
    note.request_id = "req_of_the_model";
    note.at = now;
    return note;
}

Task<void> keepResult(Task<Result<ScanOutput>> scan, std::shared_ptr<ScriptedScan> scripted) {
    scripted->result.emplace(co_await std::move(scan));
    scripted->turn.release();
}

}  // namespace

HistoryRunner::HistoryRunner(const std::filesystem::path& database, const std::filesystem::path& key_ring, UtcTime now)
    : clock_(now),
      ring_(keyRing(key_ring)),
      signer_(ring_),
      store_(SqliteStore::open(database, ring_, {kComponent}, clock_, {})),
      component_(wechat_, store_->authorizations(kComponent), store_->merchants(), clock_,
                 {.tokens = {},
                  .onboarding = {.component_appid = kComponent.text(),
                                 .redirect_url = "https://gateway.example.com/wechat/authorized",
                                 .pc_link_base = "https://mp.weixin.qq.com",
                                 .h5_link_base = "https://open.weixin.qq.com",
                                 .launch_url = "https://gateway.example.com/wechat/launch"}}),
      platforms_({&component_}),
      scans_(store_->merchants(), platforms_, store_->ledger(), upstream_, patience_, clock_, {}),
      sweeper_(store_->ledger(), clock_),
      undecided_(store_->statements(), store_->ledger(), clock_, std::chrono::hours{24}),
      closing_({store_->ledgerScan(), store_->statements(), store_->plans(), signer_, clock_, "Model Services Ltd."}) {
    AuthorizationStore& authorizations = store_->authorizations(kComponent);
    if (const auto ticket = runBlocking(authorizations.saveTicket(shareSecret("ticket"), clock_.now())); !ticket) {
        throw std::runtime_error(ticket.error().for_caller);
    }
    if (const auto swept = runBlocking(sweeper_.sweepAll()); !swept) throw std::runtime_error(swept.error().for_caller);
}

const std::map<std::string, HistoryRunner::Step>& HistoryRunner::steps() {
    static const std::map<std::string, Step> kSteps{
        {"merchant", &HistoryRunner::addMerchant},
        {"day_limit", &HistoryRunner::setDayLimit},
        {"plan", &HistoryRunner::addPlan},
        {"version", &HistoryRunner::addVersion},
        {"assign", &HistoryRunner::assign},
        {"cancel", &HistoryRunner::cancel},
        {"pack", &HistoryRunner::grantPack},
        {"expire_pack", &HistoryRunner::expirePack},
        {"scan", &HistoryRunner::scan},
        {"begin", &HistoryRunner::begin},
        {"finish", &HistoryRunner::finish},
        {"sweep", &HistoryRunner::sweep},
        {"waive", &HistoryRunner::waive},
        {"correct", &HistoryRunner::correct},
        {"decide", &HistoryRunner::decide},
        {"close", &HistoryRunner::close},
        {"close_all", &HistoryRunner::closeAll},
        {"show_windows", &HistoryRunner::showWindows},
        {"show_packs", &HistoryRunner::showPacks},
        {"show_statement", &HistoryRunner::showStatement},
        {"show_usage", &HistoryRunner::showUsage},
        {"show_upstream", &HistoryRunner::showUpstream},
        {"upstream", &HistoryRunner::setUpstream},
        {"tell_upstream", &HistoryRunner::tellUpstream},
        {"reopen_upstream", &HistoryRunner::reopenUpstream},
    };
    return kSteps;
}

Json HistoryRunner::run(const Json& operation) {
    moveClock(timeOf(operation, "at"));
    return (this->*steps().at(textOf(operation, "op")))(operation);
}

void HistoryRunner::moveClock(UtcTime now) {
    const auto span = now - clock_.now();
    if (span < span.zero()) throw std::runtime_error("the operations are not in order of time");
    clock_.advance(span);
}

Json HistoryRunner::addMerchant(const Json& operation) {
    Merchant merchant;
    merchant.id = merchantOf(operation);
    merchant.name = textOf(operation, "name");
    merchant.day_limit = operation.getValue<std::int64_t>("day_limit");
    merchant.created_at = clock_.now();
    merchant.component = kComponent;
    merchant.upstream_day_free = numberOrNone(operation, "upstream_day_free");
    merchant.upstream_pack_units = operation.getValue<std::int64_t>("upstream_pack_units");
    if (const auto added = runBlocking(store_->merchants().add(merchant)); !added) return refused(added.error());

    const MintedCredential minted = mintCredential(CredentialKind::kApiKey);
    ApiKey key;
    key.id = KeyId{"key_" + merchant.id.text()};
    key.merchant = merchant.id;
    key.lookup = minted.lookup;
    key.created_at = clock_.now();
    if (const auto added = runBlocking(store_->merchants().addKey(key)); !added) return refused(added.error());

    // Authorized once and for all: rights are not what these histories are about.
    Authorization authorization;
    authorization.merchant = merchant.id;
    authorization.appid = AppId{"wx_" + merchant.id.text()};
    authorization.takeGrants({kOcrPermissionSet});
    authorization.account = {AccountKind::kMiniProgram, true, 1, merchant.name};
    authorization.event_at = authorization.changed_at = clock_.now();
    authorization.takeRefreshToken(shareSecret("refresh token of " + merchant.id.text()));
    return doneOr(runBlocking(store_->authorizations(kComponent).save(authorization)));
}

Json HistoryRunner::setDayLimit(const Json& operation) {
    Merchant merchant = *store_->merchants().find(merchantOf(operation));
    merchant.day_limit = operation.getValue<std::int64_t>("limit");
    return doneOr(runBlocking(store_->merchants().update(merchant, clock_.now())));
}

Json HistoryRunner::setUpstream(const Json& operation) {
    UpstreamQuotaChange change;
    if (operation.has("day_free")) change.day_free = numberOrNone(operation, "day_free");
    if (operation.has("pack_units")) change.pack_units = operation.getValue<std::int64_t>("pack_units");
    const auto merchant = store_->merchants().find(merchantOf(operation));
    return doneOr(runBlocking(store_->merchants().update(*merchant, clock_.now(), change)));
}

Json HistoryRunner::tellUpstream(const Json& operation) {
    const UpstreamQuotaTold told{.day_free = operation.getValue<std::int64_t>("day_free"),
                                 .used = operation.getValue<std::int64_t>("used")};
    return doneOr(runBlocking(store_->ledger().takeUpstreamQuota(merchantOf(operation), told, clock_.now())));
}

Json HistoryRunner::reopenUpstream(const Json& operation) {
    return doneOr(runBlocking(store_->ledger().reopenUpstreamWindow(merchantOf(operation), clock_.now())));
}

Json HistoryRunner::addPlan(const Json& operation) {
    const PlanId plan{textOf(operation, "plan")};
    return doneOr(runBlocking(store_->plans().addPlan(plan, plan.text(), std::nullopt, clock_.now())));
}

Json HistoryRunner::addVersion(const Json& operation) {
    PlanTerms terms;
    terms.included_units = operation.getValue<std::int64_t>("included_units");
    terms.monthly_minimum = Money{operation.getValue<std::int64_t>("monthly_minimum_micro_yuan")};
    terms.day_limit = numberOrNone(operation, "day_limit");
    terms.month_limit = numberOrNone(operation, "month_limit");
    terms.packs_only = operation.getValue<bool>("packs_only");
    const auto tiers = operation.getArray("tiers");
    for (std::size_t at = 0; at < tiers->size(); ++at) {
        const Json& tier = *tiers->getObject(static_cast<unsigned>(at));
        terms.tiers.push_back(
            {numberOrNone(tier, "up_to_units"), Money{tier.getValue<std::int64_t>("price_micro_yuan")}});
    }
    const PlanVersionId version = versionOf(textOf(operation, "version"));
    const auto added = runBlocking(store_->plans().addVersion(version.plan, terms, clock_.now()));
    if (added && added->id != version) throw std::runtime_error("the plan's next version is another one");
    return doneOr(added);
}

Json HistoryRunner::assign(const Json& operation) {
    std::optional<PlanVersionId> version;
    if (!operation.isNull("version")) version = versionOf(textOf(operation, "version"));
    std::optional<UtcTime> starts_at;
    if (!operation.isNull("starts_at")) starts_at = timeOf(operation, "starts_at");
    return doneOr(runBlocking(store_->plans().assign(merchantOf(operation), version, starts_at, clock_.now())));
}

Json HistoryRunner::cancel(const Json& operation) {
    const std::vector<PlanAssignment> made = store_->plans().assignments(merchantOf(operation));
    const auto index = operation.getValue<std::size_t>("assignment");
    const AssignmentId assignment = index < made.size() ? made[index].id : AssignmentId{"asg_of_nobody"};
    return doneOr(runBlocking(store_->plans().cancelAssignment(merchantOf(operation), assignment, clock_.now())));
}

Json HistoryRunner::grantPack(const Json& operation) {
    Pack pack;
    pack.id = PackId{textOf(operation, "pack")};
    pack.merchant = merchantOf(operation);
    pack.units = operation.getValue<std::int64_t>("units");
    pack.price = Money{operation.getValue<std::int64_t>("price_micro_yuan")};
    pack.starts_at = timeOf(operation, "starts_at");
    pack.expires_at = timeOf(operation, "expires_at");
    pack.created_at = clock_.now();
    return doneOr(runBlocking(store_->plans().grantPack(pack)));
}

Json HistoryRunner::expirePack(const Json& operation) {
    const PackId pack{textOf(operation, "pack")};
    return doneOr(runBlocking(store_->plans().expirePack(merchantOf(operation), pack, clock_.now())));
}

Caller HistoryRunner::callerOf(const MerchantId& merchant) {
    const auto known = callers_.find(merchant);
    if (known != callers_.end()) return known->second;
    const auto key = store_->merchants().keysOf(merchant).at(0);
    return callers_.emplace(merchant, Caller{merchant, key->id, key->lookup}).first->second;
}

/// Gives the scan as it stands at the call to WeChat, or at its end where it does not get there.
std::shared_ptr<ScriptedScan> HistoryRunner::start(const Json& operation) {
    const std::string name = textOf(operation, "scan");
    auto scripted = std::make_shared<ScriptedScan>();
    upstream_.expect(name, scripted);
    ScanInput input;
    input.caller = callerOf(merchantOf(operation));
    input.picture = ScriptedUpstream::pictureOf(name);
    input.x_request_id = textOf(operation, "request");
    if (const auto content = numberOrNone(operation, "content")) {
        input.idempotency_key = input.x_request_id;
        input.x_request_id = "req_of_" + name;
        input.fingerprint.emplace().fill(static_cast<unsigned char>(*content));
    }
    spawn(keepResult(scans_.scan(std::move(input)), scripted));
    scripted->turn.acquire();
    return scripted;
}

Json HistoryRunner::ended(const std::string& scan, const ScriptedScan& scripted) {
    upstream_.forget(scan);
    const Result<ScanOutput>& result = *scripted.result;
    if (!result) return refused(result.error());
    Json said = shown(result->receipt.value());
    if (result->replayed) said.set("replayed", true);
    return said;
}

Json HistoryRunner::scan(const Json& operation) {
    const std::string name = textOf(operation, "scan");
    const auto scripted = start(operation);
    if (!scripted->result) {
        scripted->answer = ScriptedUpstream::answerOf(textOf(operation, "answer"));
        scripted->gate.open();
        scripted->turn.acquire();
    }
    return ended(name, *scripted);
}

Json HistoryRunner::begin(const Json& operation) {
    const std::string name = textOf(operation, "scan");
    const auto scripted = start(operation);
    if (scripted->result) return ended(name, *scripted);
    running_.emplace(name, scripted);
    Json said;
    said.set("running", true);
    return said;
}

Json HistoryRunner::finish(const Json& operation) {
    const std::string name = textOf(operation, "scan");
    const auto running = running_.find(name);
    if (running == running_.end()) {  // ended at once, or died with the process
        Json said;
        said.set("error", "not_running");
        return said;
    }
    const auto scripted = running->second;
    running_.erase(running);
    scripted->answer = ScriptedUpstream::answerOf(textOf(operation, "answer"));
    scripted->gate.open();
    scripted->turn.acquire();
    return ended(name, *scripted);
}

Json HistoryRunner::sweep(const Json& /*operation*/) {
    return doneOr(runBlocking(sweeper_.sweepExpired()));
}

Json HistoryRunner::waive(const Json& /*operation*/) {
    return doneOr(undecided_.waive());
}

Json HistoryRunner::correct(const Json& operation) {
    Correction correction;
    correction.merchant = merchantOf(operation);
    correction.number = operation.getValue<std::int64_t>("number");
    correction.reason = textOf(operation, "reason");
    correction.now = clock_.now();
    correction.note = noteOf(operation, "usage_entry.correct", clock_.now());
    return receiptOr(runBlocking(store_->ledger().correct(correction)));
}

Json HistoryRunner::decide(const Json& operation) {
    Decision decision;
    decision.merchant = merchantOf(operation);
    decision.request = RequestId{textOf(operation, "request")};
    decision.billed = operation.getValue<bool>("billed");
    decision.reason = textOf(operation, "reason");
    decision.now = clock_.now();
    decision.note = noteOf(operation, "hold.decide", clock_.now());
    return receiptOr(runBlocking(store_->ledger().decide(decision)));
}

Json HistoryRunner::close(const Json& operation) {
    const auto closed = closing_.closeOne(merchantOf(operation), periodOf(operation));
    if (!closed) return refused(closed.error());
    Json said;
    said.set("payable", closed->statement.payable().microYuan());
    return said;
}

Json HistoryRunner::closeAll(const Json& operation) {
    ClosingProgress progress;
    const auto report = closing_.closeAll(periodOf(operation), progress);
    if (!report) return refused(report.error());
    return done();
}

Json HistoryRunner::showWindows(const Json& operation) {
    Poco::JSON::Array windows;
    for (const WindowView& window : store_->ledger().openWindows(merchantOf(operation), timeOf(operation, "of"))) {
        Json shown;
        shown.set("policy", window.policy);
        shown.set("starts", millis(window.span.starts));
        shown.set("ends", millis(window.span.ends));
        window.limit ? shown.set("limit", *window.limit) : shown.set("limit", Poco::Dynamic::Var{});
        shown.set("used", window.used);
        shown.set("held", window.held);
        shown.set("unknown", window.unknown);
        shown.set("used_elsewhere", window.used_elsewhere);
        windows.add(shown);
    }
    Json said;
    said.set("windows", windows);
    return said;
}

Json HistoryRunner::showPacks(const Json& operation) {
    Poco::JSON::Array packs;
    for (const Pack& pack : store_->plans().packs(merchantOf(operation), std::nullopt, kAll)) {
        Json shown;
        shown.set("id", pack.id.text());
        shown.set("expires", millis(pack.expires_at));
        shown.set("used", pack.used);
        shown.set("held", pack.held);
        packs.add(shown);
    }
    Json said;
    said.set("packs", packs);
    return said;
}

Json HistoryRunner::showStatement(const Json& operation) {
    const auto found = store_->statements().find(merchantOf(operation), periodOf(operation));
    Json said;
    if (!found) {
        said.set("text", Poco::Dynamic::Var{});
        return said;
    }
    const std::string text = canonicalText(found->statement);
    said.set("text", text);
    said.set("signed", isSignedBy(found->key, text, found->signature));
    return said;
}

Json HistoryRunner::showUsage(const Json& operation) {
    const auto sum = runningSum(store_->ledgerScan(), store_->plans(), merchantOf(operation), periodOf(operation));
    std::string lines;
    appendLines(lines, sum.statement.lines);
    Json said;
    said.set("lines", lines);
    return said;
}

Json HistoryRunner::showUpstream(const Json& operation) {
    const auto merchant = store_->merchants().find(merchantOf(operation));
    const auto& free = merchant->upstream_day_free;
    Json said;
    said.set("day_free", free ? Poco::Dynamic::Var{*free} : Poco::Dynamic::Var{});
    said.set("pack_units", merchant->upstream_pack_units);
    return said;
}

}  // namespace model
