#include "tests/integration/support/installation.h"

#include <gtest/gtest.h>

#include <csignal>
#include <iostream>
#include <stdexcept>

#include "tests/integration/support/database_view.h"
#include "tests/integration/support/eventually.h"

namespace integration {
namespace {

constexpr std::chrono::milliseconds kStopDeadline{20'000};

using Settings = std::map<std::string, std::string>;

void writeSettings(const std::filesystem::path& file, Settings settings, const Settings& otherwise) {
    for (const auto& [name, value] : otherwise) settings[name] = value;
    std::string text;
    for (const auto& [name, value] : settings) text.append(name).append(" = ").append(value).append("\n");
    writePrivateFile(file, text);
}

void mustSucceed(const Finished& finished, const std::string& what) {
    if (finished.exit_code == 0) return;
    throw std::runtime_error(what + " failed with " + std::to_string(finished.exit_code) + ": " +
                             finished.standard_error);
}

std::string lastLines(const std::string& text, std::size_t bytes) {
    return text.size() > bytes ? "…" + text.substr(text.size() - bytes) : text;
}

void expectCleanExit(const std::optional<int>& exit_code, const char* who) {
    if (!exit_code) {
        ADD_FAILURE() << who << " did not stop on SIGTERM";
    } else if (*exit_code != 0) {
        ADD_FAILURE() << who << " exited with " << *exit_code;
    }
}

}  // namespace

std::filesystem::path programFile(const std::string& name) {
    return std::filesystem::path{TOLLGATE_PROGRAM_FOLDER} / name;
}
std::filesystem::path sourceFolder() {
    return TOLLGATE_SOURCE_FOLDER;
}

InstallationOptions withPatience() {
    return {.gateway = {{"upstream.call_ms", "40000"}, {"upstream.connect_ms", "30000"}}};
}

Installation::Installation(InstallationOptions options) : options_(std::move(options)) {
    std::filesystem::create_directory(dataFolder());
    std::filesystem::create_directory(sandboxFolder());
    replaceCertificates();
    if (!options_.start) return;
    startSandbox();
    writeGatewayConfiguration();
    mustSucceed(runToEnd(gatewayCommand({"secrets", "init"})), "secrets init");
    const Finished token = runToEnd(gatewayCommand({"admin-token", "create", "--label", "test"}));
    mustSucceed(token, "admin-token create");
    admin_token_ = token.standard_output.substr(0, token.standard_output.find('\n'));
    startGateway();
}

Installation::~Installation() {
    if (gateway_) expectCleanExit(stopGateway(), "the gateway");
    if (sandbox_) expectCleanExit(stopSandbox(), "the sandbox");
    if (testing::Test::HasFailure()) showLogs();
}

std::vector<std::string> Installation::gatewayCommand(std::vector<std::string> words) const {
    const std::string program = words.front() == "serve" ? options_.serving_program : "tollgate";
    words.insert(words.begin(), programFile(program).string());
    words.insert(words.end(), {"--config", configurationFile().string()});
    return words;
}

void Installation::writeSandboxConfiguration() {
    writeSettings(folder() / "sandbox.properties",
                  {{"listen.platform_port", platform_port_},
                   {"listen.control_port", control_port_},
                   {"tls.certificate_file", folder() / "certificates" / "server.pem"},
                   {"tls.key_file", folder() / "certificates" / "server.key"},
                   {"data_dir", sandboxFolder()},
                   {"component.appid", std::string{kComponentAppid}},
                   {"component.secret", std::string{kComponentSecret}},
                   {"component.push_token", std::string{kPushToken}},
                   {"component.encoding_aes_key", std::string{kEncodingAesKey}},
                   {"recogniser.workers", "1"},
                   {"recogniser.deadline_ms", "30000"},
                   {"samples_dir", sourceFolder() / "docs" / "samples"},
                   {"ready_file", folder() / "sandbox-ready.json"}},
                  options_.sandbox);
}

void Installation::writeGatewayConfiguration() {
    const std::string link_base = "https://127.0.0.1:" + platform_port_;
    writeSettings(configurationFile(),
                  {{"public.port", "0"},
                   {"public.tls_port", "0"},
                   {"public.tls_certificate_file", folder() / "certificates" / "server.pem"},
                   {"public.tls_key_file", folder() / "certificates" / "server.key"},
                   {"admin.port", "0"},
                   {"ready_file", folder() / "gateway-ready.json"},
                   {"log.level", "debug"},
                   {"store.database_file", dataFolder() / "tollgate.sqlite"},
                   {"store.key_ring_file", keyRingFile()},
                   {"component.appid", std::string{kComponentAppid}},
                   {"component.secret", std::string{kComponentSecret}},
                   {"component.push_token", std::string{kPushToken}},
                   {"component.encoding_aes_key", std::string{kEncodingAesKey}},
                   {"component.pc_link_base", link_base},
                   {"component.h5_link_base", link_base},
                   {"upstream.host", "api.weixin.qq.com"},
                   {"upstream.address", "127.0.0.1"},
                   {"upstream.port", platform_port_},
                   {"upstream.ca_file", authorityFile()}},
                  options_.gateway);
}

Json Installation::waitUntilReady(Process& process, const std::filesystem::path& ready_file,
                                  const std::filesystem::path& log) {
    const bool settled =
        eventually(kPatience, [&] { return std::filesystem::exists(ready_file) || !process.running(); });
    if (!settled || !std::filesystem::exists(ready_file)) {
        throw std::runtime_error("not ready: " + lastLines(readFile(log), 3000));
    }
    return Json{readFile(ready_file)};
}

void Installation::startSandbox() {
    writeSandboxConfiguration();
    const auto ready_file = folder() / "sandbox-ready.json";
    const auto log = folder() / "sandbox.log";
    std::filesystem::remove(ready_file);
    const auto words = {programFile("tollgate-sandbox").string(), std::string{"--config"},
                        (folder() / "sandbox.properties").string()};
    sandbox_ = std::make_unique<Process>(Process::Command{words, {}, {}, log});
    const Json ready = waitUntilReady(*sandbox_, ready_file, log);
    platform_port_ = std::to_string(ready.at("platform_port").integer());
    control_port_ = std::to_string(ready.at("control_port").integer());
    sandbox_control_ = std::make_unique<SandboxControl>("http://127.0.0.1:" + control_port_);
}

void Installation::startGateway() {
    const auto ready_file = folder() / "gateway-ready.json";
    std::filesystem::remove(ready_file);
    gateway_ = std::make_unique<Process>(
        Process::Command{gatewayCommand({"serve"}), options_.serving_environment, {}, gatewayLog()});
    const Json ready = waitUntilReady(*gateway_, ready_file, gatewayLog());
    const auto url = [&ready](const char* scheme, const char* port) {
        return scheme + std::string{"://127.0.0.1:"} + std::to_string(ready.at(port).integer());
    };
    public_url_ = url("http", "public_port");
    public_tls_url_ = url("https", "public_tls_port");
    admin_url_ = url("http", "admin_port");
    admin_ = std::make_unique<AdminClient>(admin_url_, admin_token_);
    if (!sandbox_) return;
    const Json told =
        sandbox().call("PATCH", "/component", "{\"events_url\":" + jsonText(public_url_ + "/wechat/events") + "}");
    if (told.at("event").text() != "delivered")
        throw std::runtime_error("the first ticket was not delivered: " + told.at("event").text());
}

std::optional<int> Installation::stopGateway(std::chrono::milliseconds deadline) {
    gateway_->signal(SIGTERM);
    const auto exit_code = gateway_->waitForExit(deadline);
    gateway_.reset();
    return exit_code;
}

bool Installation::reloadGateway() {
    const auto told = [this](const char* event) {
        const std::string log = readFile(gatewayLog());
        std::size_t count = 0;
        for (std::size_t at = log.find(event); at != std::string::npos; at = log.find(event, at + 1)) ++count;
        return count;
    };
    const std::size_t done = told("\"event\":\"reloaded\"");
    const std::size_t failed = told("\"event\":\"reload_failed\"");
    gateway_->signal(SIGHUP);
    bool taken_over = false;
    const bool told_so = eventually(kPatience, [&] {
        taken_over = told("\"event\":\"reloaded\"") > done;
        return taken_over || told("\"event\":\"reload_failed\"") > failed;
    });
    if (!told_so) throw std::runtime_error("the gateway says nothing about the reload");
    return taken_over;
}

void Installation::replaceCertificates() {
    mustSucceed(runToEnd({sourceFolder() / "certs" / "make-test-certs", folder() / "certificates"}), "make-test-certs");
}

void Installation::killGateway() {
    gateway_->signal(SIGKILL);
    if (!gateway_->waitForExit(kStopDeadline)) throw std::runtime_error("a killed process lives");
    gateway_.reset();
}

std::optional<int> Installation::stopSandbox() {
    sandbox_->signal(SIGTERM);
    const auto exit_code = sandbox_->waitForExit(kStopDeadline);
    sandbox_.reset();
    return exit_code;
}

bool Installation::becomesState(const std::string& merchant, const std::string& state) {
    return eventually(kPatience, [&] { return admin().merchant(merchant).at("state").text() == state; });
}

Merchant Installation::onboard(const std::string& name, const std::string& merchant_fields, std::int64_t units) {
    Merchant merchant;
    merchant.id = admin().createMerchant(name, merchant_fields);
    merchant.appid = sandbox().createAuthorizer();
    sandbox().changeAuthorizer(merchant.appid, "{\"day_free\":" + std::to_string(units) + "}");
    const std::string redirect = sandbox().consent(merchant.appid, admin().createLink(merchant.id));
    HttpClient browser;
    const HttpAnswer landed = browser.send({.url = redirect});
    if (landed.status != 200) throw std::runtime_error("the landing page says " + std::to_string(landed.status));
    if (!becomesState(merchant.id, "active")) {
        throw std::runtime_error("the merchant is " + admin().merchant(merchant.id).at("state_reason").text());
    }
    // The event brings a code of its own, whose exchange gives newer tokens: a test that counts refreshes begins after it.
    const bool settled = eventually(kPatience, [this] {
        return numberIn(dataFolder() / "tollgate.sqlite",
                        "SELECT count(*) FROM platform_event WHERE handled_ms IS NULL") == 0;
    });
    if (!settled) throw std::runtime_error("the authorization's event was not handled");
    merchant.key = admin().createKey(merchant.id);
    return merchant;
}

void Installation::showLogs() const {
    for (const char* name : {"gateway.log", "sandbox.log"}) {
        const auto file = folder() / name;
        if (std::filesystem::exists(file))
            std::cerr << "== " << name << "\n" << lastLines(readFile(file), 8000) << "\n";
    }
}

}  // namespace integration
