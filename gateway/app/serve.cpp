#include "gateway/app/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <system_error>

#include "gateway/app/commands.h"
#include "gateway/app/gateway.h"
#include "gateway/json/json_outline.h"
#include "gateway/log/log.h"
#include "tenants/base/clock.h"

namespace gateway::app {
namespace {

constexpr std::chrono::milliseconds kShutdownDeadline{9'000};  // of the ten seconds that a service manager gives

/// Nobody but root may read this process's memory, alive or dead.
void keepSecretsInMemory() {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0) throw std::system_error(errno, std::generic_category(), "RLIMIT_CORE");
#ifndef __SANITIZE_ADDRESS__  // the leak check at the end traces the process
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        throw std::system_error(errno, std::generic_category(), "PR_SET_DUMPABLE");
    }
#endif
}

/// As many descriptors as we may have; gives how many that is.
std::size_t raiseDescriptorLimit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw std::system_error(errno, std::generic_category(), "RLIMIT_NOFILE");
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw std::system_error(errno, std::generic_category(), "RLIMIT_NOFILE");
    return limit.rlim_cur;
}

/// What the limits allow at once: connections of both listeners, calls of both upstream clients and the connections that
/// they keep, the store's files, epoll.
std::size_t descriptorsNeeded(const Settings& settings) {
    constexpr std::size_t kEverythingElse = 256;
    return settings.limits.connections_max + settings.admin_listener.connections_max +
           2 * settings.upstream.in_flight_max + kEverythingElse;
}

/// SIGTERM, SIGINT and SIGHUP are waited for by one thread and never interrupt another; made before any thread is.
class Signals {
public:
    Signals() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGTERM);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGHUP);
        if (const int failure = pthread_sigmask(SIG_BLOCK, &signals_, nullptr); failure != 0) {
            throw std::system_error(failure, std::generic_category(), "pthread_sigmask");
        }
        ::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error of the write, not of the process
    }

    int wait() const {
        int signal = 0;
        if (const int failure = sigwait(&signals_, &signal); failure != 0) {
            throw std::system_error(failure, std::generic_category(), "sigwait");
        }
        return signal;
    }

private:
    sigset_t signals_{};
};

/// Whole or absent, like everything that others wait for.
void writeReadyFile(const std::filesystem::path& file, const Gateway::Ports& ports) {
    if (file.empty()) return;
    std::filesystem::path unfinished = file;
    unfinished += ".new";
    std::ofstream out{unfinished};
    out << "{\"pid\":" << ::getpid() << ",\"public_port\":" << ports.public_plain << ",\"public_tls_port\":";
    if (ports.public_tls) {
        out << *ports.public_tls;
    } else {
        out << "null";
    }
    out << ",\"admin_port\":" << ports.admin << "}\n";
    out.close();
    if (!out) throw SettingsError("cannot write ready_file " + file.string());
    std::filesystem::rename(unfinished, file);
}

void reload(Gateway& gateway, log::Log& log, const std::function<Settings()>& load) {
    try {
        gateway.reload(load());
        log.warning("reloaded", {});  // an act of the operator: seen at every level but error
    } catch (const std::exception& failure) {
        log.error("reload_failed", {{"detail", failure.what()}});
    }
}

}  // namespace

int serve(const std::function<Settings()>& load, const tenants::Clock& clock) {
    const Settings settings = load();
    ::umask(S_IRWXG | S_IRWXO);
    keepSecretsInMemory();
    json::setJsonDepthMax(settings.inputs.json_depth_max);
    const std::size_t descriptors = raiseDescriptorLimit();
    const Signals signals;
    log::Log log{clock, settings.log_level, log::writeToStandardError};
    if (descriptors < descriptorsNeeded(settings)) {
        log.warning("descriptor_limit_low", {{"limit", static_cast<std::int64_t>(descriptors)},
                                             {"needed", static_cast<std::int64_t>(descriptorsNeeded(settings))}});
    }

    // What SQLite says it wrote may not be on the disk: going on could answer for scans that are lost. The next start
    // reads what is really there.
    const auto stop_at_once = [&clock](std::string_view reason) {
        log::writeToStandardError(
            log::renderLine(clock.now(), log::Level::kError, "store_broken", {{"detail", reason}}));
        std::_Exit(kExitStore);
    };
    Gateway gateway{settings, clock, log, stop_at_once};
    writeReadyFile(settings.ready_file, gateway.ports());

    int signal = signals.wait();
    while (signal == SIGHUP) {
        reload(gateway, log, load);
        signal = signals.wait();
    }
    log.info("stopping", {{"signal", signal}});
    const bool finished = gateway.shutdown(kShutdownDeadline);
    log.info("stopped", {{"finished", finished}});
    // What still runs would be waited for, as long as its own deadline allows. It is durable as held, and unknown at the
    // next start.
    if (!finished) {
        log.flush();
        std::_Exit(kExitUnfinished);
    }
    return kExitDone;
}

}  // namespace gateway::app
