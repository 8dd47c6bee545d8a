#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "gateway/net/socket_address.h"
#include "tenants/base/clock.h"
#include "tenants/base/task.h"

namespace gateway::net {

/// A name's addresses in the order to try them, never empty; or a text for the log.
using ResolveResult = std::variant<std::vector<SocketAddress>, std::string>;

/// Turns host names into addresses without ever holding a loop: the system's look-up knows no time limit, so it runs on
/// a thread of its own, one name at a time, and whoever waits for it stops waiting at its own deadline. Answers are
/// kept for a while, and longer where the system fails afterwards: an old address beats none.
class Resolver {
public:
    /// What the thread calls: may block, may throw (the text then goes to the log). Ports are ignored.
    using LookUp = std::function<std::vector<SocketAddress>(const std::string& host)>;

    struct Options {
        std::chrono::milliseconds fresh_for{60'000};  // steady clock
        std::chrono::milliseconds retry_after{
            5'000};  // between look-ups of a name that failed while an old answer serves
        std::chrono::milliseconds wait_with_old_max{200};   // how long a caller waits for better than an old answer
        std::map<std::string, std::string> overrides = {};  // name → numeric address or "localhost"; never looked up
    };

    Resolver(Options options, const tenants::Clock& clock, LookUp look_up = systemLookUp());
    /// Ends every wait. A look-up that still blocks is left to its thread, which touches nothing of ours afterwards.
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// On a loop's thread. Numeric addresses, "localhost" and overrides are answered at once.
    tenants::Task<ResolveResult> resolve(std::string host, std::uint16_t port, tenants::SteadyTime deadline);

    /// The system's own: getaddrinfo, IPv4 and IPv6 in the system's order.
    static LookUp systemLookUp();

private:
    class State;
    class Wait;
    Options options_;
    std::shared_ptr<State> state_;
    std::thread thread_;
};

}  // namespace gateway::net
