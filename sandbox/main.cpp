#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sandbox/sandbox.h"

namespace {

constexpr int kDone = 0;
constexpr int kNotStarted = 1;
constexpr int kUsage = 2;

constexpr std::string_view kHelp =
    "tollgate-sandbox --config FILE\n"
    "An emulated WeChat platform for tests and demonstrations, on loopback addresses only.\n"
    "FILE holds key = value lines; docs/sandbox.md lists the keys. Each can be overridden by an environment variable:\n"
    "component.push_token by TOLLGATE_SANDBOX_COMPONENT_PUSH_TOKEN. SIGTERM or SIGINT stops it.\n"
    "Exit status: 0 stopped as asked, 1 could not start, 2 wrong usage.\n";

std::optional<std::string> environmentVariable(const std::string& name) {
    const char* const value =
        std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): read before the threads start
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

/// Blocked in every thread, so that the main thread alone takes them, when it is ready to.
sigset_t blockStopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) throw std::runtime_error("cannot block signals");
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

int serve(const std::string& configuration_file) {
    const sigset_t signals = blockStopSignals();
    const tenants::SystemClock clock;
    const sandbox::Sandbox platform{sandbox::readOptions(configuration_file, environmentVariable), clock,
                                    sandbox::standardErrorSink()};
    int received = 0;
    sigwait(&signals, &received);
    return kDone;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view first = count > 1 ? arguments[1] : "";
    if (count == 2 && (first == "--help" || first == "-h")) {
        std::cout << kHelp;
        return kDone;
    }
    if (count != 3 || first != "--config") {
        std::cerr << kHelp;
        return kUsage;
    }
    try {
        return serve(arguments[2]);
    } catch (const std::exception& failure) {
        std::cerr << "tollgate-sandbox: " << failure.what() << '\n';
        return kNotStarted;
    }
}
