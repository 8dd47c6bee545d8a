#include "sandbox/options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <map>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <Poco/AutoPtr.h>
#include <Poco/Exception.h>
#include <Poco/Util/PropertyFileConfiguration.h>

#include "gateway/wechat/push_crypto.h"
#include "sandbox/url.h"

namespace sandbox {
namespace {

constexpr std::array<std::string_view, 19> kKeys{"listen.address",
                                                 "listen.platform_port",
                                                 "listen.control_port",
                                                 "tls.certificate_file",
                                                 "tls.key_file",
                                                 "data_dir",
                                                 "component.appid",
                                                 "component.secret",
                                                 "component.push_token",
                                                 "component.encoding_aes_key",
                                                 "events_url",
                                                 "messages_url",
                                                 "push.authority_file",
                                                 "recogniser.program",
                                                 "recogniser.workers",
                                                 "recogniser.deadline_ms",
                                                 "samples_dir",
                                                 "too_large_errcode",
                                                 "ready_file"};
// Of the components after the first: component.2.appid and so on.
constexpr std::array<std::string_view, 6> kComponentKeys{"appid",      "secret",      "push_token", "encoding_aes_key",
                                                         "events_url", "messages_url"};
constexpr int kComponentsMax = 9;

std::vector<std::string> allKeys() {
    std::vector<std::string> keys{kKeys.begin(), kKeys.end()};
    for (int number = 2; number <= kComponentsMax; ++number) {
        for (const std::string_view key : kComponentKeys)
            keys.push_back("component." + std::to_string(number) + "." + std::string{key});
    }
    return keys;
}

using Settings = std::map<std::string, std::string, std::less<>>;

std::string variableName(std::string_view key) {
    std::string name = "TOLLGATE_SANDBOX_";
    for (const char character : key) {
        name += character == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(character)));
    }
    return name;
}

void collect(const Poco::Util::AbstractConfiguration& configuration, const std::string& prefix, Settings& settings) {
    Poco::Util::AbstractConfiguration::Keys names;
    configuration.keys(prefix, names);
    if (names.empty() && !prefix.empty()) {
        const std::vector<std::string> keys = allKeys();
        if (std::find(keys.begin(), keys.end(), prefix) == keys.end())
            throw std::invalid_argument("unknown setting " + prefix);
        settings[prefix] = configuration.getRawString(prefix);
    }
    for (const std::string& name : names) {
        std::string key = prefix;
        if (!key.empty()) key += '.';
        key += name;
        collect(configuration, key, settings);
    }
}

Settings readSettings(const std::filesystem::path& file, const Environment& environment) {
    Settings settings;
    try {
        const Poco::AutoPtr<Poco::Util::PropertyFileConfiguration> configuration{
            new Poco::Util::PropertyFileConfiguration(file.string())};
        collect(*configuration, "", settings);
    } catch (const Poco::Exception& failure) {
        throw std::runtime_error("cannot read " + file.string() + ": " + failure.displayText());
    }
    for (const std::string& key : allKeys()) {
        if (const auto value = environment(variableName(key))) settings[key] = *value;
    }
    return settings;
}

const std::string& required(const Settings& settings, std::string_view key) {
    const auto found = settings.find(key);
    if (found == settings.end() || found->second.empty())
        throw std::invalid_argument("setting " + std::string{key} + " is missing");
    return found->second;
}

std::string optional(const Settings& settings, std::string_view key, std::string fallback) {
    const auto found = settings.find(key);
    return found == settings.end() ? fallback : found->second;
}

int number(const Settings& settings, std::string_view key, int fallback, int least, int most) {
    const auto found = settings.find(key);
    if (found == settings.end()) return fallback;
    const std::string& text = found->second;
    int value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
        throw std::invalid_argument("setting " + std::string{key} + " is not a number from " + std::to_string(least) +
                                    " to " + std::to_string(most));
    }
    return value;
}

std::optional<std::string> webAddress(const Settings& settings, std::string_view key) {
    const std::string value = optional(settings, key, "");
    if (value.empty()) return std::nullopt;
    if (!isWebAddress(value))
        throw std::invalid_argument("setting " + std::string{key} + " is not an http or https URL");
    return value;
}

/// `prefix` is that of the account's keys, `url_prefix` that of its URLs, which are shorter for the first component.
Options::ConfiguredComponent readComponent(const Settings& settings, const std::string& prefix,
                                           const std::string& url_prefix) {
    Options::ConfiguredComponent component{
        .keys = {.appid = required(settings, prefix + "appid"),
                 .secret = required(settings, prefix + "secret"),
                 .push_token = required(settings, prefix + "push_token"),
                 .encoding_aes_key = required(settings, prefix + "encoding_aes_key")},
        .events_url = webAddress(settings, url_prefix + "events_url"),
        .messages_url = webAddress(settings, url_prefix + "messages_url")};
    if (!gateway::wechat::isEncodingAesKey(component.keys.encoding_aes_key)) {
        throw std::invalid_argument("setting " + prefix + "encoding_aes_key is not 43 characters of A-Z, a-z and 0-9");
    }
    return component;
}

std::vector<Options::ConfiguredComponent> readComponents(const Settings& settings) {
    std::vector components{readComponent(settings, "component.", "")};
    for (int number = 2; number <= kComponentsMax; ++number) {
        const std::string prefix = "component." + std::to_string(number) + ".";
        const auto first = settings.lower_bound(prefix);
        if (first == settings.end() || !first->first.starts_with(prefix)) continue;
        components.push_back(readComponent(settings, prefix, prefix));
        for (std::size_t earlier = 0; earlier + 1 < components.size(); ++earlier) {
            if (components[earlier].keys.appid == components.back().keys.appid)
                throw std::invalid_argument("setting " + prefix + "appid is that of another component");
        }
    }
    return components;
}

std::filesystem::path besideThisProgram(const char* name) {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

}  // namespace

Options readOptions(const std::filesystem::path& file, const Environment& environment) {
    const Settings settings = readSettings(file, environment);
    constexpr int kPortMax = std::numeric_limits<std::uint16_t>::max();
    Options options;
    options.listen_address = optional(settings, "listen.address", options.listen_address);
    if (!options.listen_address.starts_with("127.") && options.listen_address != "::1") {
        throw std::invalid_argument("setting listen.address is not a loopback address");
    }
    options.platform_port =
        static_cast<std::uint16_t>(number(settings, "listen.platform_port", options.platform_port, 0, kPortMax));
    options.control_port =
        static_cast<std::uint16_t>(number(settings, "listen.control_port", options.control_port, 0, kPortMax));
    options.certificate_file = required(settings, "tls.certificate_file");
    options.key_file = required(settings, "tls.key_file");
    options.data_folder = required(settings, "data_dir");
    options.components = readComponents(settings);
    options.push_authority_file = optional(settings, "push.authority_file", "");
    options.recogniser_program = optional(settings, "recogniser.program", besideThisProgram("tollgate-recogniser"));
    const int cores = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 64U));
    options.recogniser_workers = number(settings, "recogniser.workers", cores, 1, 64);
    options.recogniser_deadline =
        std::chrono::milliseconds{number(settings, "recogniser.deadline_ms", 5000, 100, 60'000)};
    options.samples_folder = optional(settings, "samples_dir", SANDBOX_SAMPLES_FOLDER);
    options.too_large_errcode = number(settings, "too_large_errcode", options.too_large_errcode, 1, 10'000'000);
    options.ready_file = optional(settings, "ready_file", "");
    return options;
}

}  // namespace sandbox
