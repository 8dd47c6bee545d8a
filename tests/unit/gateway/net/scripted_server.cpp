#include "tests/unit/gateway/net/scripted_server.h"

#include <array>
#include <utility>

#include "tests/unit/gateway/net/loop_fixture.h"

namespace gateway::net::testing {

const std::filesystem::path& certificates() {
    static const std::filesystem::path folder{TOLLGATE_TEST_CERTIFICATES};
    return folder;
}

std::shared_ptr<const TlsContext> serverContext(const std::string& certificate) {
    return TlsContext::server(certificates() / (certificate + ".pem"), certificates() / (certificate + ".key"));
}

std::shared_ptr<const TlsContext> clientContext(const std::string& host, const std::string& authority) {
    return TlsContext::client(host, certificates() / (authority + ".pem"));
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
    begin();
    loop().post(std::function<void()>{[this] { tenants::spawn(acceptAll()); }});
    loops_.start();
}

ScriptedServer::~ScriptedServer() {
    loop().post(std::function<void()>{[this] { listening_.close(); }});
    {
        std::unique_lock lock{mutex_};
        ended_.wait(lock, [this] { return running_ == 0; });
    }
    loops_.stop();
}

void ScriptedServer::begin() {
    const std::scoped_lock lock{mutex_};
    ++running_;
}

void ScriptedServer::end() {
    const std::scoped_lock lock{mutex_};
    if (--running_ == 0) ended_.notify_all();
}

tenants::Task<void> ScriptedServer::acceptAll() {
    while (true) {
        std::optional<AcceptedSocket> accepted = co_await listening_.accept();
        if (!accepted) break;
        begin();
        tenants::spawn(runScript(*std::move(accepted), connections_.fetch_add(1)));
    }
    end();
}

tenants::Task<void> ScriptedServer::runScript(AcceptedSocket accepted, int number) {
    co_await script_(std::move(accepted), number);
    end();
}

tenants::Task<IoStatus> drain(Stream& stream, tenants::SteadyTime deadline) {
    std::array<char, 4096> buffer{};
    while (true) {
        const IoResult got = co_await stream.read(buffer, deadline);
        if (got.status != IoStatus::kOk) co_return got.status;
    }
}

tenants::Task<std::string> readUntil(Stream& stream, std::string end, tenants::SteadyTime deadline) {
    std::string text;
    std::array<char, 4096> buffer{};
    while (!text.ends_with(end)) {
        const IoResult got = co_await stream.read(buffer, deadline);
        if (got.status != IoStatus::kOk) break;
        text.append(buffer.data(), got.bytes);
    }
    co_return text;
}

tenants::Task<IoResult> writeText(Stream& stream, std::string text, tenants::SteadyTime deadline) {
    const std::array<std::string_view, 1> parts{text};
    co_return co_await stream.write(parts, deadline);
}

}  // namespace gateway::net::testing
