#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/net/listening_socket.h"
#include "gateway/net/loop_group.h"
#include "gateway/net/stream.h"
#include "gateway/net/tls_context.h"
#include "tenants/base/task.h"

namespace gateway::net::testing {

/// Throw-away certificates, made by the build: the folder with the files of certs/make-test-certs --extra.
const std::filesystem::path& certificates();

std::shared_ptr<const TlsContext> serverContext(const std::string& certificate = "server");
std::shared_ptr<const TlsContext> clientContext(const std::string& host = "localhost",
                                                const std::string& authority = "ca");

/// A peer that does with each connection what its script says, on a loop and a thread of its own. The script gets the
/// connection's number, from 0. The destructor waits for the scripts, so each must end when its client goes.
class ScriptedServer {
public:
    using Script = std::function<tenants::Task<void>(AcceptedSocket accepted, int number)>;

    explicit ScriptedServer(Script script);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    const SocketAddress& address() const { return listening_.address(); }
    EventLoop& loop() { return loops_.at(0); }
    int connections() const { return connections_.load(); }

private:
    tenants::Task<void> acceptAll();
    tenants::Task<void> runScript(AcceptedSocket accepted, int number);
    void begin();
    void end();

    Script script_;
    LoopGroup loops_{1};
    ListeningSocket listening_{*SocketAddress::parse("127.0.0.1", 0)};
    std::atomic<int> connections_{0};
    std::mutex mutex_;
    std::condition_variable ended_;
    int running_ = 0;
};

/// Reads and drops until the peer goes or the time is over.
tenants::Task<IoStatus> drain(Stream& stream, tenants::SteadyTime deadline);

/// Reads until the text ends with `end`.
tenants::Task<std::string> readUntil(Stream& stream, std::string end, tenants::SteadyTime deadline);

tenants::Task<IoResult> writeText(Stream& stream, std::string text, tenants::SteadyTime deadline);

}  // namespace gateway::net::testing
