#include "gateway/app/gateway.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/admin/closing_desk.h"
#include "gateway/admin/component_routes.h"
#include "gateway/admin/export_desk.h"
#include "gateway/api/authorized_page.h"
#include "gateway/api/health.h"
#include "gateway/api/launch_page.h"
#include "gateway/api/merchant_page.h"
#include "gateway/api/merchant_statements.h"
#include "gateway/api/quota_route.h"
#include "gateway/api/quota_view.h"
#include "gateway/api/scan_forms.h"
#include "gateway/api/scan_routes.h"
#include "gateway/api/token_routes.h"
#include "gateway/api/usage_route.h"
#include "gateway/api/wechat_pushes.h"
#include "gateway/app/admin_side.h"
#include "gateway/app/background_tasks.h"
#include "gateway/app/component_upkeep.h"
#include "gateway/app/credentials.h"
#include "gateway/app/loop_patience.h"
#include "gateway/app/part_settings.h"
#include "gateway/app/upkeep.h"
#include "gateway/http/server.h"
#include "gateway/net/loop_group.h"
#include "gateway/net/loop_lag.h"
#include "gateway/net/resolver.h"
#include "gateway/net/slow_lane.h"
#include "gateway/net/tls_context.h"
#include "gateway/net/worker_pool.h"
#include "gateway/wechat/https_client.h"
#include "gateway/wechat/ocr_client.h"
#include "gateway/wechat/platform_client.h"
#include "gateway/wechat/push_reader.h"
#include "tenants/authorization/component_platform.h"
#include "tenants/authorization/retention.h"
#include "tenants/authorization/token_issuer.h"
#include "tenants/billing/resting_ledger_scan.h"
#include "tenants/billing/undecided_scans.h"
#include "tenants/scan/scan_licence.h"
#include "tenants/scan/upstream_word_watch.h"
#include "tenants/sqlite/sqlite_store.h"
#include "tenants/usage/sweeper.h"

namespace gateway::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kFreedBytesKept = 32 * 1024 * 1024;
// Of closings and exports after each short read, and after each statement: with ten million entries and ten thousand
// merchants 15 s more.
constexpr std::chrono::microseconds kBooksRest{500};
constexpr std::chrono::minutes kBackgroundEnd{1};  // every task ends by its own deadlines, long before this

void logWarning(log::Log& log, const tenants::QuotaWarning& warning) {
    log.warning("quota_warning", {{"merchant", warning.merchant.text()},
                                  {"policy", warning.policy},
                                  {"pack", warning.pack ? warning.pack->text() : std::string{}},
                                  {"percent", warning.percent},
                                  {"limit", warning.limit},
                                  {"used", warning.used},
                                  {"held", warning.held},
                                  {"used_elsewhere", warning.used_elsewhere},
                                  {"resets_at", tenants::rfc3339(warning.span.ends)}});
}

tenants::SqliteSettings storeSettings(StoreBroken on_broken, log::Log& log) {
    tenants::SqliteSettings store;
    store.fatal = std::move(on_broken);
    store.on_quota_warning = [&log](const tenants::QuotaWarning& warning) { logWarning(log, warning); };
    return store;
}

/// One line for each change, whatever is refused meanwhile.
void logBreaker(log::Log& log, const std::string& host, const tenants::BreakerChange& change) {
    using State = tenants::CircuitBreaker::State;
    const std::string merchant = change.merchant != nullptr ? change.merchant->text() : std::string{};
    const auto write = [&](log::Level level, const char* event) {
        log.write(level, event, {{"upstream", host}, {"merchant", merchant}});
    };
    switch (change.state) {
        case State::kOpen: return write(log::Level::kWarning, "breaker_opened");
        case State::kHalfOpen: return write(log::Level::kInfo, "breaker_half_open");
        case State::kClosed: return write(log::Level::kWarning, "breaker_closed");  // wherever its opening was seen
    }
}

std::string_view inspectionText(tenants::SqliteStore::Inspection inspection) {
    using Inspection = tenants::SqliteStore::Inspection;
    if (inspection == Inspection::kRunning) return "running";
    return inspection == Inspection::kSound ? "sound" : "damaged";
}

