#include "gateway/app/settings.h"

#include <Poco/AutoPtr.h>
#include <Poco/Exception.h>
#include <Poco/StringTokenizer.h>
#include <Poco/Util/PropertyFileConfiguration.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>
#include <utility>

#include "gateway/wechat/push_crypto.h"

namespace gateway::app {
namespace {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// Hands out one setting after the other and remembers which were asked for, so that what is left is a mistake.
class Reader {
public:
    Reader(const std::filesystem::path& file, const Environment& environment) : environment_(environment) {
        struct stat status {};
        if (::stat(file.c_str(), &status) != 0)
            throw SettingsError("cannot read the configuration file " + file.string());
        if ((status.st_mode & S_IROTH) != 0) {
            throw SettingsError("the configuration file " + file.string() +
                                " holds secrets and must not be readable by everybody: chmod 0600");
        }
        try {
            properties_ = new Poco::Util::PropertyFileConfiguration(file.string());
        } catch (const Poco::Exception&) {
            throw SettingsError("cannot parse the configuration file " + file.string());
        }
    }

    std::string text(const std::string& key, std::string otherwise) {
        auto value = find(key);
        return value ? *std::move(value) : std::move(otherwise);
    }

    std::string needed(const std::string& key) {
        auto value = find(key);
        if (!value || value->empty()) throw SettingsError(key + " is needed and not set");
        return *std::move(value);
    }

    tenants::SharedSecret secret(const std::string& key) { return tenants::shareSecret(needed(key)); }

    template <class Number>
    Number number(const std::string& key, Number otherwise, Number least, Number most) {
        const auto value = find(key);
        if (!value) return otherwise;
        Number number{};
        const char* end = value->data() + value->size();
        const auto [stopped, failure] = std::from_chars(value->data(), end, number);
        if (failure != std::errc{} || stopped != end || number < least || number > most) {
            throw SettingsError(key + " must be a whole number from " + std::to_string(least) + " to " +
                                std::to_string(most));
        }
        return number;
    }

    template <class Duration>
    Duration duration(const std::string& key, Duration otherwise, Duration least, Duration most) {
        return Duration{number<std::int64_t>(key, otherwise.count(), least.count(), most.count())};
    }

    void refuseTheRest() const {
        std::vector<std::string> names;
        collect("", names);
        for (const std::string& name : names) {
            if (!known_.contains(name)) throw SettingsError("unknown setting: " + name);
        }
    }

private:
    std::optional<std::string> find(const std::string& key) {
        known_.insert(key);
        std::string variable = "TOLLGATE_";
        for (const char c : key)
            variable += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        if (auto value = environment_(variable)) return value;
        if (properties_->hasProperty(key)) return properties_->getRawString(key);
        return std::nullopt;
    }

    void collect(const std::string& parent, std::vector<std::string>& names) const {
        Poco::Util::AbstractConfiguration::Keys keys;
        properties_->keys(parent, keys);
        for (const std::string& key : keys) {
            std::string name = parent;
            if (!name.empty()) name += '.';
            name += key;
            if (properties_->hasProperty(name)) names.push_back(name);
            collect(name, names);
        }
    }

