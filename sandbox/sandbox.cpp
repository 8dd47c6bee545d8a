#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "gateway/http/server.h"
#include "gateway/net/loop_group.h"
#include "gateway/net/tls_context.h"
#include "gateway/net/worker_pool.h"
#include "recogniser/worker_pool.h"
#include "sandbox/accounts_control.h"
#include "sandbox/authorization_page.h"
#include "sandbox/component_api.h"
#include "sandbox/component_control.h"
#include "sandbox/event_pushers.h"
#include "sandbox/json.h"
#include "sandbox/platform_api.h"
#include "sandbox/platform_control.h"
#include "sandbox/platform_server.h"
#include "sandbox/push_sender.h"
#include "sandbox/state_store.h"

namespace sandbox {
namespace {

constexpr std::chrono::milliseconds kStateWriteDelay{500};
constexpr std::chrono::milliseconds kPushTimeout{5000};  // source: wechat-platform.md §5.3
constexpr std::chrono::milliseconds kControlGrace{1000};
constexpr gateway::net::WorkerPool::Limits kReadersLimits{.queued_max = 256,
                                                          .queued_age_max = std::chrono::seconds{10}};
constexpr gateway::net::WorkerPool::Limits kFileWorkerLimits{.queued_max = 256,
                                                             .queued_age_max = std::chrono::seconds{10}};

/// The folder, made where it is missing, and a lock that says that it is in use.
gateway::net::Descriptor takeDataFolder(const std::filesystem::path& folder) {
    if (std::filesystem::create_directories(folder)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all);  // what is in it is worth a secret
    }
    const std::filesystem::path file = folder / "sandbox.lock";
    gateway::net::Descriptor lock{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    if (!lock) throw std::system_error(errno, std::generic_category(), "cannot open " + file.string());
    if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
        throw std::runtime_error("another sandbox uses the data folder " + folder.string());
    }
    return lock;
}

/// A reader that runs worker processes; they end with the last copy of it.
PictureReader workerReader(const Options& options) {
    auto pool = std::make_shared<recogniser::WorkerPool>(options.recogniser_program, options.recogniser_workers,
                                                         options.recogniser_deadline);
    return [pool = std::move(pool)](std::string_view picture) { return pool->read({picture.data(), picture.size()}); };
}

std::vector<ComponentKeys> keysOf(const Options& options) {
    std::vector<ComponentKeys> keys;
    for (const auto& component : options.components) keys.push_back(component.keys);
    return keys;
}

EventPushers::MakeSender senders(const Options& options) {
    return [authority_file = options.push_authority_file] {
        return std::make_unique<HttpPushSender>(authority_file, kPushTimeout);
    };
}

}  // namespace

/// Everything in the order in which it can be built; what is below may use what is above.
class Sandbox::Parts {
public:
    Parts(const Options& options, const tenants::Clock& base_clock, Log::Sink log_sink, PictureReader reader)
        : lock_(takeDataFolder(options.data_folder)),
          ready_file_(options.ready_file),
          clock_(base_clock),
          log_(base_clock, std::move(log_sink)),
          store_(options.data_folder / "platform.json", keysOf(options), kStateWriteDelay, log_),
          pushers_(store_, keysOf(options), base_clock, clock_, senders(options), log_),
          file_worker_(1, kFileWorkerLimits, base_clock),
          read_workers_(static_cast<std::size_t>(options.recogniser_workers), kReadersLimits, base_clock),
          loops_(1),
          gate_(store_, clock_, quotas_),
          component_(store_, gate_, clock_,
                     [this](const std::string& component_appid) { pushers_.of(component_appid).pushTicketSoon(); }),
          option_(store_, gate_),
          quota_(store_, gate_, quotas_, rids_, clock_),
          ocr_({store_, gate_, clock_, calls_, answers_, read_workers_, log_},
               untilStopped(reader ? std::move(reader) : workerReader(options)),
               {.samples_folder = options.samples_folder, .too_large_errcode = options.too_large_errcode}),
          page_(store_, clock_, pushers_),
          api_({component_, option_, quota_, ocr_, page_}),
          platform_(loops_.at(0), {api_, store_, clock_, calls_, faults_, rids_, log_}),
          accounts_control_(store_, clock_, pushers_),
          component_control_(store_, pushers_),
          platform_control_({store_, clock_, pushers_, calls_, quotas_, faults_, answers_, file_worker_}) {
        if (!ready_file_.empty()) std::filesystem::remove(ready_file_);
        applyConsole(options);
        accounts_control_.addRoutes(router_);
        component_control_.addRoutes(router_);
        platform_control_.addRoutes(router_);
        control_.emplace(loops_.all(), router_, gateway::http::Limits{}, callbacks());
        loops_.start();
        platform_port_ = platform_.listen(options.listen_address, options.platform_port,
                                          gateway::net::TlsContext::server(options.certificate_file, options.key_file));
        control_port_ = control_->listen(options.listen_address, options.control_port);
        store_.flush();
        pushers_.start();
        log_.info("listening",
                  {{"platform_port", std::int64_t{platform_port_}}, {"control_port", std::int64_t{control_port_}}});
        writeReadyFile();
    }