/// Goes on where the loop is, whatever thread began it.
struct HopTo {
    net::EventLoop& loop;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> coroutine) const { loop.post(coroutine); }
    void await_resume() const noexcept {}
};

tenants::Task<void> runOn(net::EventLoop& loop, std::function<tenants::Task<void>()> make) {
    co_await HopTo{loop};
    co_await make();
}

/// Gives back what a crowd of connections has left: glibc keeps a thread's freed memory, however much it is, as long as
/// anything lies behind it. A few milliseconds for 100 MB, in which a loop may have to wait, so not for little.
void giveBackFreedMemory() {
    if (::mallinfo2().fordblks > kFreedBytesKept) ::malloc_trim(0);
}

http::Server::Callbacks callbacks(log::Log& log) {
    return {
        .on_answered =
            [&log](const http::AccessRecord& record) {
                log.info("request", {{"request_id", record.request_id},
                                     {"method", record.method},
                                     {"route", record.route_pattern},
                                     {"status", record.status},
                                     {"code", record.error_code},
                                     {"peer", record.peer_address},
                                     {"bytes_in", static_cast<std::int64_t>(record.body_bytes_in)},
                                     {"bytes_out", static_cast<std::int64_t>(record.body_bytes_out)},
                                     {"duration_us", static_cast<std::int64_t>(record.duration.count())}});
            },
        .on_failure =
            [&log](const std::string& request_id, std::exception_ptr failure) {
                try {
                    std::rethrow_exception(std::move(failure));
                } catch (const std::exception& what) {
                    log.error("request_failed", {{"request_id", request_id}, {"detail", what.what()}});
                } catch (...) {
                    log.error("request_failed", {{"request_id", request_id}, {"detail", "not a standard exception"}});
                }
            }};
}

}  // namespace

/// What the gateway has for each third-party platform that it serves.
struct Gateway::Component {
    Component(const Settings& settings, const Settings::Component& component, wechat::HttpsClient& https,
              tenants::SqliteStore& store, const tenants::Clock& clock, log::Log& log)
        : client(https, clock, {component.appid, component.secret}, settings.upstream.call_deadline),
          push_reader(pushKeys(component), previousKey(component), component.push_timestamp_window,
                      pushLimits(settings)),
          platform(client, store.authorizations(tenants::AppId{component.appid}), store.merchants(), clock,
                   {.tokens = tokenSettings(settings),
                    .onboarding = {.component_appid = component.appid,
                                   .redirect_url = component.redirect_url,
                                   .pc_link_base = component.pc_link_base,
                                   .h5_link_base = component.h5_link_base,
                                   .launch_url = component.launch_url,
                                   .invitation_life = component.invitation_life}}),
          upkeep({.component = platform.appid(),
                  .tokens = platform.tokens(),
                  .grants = platform.grants(),
                  .platform = client,
                  .authorizations = platform.authorizations(),
                  .reports = store.reconciliations(platform.appid())},
                 clock, log, componentUpkeepSettings(settings)),
          retention(platform.authorizations(), clock, {.keep = settings.onboarding_retention}) {}

    wechat::PlatformClient client;
    wechat::ComponentPushReader push_reader;
    tenants::ComponentPlatform platform;
    ComponentUpkeep upkeep;
    tenants::Retention retention;
};