    const Environment& environment_;
    Poco::AutoPtr<Poco::Util::PropertyFileConfiguration> properties_;
    std::set<std::string> known_;
};

void readListeners(Reader& reader, Settings& settings) {
    auto& open = settings.public_listener;
    open.address = reader.text("public.address", open.address);
    open.port = reader.number<std::uint16_t>("public.port", open.port, 0, 65535);
    open.tls_port = reader.number<std::uint16_t>("public.tls_port", open.tls_port, 0, 65535);
    open.tls_certificate_file = reader.text("public.tls_certificate_file", "");
    open.tls_key_file = reader.text("public.tls_key_file", "");
    if (open.tls_certificate_file.empty() != open.tls_key_file.empty()) {
        throw SettingsError("public.tls_certificate_file and public.tls_key_file belong together");
    }
    settings.admin_listener.address = reader.text("admin.address", settings.admin_listener.address);
    settings.admin_listener.port = reader.number<std::uint16_t>("admin.port", settings.admin_listener.port, 0, 65535);
    settings.admin_listener.connections_max =
        reader.number<std::size_t>("admin.connections", settings.admin_listener.connections_max, 1, 1'000'000);
}

void readLimits(Reader& reader, http::Limits& limits) {
    using std::chrono::milliseconds;
    constexpr milliseconds kLeast{10};
    constexpr milliseconds kMost{600'000};
    const auto bytes = [&](const char* key, std::size_t& value, std::size_t least, std::size_t most) {
        value = reader.number<std::size_t>(key, value, least, most);
    };
    bytes("limits.uri_bytes", limits.uri_bytes_max, 64, 65'536);
    bytes("limits.head_bytes", limits.head_bytes_max, 256, 1'048'576);
    bytes("limits.head_fields", limits.head_fields_max, 8, 1'024);
    bytes("limits.field_value_bytes", limits.field_value_bytes_max, 64, 65'536);
    bytes("limits.body_bytes", limits.body_bytes_max, 1024, 1'048'576);
    bytes("limits.body_bytes_per_second", limits.body_bytes_per_second_min, 0, 1'000'000'000);
    bytes("limits.connections", limits.connections_max, 1, 1'000'000);
    bytes("limits.connections_per_address", limits.connections_per_address_max, 0, 1'000'000);
    limits.head_deadline = reader.duration("limits.head_ms", limits.head_deadline, kLeast, kMost);
    limits.idle_deadline = reader.duration("limits.idle_ms", limits.idle_deadline, kLeast, kMost);
    limits.handshake_deadline = reader.duration("limits.handshake_ms", limits.handshake_deadline, kLeast, kMost);
    limits.body_deadline = reader.duration("limits.body_ms", limits.body_deadline, kLeast, kMost);
    limits.body_grace = reader.duration("limits.body_grace_ms", limits.body_grace, kLeast, kMost);
    limits.send_deadline = reader.duration("limits.send_ms", limits.send_deadline, kLeast, kMost);
}

void readInputs(Reader& reader, Settings::Inputs& inputs) {
    const auto number = [&](const char* key, std::size_t& value, std::size_t least, std::size_t most) {
        value = reader.number<std::size_t>(key, value, least, most);
    };
    number("limits.image_bytes", inputs.image_bytes_max, 1024, inputs.image_bytes_max);
    number("limits.image_frame_bytes", inputs.image_frame_bytes_max, 1024, 1'048'576);
    // The least is what WeChat's own answers and pushes need; the most is what the stack of a thread takes with ease.
    number("limits.json_depth", inputs.json_depth_max, 8, 256);
    number("limits.xml_depth", inputs.xml_depth_max, 3, 32);
    number("limits.xml_tags", inputs.xml_openings_max, 64, 8192);
}

/// A whole number of days.
std::chrono::hours readDays(Reader& reader, const std::string& key, std::chrono::hours otherwise, int least, int most) {
    constexpr std::chrono::hours kDay{24};
    return reader.number<int>(key, static_cast<int>(otherwise / kDay), least, most) * kDay;
}

/// The launch page is our own as well, so it lies where the landing page does.
std::string launchUrlBeside(const std::string& redirect_url, const std::string& prefix) {
    constexpr std::string_view kLanding = "/wechat/authorized";
    if (redirect_url.empty()) return {};
    if (!redirect_url.ends_with(kLanding)) {
        throw SettingsError(prefix + ".launch_url is needed where " + prefix + ".redirect_url does not end with " +
                            std::string{kLanding});
    }
    return redirect_url.substr(0, redirect_url.size() - kLanding.size()) + "/wechat/launch";
}

/// Where each platform's settings begin: `component` for the first, `component.<name>` for each name in
/// `further_components`.
std::vector<std::string> componentPrefixes(Reader& reader) {
    const Poco::StringTokenizer names{reader.text("further_components", ""), ",",
                                      Poco::StringTokenizer::TOK_TRIM | Poco::StringTokenizer::TOK_IGNORE_EMPTY};
    std::vector<std::string> prefixes{"component"};
    for (const std::string& name : names) prefixes.push_back("component." + name);
    return prefixes;
}

void refuseRepeated(const std::vector<std::string>& appids) {
    if (std::set<std::string>{appids.begin(), appids.end()}.size() != appids.size()) {
        throw SettingsError("further_components: two platforms have the same appid");
    }
}

Settings::Component readComponent(Reader& reader, const std::string& prefix) {
    Settings::Component component;
    const auto key_of = [&prefix](std::string_view name) { return prefix + "." + std::string{name}; };
    component.appid = reader.needed(key_of("appid"));
    component.secret = reader.secret(key_of("secret"));
    component.push_token = reader.secret(key_of("push_token"));
    component.encoding_aes_key = reader.secret(key_of("encoding_aes_key"));
    const std::string previous = reader.text(key_of("previous_encoding_aes_key"), "");
    if (!previous.empty()) component.previous_encoding_aes_key = tenants::shareSecret(previous);
    for (const auto& key : {component.encoding_aes_key, component.previous_encoding_aes_key}) {
        // Found at start and not at the first push, which comes minutes later and from outside.
        if (key != nullptr && !wechat::isEncodingAesKey(key->expose())) {
            throw SettingsError(key_of("encoding_aes_key") + " and " + key_of("previous_encoding_aes_key") +
                                " must have 43 characters of Base64");
        }
    }
    component.redirect_url = reader.text(key_of("redirect_url"), "");
    component.launch_url = reader.text(key_of("launch_url"), "");
    if (component.launch_url.empty()) component.launch_url = launchUrlBeside(component.redirect_url, prefix);
    component.pc_link_base = reader.text(key_of("pc_link_base"), component.pc_link_base);
    component.h5_link_base = reader.text(key_of("h5_link_base"), component.h5_link_base);
    component.push_timestamp_window =
        reader.duration(key_of("push_timestamp_window_s"), component.push_timestamp_window, std::chrono::seconds{1},
                        std::chrono::seconds{86'400});
    component.invitation_life = readDays(reader, key_of("invitation_days"), component.invitation_life, 1, 365);
    return component;
}

void readUpstream(Reader& reader, Settings::Upstream& upstream) {
    using std::chrono::milliseconds;
    upstream.host = reader.text("upstream.host", upstream.host);
    upstream.port = reader.number<std::uint16_t>("upstream.port", upstream.port, 1, 65535);
    upstream.ca_file = reader.text("upstream.ca_file", upstream.ca_file.string());
    upstream.address = reader.text("upstream.address", "");
    upstream.connect_deadline =
        reader.duration("upstream.connect_ms", upstream.connect_deadline, milliseconds{10}, milliseconds{60'000});
    upstream.call_deadline =
        reader.duration("upstream.call_ms", upstream.call_deadline, milliseconds{10}, milliseconds{60'000});
    upstream.in_flight_max = reader.number<std::size_t>("upstream.in_flight", upstream.in_flight_max, 1, 100'000);
    upstream.repeat_percent = reader.number<std::uint32_t>("upstream.repeat_percent", upstream.repeat_percent, 0, 100);
    upstream.answer_head_bytes_max =
        reader.number<std::size_t>("upstream.answer_head_bytes", upstream.answer_head_bytes_max, 1'024, 1'048'576);
    upstream.answer_body_bytes_max =
        reader.number<std::size_t>("upstream.answer_body_bytes", upstream.answer_body_bytes_max, 1'024, 16'777'216);
}

void readTokens(Reader& reader, Settings::Tokens& tokens) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    constexpr seconds kLongest{7195};  // a token lives 7200 s, and must not be due again as soon as it is made
    tokens.renew_before = reader.duration("tokens.renew_before_s", tokens.renew_before, seconds{60}, kLongest);
    tokens.renew_spread = reader.duration("tokens.renew_spread_s", tokens.renew_spread, seconds{0}, kLongest);
    if (tokens.renew_before + tokens.renew_spread > kLongest) {
        throw SettingsError("tokens.renew_before_s and tokens.renew_spread_s must be at most " +
                            std::to_string(kLongest.count()) + " together");
    }
    tokens.ticket_late_after =
        reader.duration("tokens.ticket_late_after_s", tokens.ticket_late_after, seconds{1}, seconds{43'200});
    tokens.look_every =
        reader.duration("tokens.look_every_ms", tokens.look_every, milliseconds{10}, milliseconds{60'000});
}

void readPools(Reader& reader, Settings& settings) {
    using std::chrono::milliseconds;
    const auto read = [&reader](Settings::Pool& pool, const std::string& threads, const std::string& queue) {
        pool.threads = reader.number<std::size_t>(threads, pool.threads, 1, 256);
        pool.queued_max = reader.number<std::size_t>(queue, pool.queued_max, 0, 65'536);
        pool.queued_age_max =
            reader.duration(queue + "_ms", pool.queued_age_max, milliseconds{10}, milliseconds{60'000});
    };
    read(settings.workers, "workers", "workers_queue");
    read(settings.pushes, "push.workers", "push.queue");
}

void readTraffic(Reader& reader, Settings& settings) {
    using std::chrono::milliseconds;
    Settings::Merchant& merchant = settings.merchant;
    merchant.in_flight_max = reader.number<std::size_t>("merchant.in_flight", merchant.in_flight_max, 1, 100'000);
    merchant.requests_per_second =
        reader.number<std::uint32_t>("merchant.requests_per_second", merchant.requests_per_second, 0, 1'000'000);
    merchant.burst = reader.number<std::uint32_t>("merchant.burst", merchant.burst, 0, 1'000'000);
    Settings::Breaker& breaker = settings.breaker;
    breaker.merchant_failures =
        reader.number<std::uint32_t>("breaker.merchant_failures", breaker.merchant_failures, 1, 1'000'000);
    breaker.upstream_failures =
        reader.number<std::uint32_t>("breaker.upstream_failures", breaker.upstream_failures, 1, 1'000'000);
    breaker.failure_percent = reader.number<std::uint32_t>("breaker.failure_percent", breaker.failure_percent, 1, 100);
    breaker.window = reader.duration("breaker.window_ms", breaker.window, milliseconds{100}, milliseconds{600'000});
    breaker.pause = reader.duration("breaker.pause_ms", breaker.pause, milliseconds{10}, milliseconds{600'000});
}

StoreSettings readStore(Reader& reader) {
    StoreSettings store;
    store.database_file = reader.needed("store.database_file");
    store.key_ring_file = reader.needed("store.key_ring_file");
    store.issuer = reader.text("billing.issuer", "Unnamed provider");
    store.exports_folder = reader.text("exports.folder", "");
    if (store.exports_folder.empty()) store.exports_folder = store.database_file.parent_path() / "exports";
    return store;
}

}  // namespace

std::optional<std::string> systemEnvironment(const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody changes it
    if (value == nullptr) return std::nullopt;
    return std::string{value};
}

Settings loadSettings(const std::filesystem::path& file, const Environment& environment) {
    Reader reader{file, environment};
    Settings settings;
    readListeners(reader, settings);
    readLimits(reader, settings.limits);
    readInputs(reader, settings.inputs);
    settings.loops = reader.number<std::size_t>("loops", settings.loops, 0, 256);
    readPools(reader, settings);
    readTraffic(reader, settings);
    settings.ready_file = reader.text("ready_file", "");
    try {
        settings.log_level = log::levelFromText(reader.text("log.level", "info"));
    } catch (const std::invalid_argument&) {
        throw SettingsError("log.level must be debug, info, warning or error");
    }
    const StoreSettings store = readStore(reader);
    settings.database_file = store.database_file;
    settings.key_ring_file = store.key_ring_file;
    settings.exports_folder = store.exports_folder;
    settings.issuer = store.issuer;
    std::vector<std::string> appids;
    for (const std::string& prefix : componentPrefixes(reader)) {
        settings.components.push_back(readComponent(reader, prefix));
        appids.push_back(settings.components.back().appid);
    }
    refuseRepeated(appids);
    readUpstream(reader, settings.upstream);
    readTokens(reader, settings.tokens);
    settings.day_limit_default =
        reader.number<std::int64_t>("quota.day_limit_default", settings.day_limit_default, 0, 1'000'000'000'000);
    settings.upstream_day_free =
        reader.number<std::int64_t>("quota.upstream_day_free", settings.upstream_day_free, 0, 1'000'000'000'000);
    settings.upstream_day_turns_at = reader.duration("quota.upstream_day_turns_at_hour", settings.upstream_day_turns_at,
                                                     std::chrono::hours{0}, std::chrono::hours{23});
    settings.reply_lifetime = reader.duration("scan.reply_lifetime_s", settings.reply_lifetime, std::chrono::seconds{0},
                                              std::chrono::seconds{86'400});
    // At least three days: twice the widest window of push timestamps, in which a push can be played back, and some more.
    settings.onboarding_retention =
        readDays(reader, "retention.onboarding_days", settings.onboarding_retention, 3, 3650);
    settings.undecided_wait = reader.duration("billing.undecided_wait_hours", settings.undecided_wait,
                                              std::chrono::hours{0}, std::chrono::hours{24 * 31});
    reader.refuseTheRest();
    return settings;
}

StoreSettings loadStoreSettings(const std::filesystem::path& file, const Environment& environment) {
    Reader reader{file, environment};
    StoreSettings store = readStore(reader);
    for (const std::string& prefix : componentPrefixes(reader)) {
        store.component_appids.push_back(reader.needed(prefix + ".appid"));
    }
    refuseRepeated(store.component_appids);
    return store;
}

}  // namespace gateway::app
