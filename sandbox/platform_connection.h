#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/message.h"
#include "gateway/http/request_reader.h"
#include "gateway/http/response_head.h"
#include "gateway/net/stream.h"
#include "sandbox/call_log.h"
#include "sandbox/fault_script.h"
#include "sandbox/log.h"
#include "sandbox/platform_api.h"
#include "sandbox/platform_clock.h"
#include "sandbox/rid_log.h"
#include "sandbox/state_store.h"
#include "tenants/base/task.h"

namespace sandbox {

/// What every connection of the platform's listener works with; all of it outlives them.
struct PlatformServices {
    PlatformApi& api;
    StateStore& store;
    const PlatformClock& clock;
    CallLog& calls;
    FaultScript& faults;
    RidLog& rids;
    Log& log;
};

/// One connection of the platform's listener: requests read strictly, answered in order, spoilt as the fault script says.
/// On its loop's thread.
class PlatformConnection {
public:
    /// `descriptor` is the stream's socket, for what only the socket can do: reset. `peer_address` is who connected, known
    /// from then: a socket whose peer has gone cannot tell any more.
    PlatformConnection(gateway::net::Stream stream, int descriptor, std::string peer_address,
                       const PlatformServices& services);

    PlatformConnection(const PlatformConnection&) = delete;
    PlatformConnection& operator=(const PlatformConnection&) = delete;

    /// Serves until either side is done with the connection.
    tenants::Task<void> run();

private:
    /// What is kept of a head while its buffer moves on.
    struct Exchange {
        gateway::http::RequestHead head;
        gateway::net::BodyFraming framing;
        bool keep_alive = true;
        bool expects_continue = false;
        int minor_version = 1;
        std::optional<Fault> fault;
        Call call;
        std::string component_appid;  // whose token it carried, or the token of an account that authorized it
    };

    tenants::Task<bool> serveOne();
    Exchange begin(const gateway::net::RequestHeadView& view);
    tenants::Task<bool> answer(Exchange& exchange, gateway::http::BodyBytes body);
    void recordRid(const Exchange& exchange, std::string body, const PlatformAnswer& produced,
                   std::chrono::steady_clock::duration took);
    tenants::Task<PlatformAnswer> produce(const Exchange& exchange, gateway::http::BodyBytes body, std::int64_t number);
    void note(std::int64_t number, const Exchange& exchange, const PlatformAnswer& produced);
    tenants::Task<bool> misbehave(const Exchange& exchange, std::string head, std::string body);
    tenants::Task<bool> send(std::string_view head, std::string_view body);
    tenants::Task<void> drip(std::string bytes);
    tenants::Task<void> staySilent();
    tenants::Task<bool> waitWhileConnected(std::chrono::milliseconds delay);
    tenants::Task<bool> sendBare(int status);
    std::string renderHead(const Exchange& exchange, PlatformAnswer& produced);
    bool reset();

    gateway::net::Stream stream_;
    const int descriptor_;
    const std::string peer_address_;
    const PlatformServices& services_;
    gateway::http::Limits limits_;
    gateway::http::RequestReader reader_;
    gateway::http::HttpDate date_;
};

}  // namespace sandbox