/// Every part, in the order in which they need one another; they end in the reverse order.
class Gateway::Parts {
public:
    Parts(const Settings& settings, const tenants::Clock& clock, log::Log& log, StoreBroken on_broken)
        : settings_(settings),
          clock_(clock),
          log_(log),
          ring_(tenants::KeyRing::load(settings.key_ring_file)),
          store_(tenants::SqliteStore::open(settings.database_file, ring_, appIds(settings), clock,
                                            storeSettings(std::move(on_broken), log))),
          hasher_(credentialHasher(ring_)),
          gateway_tokens_(ring_.derive("gateway token")),
          authenticator_(store_->merchants(), hasher_, gateway_tokens_, clock),
          merchant_guard_(authenticator_, clock),
          pages_(ring_.derive("page token")),
          loops_(loopCount(settings)),
          admin_loops_(1),
          lag_(loops_.all()),
          workers_(settings.workers.threads, queueLimits(settings.workers), clock),
          push_workers_(settings.pushes.threads, queueLimits(settings.pushes), clock),
          resolver_(resolverOptions(settings), clock),
          upstream_tls_(std::make_shared<net::RenewableTls>(upstreamTls(settings.upstream))),
          ocr_https_(clientOptions(settings.upstream), upstream_tls_, resolver_, loops_.all(), clock),
          platform_https_(clientOptions(settings.upstream), upstream_tls_, resolver_, everyLoop(), clock),
          ocr_(ocr_https_),
          quota_questions_(platform_https_),
          sweeper_(store_->ledger(), clock),
          signer_(ring_),
          unhurried_scan_(store_->ledgerScan(), kBooksRest),
          closing_(
              {unhurried_scan_, store_->statements(), store_->plans(), signer_, clock, settings.issuer, kBooksRest}),
          undecided_(store_->statements(), store_->ledger(), clock, settings.undecided_wait),
          closing_desk_(closing_, store_->statements(), slow_lane_, clock, log),
          export_desk_(exportSource(), settings.exports_folder, slow_lane_, log),
          background_(log),
          patience_(background_),
          public_server_(std::make_unique<http::Server>(loops_.all(), public_router_, settings.limits, callbacks(log))),
          admin_server_(std::make_unique<http::Server>(admin_loops_.all(), admin_router_, adminLimits(settings),
                                                       callbacks(log))) {
        sweepAll();
        listen();
        addComponents();
        addPublicRoutes();
        addAdminRoutes();
        loops_.start();
        admin_loops_.start();
        lag_.start();
        onAdminLoop([this] { return handleWaitingEvents(); });  // what the last run was told and did not finish
        closing_desk_.resume();
        export_desk_.resume();
        upkeep_.emplace(jobs());
        log_.info("ready", {{"public_port", ports_.public_plain},
                            {"public_tls_port", ports_.public_tls.value_or(0)},
                            {"admin_port", ports_.admin}});
    }

    ~Parts() {
        shutdown(0ms);
        lag_.stop();
        // The servers wait for their last handlers, which need the loops; the upstream client and the resolver may only
        // go when no loop runs any more.
        public_server_.reset();
        admin_server_.reset();
        background_.waitForAll(kBackgroundEnd);
        loops_.stop();
        admin_loops_.stop();
    }

    Ports ports() const { return ports_; }

    /// All files are read before anything changes: what cannot be used leaves everything as it was.
    void reload(const Settings& next) {
        auto upstream_tls = upstreamTls(next.upstream);
        if (public_tls_) public_tls_->renew(publicTls(next.public_listener));
        upstream_tls_->renew(std::move(upstream_tls));
        log_.setLevel(next.log_level);
    }

    bool shutdown(std::chrono::milliseconds deadline) {
        if (shut_down_) return true;
        shut_down_ = true;
        const tenants::SteadyTime end = clock_.steady() + deadline;
        const auto left = [&] {
            return std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(end - clock_.steady()));
        };
        upkeep_.reset();
        for (const auto& component : components_) component->upkeep.stop();
        word_watch_->stop();
        closing_desk_.stop();
        export_desk_.stop();
        // The public side first: what it still runs may take nearly all of the time.
        bool finished = public_server_->shutdown(left());
        finished = admin_server_->shutdown(left()) && finished;
        finished = background_.waitForAll(left()) && finished;
        ocr_https_.closeIdleConnections();
        platform_https_.closeIdleConnections();
        if (!finished) log_.warning("stopped_with_work_left", {});
        return finished;
    }