    ~Parts() {
        if (!ready_file_.empty()) {
            std::error_code ignored;  // a file that is already gone is as good
            std::filesystem::remove(ready_file_, ignored);
        }
        stopping_ = true;
        pushers_.stop();  // first: control calls wait for it
        control_->shutdown(kControlGrace);
        platform_.shutdown();
        control_.reset();
        loops_.stop();
        log_.info("stopped");
    }

    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    std::uint16_t platformPort() const { return platform_port_; }
    std::uint16_t controlPort() const { return control_port_; }

private:
    /// Pictures that still wait for a worker when the platform ends are not read any more.
    PictureReader untilStopped(PictureReader reader) {
        return [this, reader = std::move(reader)](std::string_view picture) -> recogniser::Outcome {
            if (stopping_) return recogniser::Failure::kCrashed;
            return reader(picture);
        };
    }

    /// Configured URLs come before those that the console was left with.
    void applyConsole(const Options& options) {
        store_.change([&](State& state) {
            for (const auto& configured : options.components) {
                Component& component = state.component(configured.keys.appid);
                if (configured.events_url) component.events_url = *configured.events_url;
                if (configured.messages_url) component.messages_url = *configured.messages_url;
            }
            clock_.setOffset(state.clock_offset);
        });
    }

    gateway::http::Server::Callbacks callbacks() {
        return {.on_answered = {}, .on_failure = [this](const std::string& request_id, std::exception_ptr failure) {
                    try {
                        std::rethrow_exception(std::move(failure));
                    } catch (const std::exception& exception) {
                        log_.error("control_failed",
                                   {{"request_id", request_id}, {"reason", std::string{exception.what()}}});
                    } catch (...) {
                        log_.error("control_failed",
                                   {{"request_id", request_id},
                                    {"reason", std::string{"not an exception of the standard library"}}});
                    }
                }};
    }

    void writeReadyFile() {
        if (ready_file_.empty()) return;
        auto ready = newObject();
        ready->set("pid", static_cast<std::int64_t>(::getpid()));
        ready->set("platform_port", std::int64_t{platform_port_});
        ready->set("control_port", std::int64_t{control_port_});
        writeFileAtomically(ready_file_, render(ready) + "\n");
    }

    std::atomic<bool> stopping_{false};
    gateway::net::Descriptor lock_;
    const std::filesystem::path ready_file_;
    PlatformClock clock_;
    Log log_;
    StateStore store_;
    EventPushers pushers_;
    CallLog calls_;
    RidLog rids_;
    CallQuotas quotas_;
    FaultScript faults_;
    AnswerScript answers_;
    gateway::net::WorkerPool file_worker_;
    gateway::net::WorkerPool read_workers_;
    gateway::net::LoopGroup loops_;
    CallGate gate_;
    ComponentApi component_;
    OptionApi option_;
    QuotaApi quota_;
    OcrApi ocr_;
    AuthorizationPage page_;
    PlatformApi api_;
    PlatformServer platform_;
    AccountsControl accounts_control_;
    ComponentControl component_control_;
    PlatformControl platform_control_;
    gateway::http::Router router_;
    std::optional<gateway::http::Server> control_;
    std::uint16_t platform_port_ = 0;
    std::uint16_t control_port_ = 0;
};

Sandbox::Sandbox(const Options& options, const tenants::Clock& clock, Log::Sink log_sink, PictureReader reader)
    : parts_(std::make_unique<Parts>(options, clock, std::move(log_sink), std::move(reader))) {}

Sandbox::~Sandbox() = default;

std::uint16_t Sandbox::platformPort() const {
    return parts_->platformPort();
}
std::uint16_t Sandbox::controlPort() const {
    return parts_->controlPort();
}

}  // namespace sandbox
