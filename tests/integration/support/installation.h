#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/support/admin_client.h"
#include "tests/integration/support/merchant_client.h"
#include "tests/integration/support/process.h"
#include "tests/integration/support/sandbox_control.h"
#include "tests/integration/support/temporary_folder.h"

namespace integration {

/// A merchant that has gone through the real authorization flow and has a key.
struct Merchant {
    std::string id;
    std::string appid;
    Key key;
};

/// What a test wants otherwise than by default. Settings by their name in the configuration file.
struct InstallationOptions {
    std::map<std::string, std::string> gateway = {};
    std::map<std::string, std::string> sandbox = {};
    bool start = true;                         // both processes, with a first ticket delivered
    std::string serving_program = "tollgate";  // what `serve` is asked of; all other commands are the real program's
    std::map<std::string, std::string> serving_environment = {};
};

/// For many clients on a busy machine: calls that take long for want of processors still end well.
InstallationOptions withPatience();

// Secrets of the installation, recognisable wherever they should not be.
inline constexpr std::string_view kComponentAppid = "wx5c0ffee5c0ffee01";
inline constexpr std::string_view kComponentSecret = "planted5component5secret5e0b5c1d";
inline constexpr std::string_view kPushToken = "planted7push7token7a94";
inline constexpr std::string_view kEncodingAesKey = "plantedAesKeyAbcdefghijklmnopqrstuvwxyz0123";

/// The gateway and the emulated platform as real processes in a folder of their own, on ports of the system's choice, with
/// throw-away certificates. The destructor stops both and fails the test where one does not exit with 0, which is also
/// how a sanitizer tells of a finding; their logs are shown where the test failed.
class Installation {
public:
    explicit Installation(InstallationOptions options = {});
    ~Installation();
    Installation(const Installation&) = delete;
    Installation& operator=(const Installation&) = delete;

    /// Starts the gateway, waits until it is ready, and tells the platform its address, which pushes a ticket.
    void startGateway();
    /// SIGTERM; the exit code, or nothing where it still ran at the deadline and was killed.
    std::optional<int> stopGateway(std::chrono::milliseconds deadline = std::chrono::seconds{20});
    void killGateway();  // SIGKILL
    /// SIGHUP; true once the log says that it was taken over, false where it says that it could not be.
    bool reloadGateway();
    /// Certificates of a new authority in the place of the old ones, key and all.
    void replaceCertificates();
    /// The first start takes any free ports, later ones the same again.
    void startSandbox();
    std::optional<int> stopSandbox();

    Process& gatewayProcess() { return *gateway_; }
    AdminClient& admin() { return *admin_; }
    SandboxControl& sandbox() { return *sandbox_control_; }
    MerchantClient clientOf(const std::string& key) const { return {public_url_, key}; }
    MerchantClient tlsClientOf(const std::string& key) const { return {public_tls_url_, key, authorityFile()}; }

    /// Creates a merchant, lets it authorize by event and redirect, and gives it a key. `merchant_fields`: more members for
    /// its creation. `units`: how many recognitions the account has at the platform.
    Merchant onboard(const std::string& name, const std::string& merchant_fields = R"("day_limit":1000000)",
                     std::int64_t units = 1'000'000);
    /// A merchant that nobody has authorized yet.
    std::string createMerchant(const std::string& name) { return admin().createMerchant(name); }
    bool becomesState(const std::string& merchant, const std::string& state);

    const std::string& publicUrl() const noexcept { return public_url_; }
    const std::string& publicTlsUrl() const noexcept { return public_tls_url_; }
    const std::string& adminUrl() const noexcept { return admin_url_; }
    const std::string& adminToken() const noexcept { return admin_token_; }
    std::filesystem::path folder() const { return folder_.path(); }
    std::filesystem::path configurationFile() const { return folder() / "tollgate.properties"; }
    std::filesystem::path dataFolder() const { return folder() / "data"; }  // the gateway's
    std::filesystem::path sandboxFolder() const { return folder() / "platform"; }
    std::filesystem::path keyRingFile() const { return folder() / "key-ring"; }
    std::filesystem::path gatewayLog() const { return folder() / "gateway.log"; }
    std::filesystem::path authorityFile() const { return folder() / "certificates" / "ca.pem"; }
    std::filesystem::path serverKeyFile() const { return folder() / "certificates" / "server.key"; }
    std::vector<std::string> gatewayCommand(std::vector<std::string> words) const;

private:
    void writeGatewayConfiguration();
    void writeSandboxConfiguration();
    void showLogs() const;
    Json waitUntilReady(Process& process, const std::filesystem::path& ready_file, const std::filesystem::path& log);

    TemporaryFolder folder_;
    InstallationOptions options_;
    std::string platform_port_ = "0";
    std::string control_port_ = "0";
    std::string public_url_;
    std::string public_tls_url_;
    std::string admin_url_;
    std::string admin_token_;
    std::unique_ptr<Process> sandbox_;
    std::unique_ptr<Process> gateway_;
    std::unique_ptr<SandboxControl> sandbox_control_;
    std::unique_ptr<AdminClient> admin_;
};

std::filesystem::path programFile(const std::string& name);
std::filesystem::path sourceFolder();

}  // namespace integration