private:
    std::vector<net::EventLoop*> everyLoop() {
        auto all = loops_.all();
        for (net::EventLoop* loop : admin_loops_.all()) all.push_back(loop);
        return all;
    }

    exports::ExportSource exportSource() {
        return {unhurried_scan_,
                store_->plans(),
                store_->statements(),
                [this] {
                    std::map<tenants::MerchantId, std::string> names;
                    for (const auto& merchant :
                         store_->merchants().list(tenants::MerchantId{}, std::numeric_limits<std::size_t>::max())) {
                        names.emplace(merchant->id, merchant->name);
                    }
                    return names;
                },
                settings_.issuer,
                clock_};
    }

    void sweepAll() {
        const auto swept = tenants::runBlocking(sweeper_.sweepAll());
        if (!swept) throw std::runtime_error("cannot settle what the last run left behind: " + swept.error().for_log);
        if (*swept > 0) log_.warning("holds_marked_unknown", {{"count", *swept}, {"reason", "abandoned"}});
    }

    void listen() {
        const auto& open = settings_.public_listener;
        ports_.public_plain = public_server_->listen(open.address, open.port);
        if (!open.tls_certificate_file.empty()) {
            public_tls_ = std::make_shared<net::RenewableTls>(publicTls(open));
            ports_.public_tls = public_server_->listen(open.address, open.tls_port, public_tls_);
        }
        ports_.admin = admin_server_->listen(settings_.admin_listener.address, settings_.admin_listener.port);
    }

    void addComponents() {
        const std::string own =
            "http://" + settings_.public_listener.address + ":" + std::to_string(ports_.public_plain);
        std::vector<tenants::ComponentPlatform*> platforms;
        for (Settings::Component component : settings_.components) {
            if (component.redirect_url.empty()) component.redirect_url = own + "/wechat/authorized";
            if (component.launch_url.empty()) component.launch_url = own + "/wechat/launch";
            components_.push_back(
                std::make_unique<Component>(settings_, component, platform_https_, *store_, clock_, log_));
            platforms.push_back(&components_.back()->platform);
        }
        platforms_.emplace(std::move(platforms));
        word_watch_.emplace(store_->upstreamDays(), store_->merchants(), *platforms_, quota_questions_, clock_,
                            wordWatchSettings(settings_));
    }

    void addPublicRoutes() {
        tenants::ScanSettings scan = scanSettings(settings_);
        scan.limits.lag = [this] { return lag_.recent(); };
        scan.limits.plan_of = [this](const tenants::MerchantId& merchant) {
            const tenants::PlanVersion* const plan = store_->plans().inForce(merchant, clock_.now());
            return plan != nullptr ? &plan->terms : nullptr;
        };
        scan.limits.on_breaker_change = [this](const tenants::BreakerChange& change) {
            logBreaker(log_, settings_.upstream.host, change);
        };
        scans_.emplace(store_->merchants(), *platforms_, store_->ledger(), ocr_, patience_, clock_, std::move(scan));
        quota_view_.emplace(store_->merchants(), store_->plans(), store_->ledger(), workers_,
                            settings_.upstream_day_turns_at);
        scan_routes_.emplace(authenticator_, *scans_, *quota_view_, clock_, log_);
        for (api::ScanForm& form :
             api::scanForms(settings_.inputs.image_bytes_max, settings_.inputs.image_frame_bytes_max)) {
            scan_routes_->add(public_router_, std::move(form));
        }
        token_issuer_.emplace(authenticator_, store_->merchants(), *platforms_, gateway_tokens_, clock_);
        token_routes_.emplace(*token_issuer_, clock_, log_);
        std::vector<api::WechatPushes::Addressee> addressees;
        for (const auto& component : components_) {
            addressees.push_back({component->push_reader, component->platform.onboarding()});
        }
        pushes_.emplace(std::move(addressees), push_workers_, clock_, log_,
                        [this](tenants::Task<void> task) { background_.start(std::move(task)); });
        launch_page_.emplace(*platforms_, log_);
        authorized_page_.emplace(*platforms_, store_->merchants(), clock_, log_);
        merchant_statements_.emplace(merchant_guard_, store_->statements(), workers_, clock_);
        merchant_statements_->addRoutes(public_router_);
        quota_route_.emplace(merchant_guard_, *quota_view_, clock_);
        usage_route_.emplace(api::UsageRoute::Parts{merchant_guard_, store_->ledgerScan(), store_->plans(),
                                                    store_->statements(), workers_, clock_});
        quota_route_->addRoutes(public_router_);
        usage_route_->addRoutes(public_router_);
        token_routes_->addRoutes(public_router_);
        pushes_->addRoutes(public_router_);
        launch_page_->addRoutes(public_router_);
        authorized_page_->addRoutes(public_router_);
        api::addPageStyleRoute(public_router_);
        api::addLiveRoute(public_router_);
    }

    void addAdminRoutes() {
        std::vector<admin::ComponentRoutes::Component> components;
        for (const auto& component : components_) {
            components.push_back({component->platform.appid(), component->platform.tokens(), component->upkeep.ticket(),
                                  component->upkeep.reconciliation()});
        }
        admin_side_.emplace(AdminSide::Parts{.store = *store_,
                                             .platforms = *platforms_,
                                             .hasher = hasher_,
                                             .pages = pages_,
                                             .workers = workers_,
                                             .closing = closing_,
                                             .closing_desk = closing_desk_,
                                             .export_desk = export_desk_,
                                             .signer = signer_,
                                             .clock = clock_,
                                             .log = log_},
                            settings_, std::move(components));
        admin_side_->addRoutes(admin_router_);
        api::addLiveRoute(admin_router_);
        api::addReadyRoute(
            admin_router_, [this] { return store_->ready(); }, [this] { return inspectionText(store_->inspection()); });
    }

    std::vector<Upkeep::Job> jobs() {
        const auto look_every = settings_.tokens.look_every;
        std::vector<Upkeep::Job> jobs{{10min, [this] { slow_lane_.add([this] { waiveUndecided(); }); }},
                                      {15s, [this] { onAdminLoop([this] { return sweep(); }); }},
                                      {30s, [this] { onAdminLoop([this] { return handleWaitingEvents(); }); }},
                                      {1min, giveBackFreedMemory},
                                      {look_every, [this] { onAdminLoop([this] { return hearUpstream(); }); }}};
        for (const auto& component : components_) {
            ComponentUpkeep& upkeep = component->upkeep;
            jobs.push_back({look_every, [this, &upkeep] { onAdminLoop([&upkeep] { return upkeep.watchTicket(); }); }});
            jobs.push_back({look_every, [this, &upkeep] { onAdminLoop([&upkeep] { return upkeep.renewTokens(); }); }});
            jobs.push_back({look_every, [this, &upkeep] { onAdminLoop([&upkeep] { return upkeep.reconcile(); }); }});
            tenants::Retention& retention = component->retention;
            jobs.push_back(
                {10min, [this, &retention] { onAdminLoop([this, &retention] { return eraseEnded(retention); }); }});
        }
        return jobs;
    }

    /// Runs a task on the admin loop, which has room for it. It counts as running from now on, so that a shutdown waits
    /// for it even where the loop has not come to it yet.
    void onAdminLoop(std::function<tenants::Task<void>()> make) {
        background_.start(runOn(admin_loops_.at(0), std::move(make)));
    }

    void waiveUndecided() noexcept {
        try {
            const auto waived = undecided_.waive();
            if (!waived) {
                log_.error("waiving_failed", {{"detail", waived.error().for_log}});
            } else if (*waived > 0) {
                log_.warning("unknown_scans_waived", {{"count", *waived}});
            }
        } catch (const std::exception& failure) {
            log_.error("waiving_failed", {{"detail", failure.what()}});
        }
    }

    tenants::Task<void> sweep() {
        const auto swept = co_await sweeper_.sweepExpired();
        if (!swept) {
            log_.error("sweep_failed", {{"detail", swept.error().for_log}});
        } else if (*swept > 0) {
            log_.warning("holds_marked_unknown", {{"count", *swept}, {"reason", "abandoned"}});
        }
    }

    tenants::Task<void> hearUpstream() {
        const auto step = co_await word_watch_->step();
        if (!step) {
            log_.error("upstream_words_not_looked_for", {{"detail", step.error().for_log}});
        } else if (step->heard < step->asked) {
            log_.warning("upstream_words_not_heard", {{"asked", step->asked}, {"heard", step->heard}});
        }
    }

    tenants::Task<void> handleWaitingEvents() {
        for (tenants::ComponentPlatform* platform : platforms_->all()) {
            const auto errors = co_await platform->onboarding().handleWaiting();
            for (const tenants::Error& error : errors) {
                log_.warning("event_not_handled", {{"component", platform->appid().text()},
                                                   {"code", tenants::stableCode(error.code)},
                                                   {"detail", error.for_log}});
            }
        }
    }

    tenants::Task<void> eraseEnded(tenants::Retention& retention) {
        const auto erased = co_await retention.eraseEnded();
        if (!erased) {
            log_.error("erasing_failed", {{"detail", erased.error().for_log}});
        } else if (*erased > 0) {
            log_.info("onboarding_rows_erased", {{"count", static_cast<std::int64_t>(*erased)}});
        }
    }

    const Settings settings_;
    const tenants::Clock& clock_;
    log::Log& log_;
    tenants::KeyRing ring_;
    std::unique_ptr<tenants::SqliteStore> store_;
    tenants::CredentialHasher hasher_;
    tenants::GatewayTokens gateway_tokens_;
    tenants::Authenticator authenticator_;
    api::MerchantGuard merchant_guard_;
    admin::Pages pages_;
    net::LoopGroup loops_;
    net::LoopGroup admin_loops_;
    net::LoopLag lag_;              // of the public loops
    net::WorkerPool workers_;       // admin: slow reads keep nobody waiting but one another
    net::WorkerPool push_workers_;  // a flood of pushes keeps nobody waiting but pushes
    net::Resolver resolver_;
    const std::shared_ptr<net::RenewableTls> upstream_tls_;
    // Scans and calls for tokens and accounts have connections and places of their own: neither can use up the other's.
    wechat::HttpsClient ocr_https_;
    wechat::HttpsClient platform_https_;
    wechat::OcrClient ocr_;
    wechat::OcrClient quota_questions_;  // those that no scan waits for
    tenants::Sweeper sweeper_;
    tenants::StatementSigner signer_;
    tenants::RestingLedgerScan unhurried_scan_;
    tenants::PeriodClosing closing_;
    tenants::UndecidedScans undecided_;
    admin::ClosingDesk closing_desk_;
    admin::ExportDesk export_desk_;
    net::SlowLane slow_lane_;  // ends before what its pieces refer to
    BackgroundTasks background_;
    LoopPatience patience_;
    Ports ports_;
    // Made when the ports are known.
    std::vector<std::unique_ptr<Component>> components_;
    std::optional<tenants::ComponentPlatforms> platforms_;
    std::optional<tenants::UpstreamWordWatch> word_watch_;
    std::optional<tenants::ScanLicence> scans_;
    std::optional<tenants::TokenIssuer> token_issuer_;
    std::optional<api::QuotaView> quota_view_;
    std::optional<api::QuotaRoute> quota_route_;
    std::optional<api::UsageRoute> usage_route_;
    std::optional<api::ScanRoutes> scan_routes_;
    std::optional<api::TokenRoutes> token_routes_;
    std::optional<api::MerchantStatements> merchant_statements_;
    std::optional<api::WechatPushes> pushes_;
    std::optional<api::LaunchPage> launch_page_;
    std::optional<api::AuthorizedPage> authorized_page_;
    std::optional<AdminSide> admin_side_;
    http::Router public_router_;
    http::Router admin_router_;
    std::shared_ptr<net::RenewableTls> public_tls_;  // null: no such listener
    std::unique_ptr<http::Server> public_server_;
    std::unique_ptr<http::Server> admin_server_;
    std::optional<Upkeep> upkeep_;
    bool shut_down_ = false;
};

Gateway::Gateway(const Settings& settings, const tenants::Clock& clock, log::Log& log, StoreBroken on_broken)
    : parts_(std::make_unique<Parts>(settings, clock, log, std::move(on_broken))) {}

Gateway::~Gateway() = default;

Gateway::Ports Gateway::ports() const {
    return parts_->ports();
}

void Gateway::reload(const Settings& next) {
    parts_->reload(next);
}

bool Gateway::shutdown(std::chrono::milliseconds deadline) {
    return parts_->shutdown(deadline);
}

}  // namespace gateway::app
