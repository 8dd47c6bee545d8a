#include "gateway/app/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace gateway::app {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNeeded =
    "store.database_file = /data/t.db\nstore.key_ring_file = /data/keyring\ncomponent.appid = wx1\n"
    "component.secret = s\ncomponent.push_token = t\n"
    "component.encoding_aes_key = abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG\n";

/// A property file of its own for each test, gone with it.
class SettingsFile {
public:
    explicit SettingsFile(const std::string& text, mode_t mode = 0600) {
        const int descriptor = ::mkstemp(path_.data());
        EXPECT_GE(descriptor, 0);
        EXPECT_EQ(::write(descriptor, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        EXPECT_EQ(::fchmod(descriptor, mode), 0);
        ::close(descriptor);
    }
    ~SettingsFile() { ::unlink(path_.c_str()); }
    SettingsFile(const SettingsFile&) = delete;
    SettingsFile& operator=(const SettingsFile&) = delete;

    Settings load(const std::map<std::string, std::string>& environment = {}) const {
        return loadSettings(path_, [&](const std::string& name) -> std::optional<std::string> {
            const auto found = environment.find(name);
            if (found == environment.end()) return std::nullopt;
            return found->second;
        });
    }
    StoreSettings loadStore() const {
        return loadStoreSettings(path_, [](const std::string&) { return std::nullopt; });
    }
    std::string complaint(const std::map<std::string, std::string>& environment = {}) const {
        try {
            load(environment);
        } catch (const SettingsError& error) {
            return error.what();
        }
        return "no complaint";
    }

private:
    std::string path_ = "/tmp/tollgate-settings-XXXXXX";
};

TEST(Settings, NeededOnesAloneGiveTheDefaults) {
    const Settings settings = SettingsFile{kNeeded}.load();

    EXPECT_EQ(settings.public_listener.port, 8080);
    EXPECT_EQ(settings.public_listener.address, "127.0.0.1");
    EXPECT_EQ(settings.upstream.host, "api.weixin.qq.com");
    EXPECT_EQ(settings.components.at(0).secret->expose(), "s");
    EXPECT_EQ(settings.components.at(0).previous_encoding_aes_key, nullptr);
    EXPECT_EQ(settings.limits.connections_max, 16'384U);
}

/// Every limit of the contract, with its documented default, is a setting that can be changed.
TEST(Settings, LimitsOfTheContractAreSettings) {
    struct Limit {
        const char* key;
        std::int64_t otherwise;
        std::function<std::int64_t(const Settings&)> read;
    };
    const auto ms = [](std::chrono::milliseconds time) { return static_cast<std::int64_t>(time.count()); };
    const std::vector<Limit> limits{
        {"limits.uri_bytes", 4096, [](const Settings& s) { return s.limits.uri_bytes_max; }},
        {"limits.head_bytes", 16'384, [](const Settings& s) { return s.limits.head_bytes_max; }},
        {"limits.head_fields", 64, [](const Settings& s) { return s.limits.head_fields_max; }},
        {"limits.field_value_bytes", 4096, [](const Settings& s) { return s.limits.field_value_bytes_max; }},
        {"limits.head_ms", 5000, [&](const Settings& s) { return ms(s.limits.head_deadline); }},
        {"limits.idle_ms", 60'000, [&](const Settings& s) { return ms(s.limits.idle_deadline); }},
        {"limits.handshake_ms", 5000, [&](const Settings& s) { return ms(s.limits.handshake_deadline); }},
        {"limits.body_ms", 15'000, [&](const Settings& s) { return ms(s.limits.body_deadline); }},
        {"limits.body_bytes", 65'536, [](const Settings& s) { return s.limits.body_bytes_max; }},
        {"limits.body_bytes_per_second", 20'000, [](const Settings& s) { return s.limits.body_bytes_per_second_min; }},
        {"limits.body_grace_ms", 2000, [&](const Settings& s) { return ms(s.limits.body_grace); }},
        {"limits.image_bytes", 2'097'151, [](const Settings& s) { return s.inputs.image_bytes_max; }},
        {"limits.image_frame_bytes", 65'536, [](const Settings& s) { return s.inputs.image_frame_bytes_max; }},
        {"limits.json_depth", 32, [](const Settings& s) { return s.inputs.json_depth_max; }},
        {"limits.xml_depth", 4, [](const Settings& s) { return s.inputs.xml_depth_max; }},
        {"limits.xml_tags", 512, [](const Settings& s) { return s.inputs.xml_openings_max; }},
        {"admin.connections", 1024, [](const Settings& s) { return s.admin_listener.connections_max; }},
        {"limits.send_ms", 10'000, [&](const Settings& s) { return ms(s.limits.send_deadline); }},
        {"limits.connections", 16'384, [](const Settings& s) { return s.limits.connections_max; }},
        {"limits.connections_per_address", 0, [](const Settings& s) { return s.limits.connections_per_address_max; }},
        {"merchant.in_flight", 64, [](const Settings& s) { return s.merchant.in_flight_max; }},
        {"merchant.requests_per_second", 0, [](const Settings& s) { return s.merchant.requests_per_second; }},
        {"merchant.burst", 0, [](const Settings& s) { return s.merchant.burst; }},
        {"upstream.in_flight", 512, [](const Settings& s) { return s.upstream.in_flight_max; }},
        {"upstream.connect_ms", 3000, [&](const Settings& s) { return ms(s.upstream.connect_deadline); }},
        {"upstream.call_ms", 8000, [&](const Settings& s) { return ms(s.upstream.call_deadline); }},
        {"upstream.repeat_percent", 10, [](const Settings& s) { return s.upstream.repeat_percent; }},
        {"upstream.answer_head_bytes", 16'384, [](const Settings& s) { return s.upstream.answer_head_bytes_max; }},
        {"upstream.answer_body_bytes", 262'144, [](const Settings& s) { return s.upstream.answer_body_bytes_max; }},
        {"workers_queue", 8, [](const Settings& s) { return s.workers.queuedMax(); }},
        {"workers_queue_ms", 500, [&](const Settings& s) { return ms(s.workers.queued_age_max); }},
        {"push.queue", 64, [](const Settings& s) { return s.pushes.queuedMax(); }},
        {"push.queue_ms", 500, [&](const Settings& s) { return ms(s.pushes.queued_age_max); }},
        {"breaker.merchant_failures", 20, [](const Settings& s) { return s.breaker.merchant_failures; }},
        {"breaker.upstream_failures", 60, [](const Settings& s) { return s.breaker.upstream_failures; }},
        {"breaker.failure_percent", 50, [](const Settings& s) { return s.breaker.failure_percent; }},
        {"breaker.window_ms", 10'000, [&](const Settings& s) { return ms(s.breaker.window); }},
        {"breaker.pause_ms", 5000, [&](const Settings& s) { return ms(s.breaker.pause); }},
    };
    for (const Limit& limit : limits) {
        const std::int64_t other = limit.otherwise > 2 ? limit.otherwise - 1 : 7;
        const std::string line = std::string{limit.key} + " = " + std::to_string(other) + "\n";

        EXPECT_EQ(limit.read(SettingsFile{kNeeded}.load()), limit.otherwise) << limit.key;
        EXPECT_EQ(limit.read(SettingsFile{kNeeded + line}.load()), other) << limit.key;
        EXPECT_THAT(SettingsFile{std::string{kNeeded} + limit.key + " = -1\n"}.complaint(), HasSubstr(limit.key));
    }
}

TEST(Settings, EnvironmentOverridesTheFile) {
    const SettingsFile file{std::string{kNeeded} + "public.port = 1\n"};

    EXPECT_EQ(file.load().public_listener.port, 1);
    EXPECT_EQ(file.load({{"TOLLGATE_PUBLIC_PORT", "2"}}).public_listener.port, 2);
    EXPECT_EQ(file.load({{"TOLLGATE_UPSTREAM_CALL_MS", "1500"}}).upstream.call_deadline.count(), 1500);
}

TEST(Settings, TokensThatWouldBeDueAsSoonAsTheyAreMadeAreRefused) {
    const std::string needed{kNeeded};

    EXPECT_EQ(SettingsFile{needed + "tokens.renew_before_s = 7195\ntokens.renew_spread_s = 0\n"}
                  .load()
                  .tokens.renew_before.count(),
              7195);
    EXPECT_THAT(SettingsFile{needed + "tokens.renew_before_s = 7100\n"}.complaint(),
                HasSubstr("tokens.renew_spread_s"));
    EXPECT_THAT(SettingsFile{needed + "tokens.renew_before_s = 59\n"}.complaint(), HasSubstr("tokens.renew_before_s"));
}

TEST(Settings, EveryFaultNamesItsSettingAndNotItsValue) {
    EXPECT_THAT(SettingsFile{"component.appid = wx1\n"}.complaint(), HasSubstr("store.database_file"));
    EXPECT_THAT(SettingsFile{std::string{kNeeded} + "public.port = 65536\n"}.complaint(), HasSubstr("public.port"));
    EXPECT_THAT(SettingsFile{std::string{kNeeded} + "public.port = 80 80\n"}.complaint(), HasSubstr("public.port"));
    EXPECT_THAT(SettingsFile{std::string{kNeeded} + "public.prot = 80\n"}.complaint(), HasSubstr("public.prot"));
    EXPECT_THAT(SettingsFile{std::string{kNeeded} + "log.level = loud\n"}.complaint(), HasSubstr("log.level"));
    EXPECT_THAT(SettingsFile{std::string{kNeeded} + "public.tls_key_file = k\n"}.complaint(),
                HasSubstr("belong together"));
}

// Pitfall 2: found at the start, and not at the first push.
TEST(Settings, KeyThatIsNoneIsRefusedAndNotShown) {
    for (const std::string key : {"too-short-a-key", "*bcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
                                  "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"}) {
        for (const std::string variable : {"ENCODING_AES_KEY", "PREVIOUS_ENCODING_AES_KEY"}) {
            const std::string complaint = SettingsFile{kNeeded}.complaint({{"TOLLGATE_COMPONENT_" + variable, key}});
            EXPECT_THAT(complaint, HasSubstr("encoding_aes_key"));
            EXPECT_EQ(complaint.find(key), std::string::npos);
        }
    }
}

TEST(Settings, LaunchPageLiesBesideTheLandingPageUnlessSaidOtherwise) {
    const auto launch = [](const std::string& lines) {
        return SettingsFile{kNeeded + lines}.load().components.at(0).launch_url;
    };
    EXPECT_EQ(launch(""), "");
    EXPECT_EQ(launch("component.redirect_url = https://gw.example.com/a/wechat/authorized\n"),
              "https://gw.example.com/a/wechat/launch");
    EXPECT_EQ(launch("component.redirect_url = https://gw.example.com/in\ncomponent.launch_url = https://x/go\n"),
              "https://x/go");
    EXPECT_THAT(SettingsFile{std::string{kNeeded} + "component.redirect_url = https://gw.example.com/in\n"}.complaint(),
                HasSubstr("component.launch_url"));
}

TEST(Settings, DaysAreWholeAndRetentionOutlastsEveryWindow) {
    const Settings settings =
        SettingsFile{std::string{kNeeded} + "component.invitation_days = 2\nretention.onboarding_days = 3\n"}.load();
    EXPECT_EQ(settings.components.at(0).invitation_life, std::chrono::hours{48});
    EXPECT_EQ(settings.onboarding_retention, std::chrono::hours{72});
    EXPECT_THAT(SettingsFile{std::string{kNeeded} + "retention.onboarding_days = 2\n"}.complaint(),
                HasSubstr("retention.onboarding_days"));
}

TEST(Settings, FileThatEverybodyCanReadIsRefused) {
    EXPECT_THAT(SettingsFile(kNeeded, 0644).complaint(), HasSubstr("chmod 0600"));
    EXPECT_NO_THROW(SettingsFile(kNeeded, 0640).load());
}

TEST(Settings, MissingFileIsNamed) {
    EXPECT_THROW(loadSettings("/nowhere/tollgate.properties", systemEnvironment), SettingsError);
}

/// The sample with every `#key = value` line switched on.
std::string sampleWithDefaultsOn() {
    std::ifstream in{TOLLGATE_SAMPLE_SETTINGS};
    std::ostringstream out;
    for (std::string line; std::getline(in, line);) {
        const bool is_default =
            line.size() > 1 && line[0] == '#' && line[1] != ' ' && line.find(" =") != std::string::npos;
        out << (is_default ? line.substr(1) : line) << '\n';
    }
    return out.str();
}

TEST(SampleSettings, LoadAndShowTheRealDefaults) {
    const Settings plain = SettingsFile{kNeeded}.load();

    const Settings shown = SettingsFile{sampleWithDefaultsOn()}.load();

    EXPECT_EQ(shown.public_listener.address, plain.public_listener.address);
    EXPECT_EQ(shown.public_listener.port, plain.public_listener.port);
    EXPECT_EQ(shown.public_listener.tls_port, plain.public_listener.tls_port);
    EXPECT_EQ(shown.admin_listener.address, plain.admin_listener.address);
    EXPECT_EQ(shown.admin_listener.port, plain.admin_listener.port);
    EXPECT_EQ(shown.loops, plain.loops);
    for (const auto& [pool, default_pool] :
         {std::pair{shown.workers, plain.workers}, std::pair{shown.pushes, plain.pushes}}) {
        EXPECT_EQ(pool.threads, default_pool.threads);
        EXPECT_EQ(pool.queued_max, default_pool.queued_max);
        EXPECT_EQ(pool.queued_age_max, default_pool.queued_age_max);
    }
    EXPECT_EQ(shown.admin_listener.connections_max, plain.admin_listener.connections_max);
    EXPECT_EQ(shown.inputs.image_bytes_max, plain.inputs.image_bytes_max);
    EXPECT_EQ(shown.inputs.image_frame_bytes_max, plain.inputs.image_frame_bytes_max);
    EXPECT_EQ(shown.inputs.json_depth_max, plain.inputs.json_depth_max);
    EXPECT_EQ(shown.inputs.xml_depth_max, plain.inputs.xml_depth_max);
    EXPECT_EQ(shown.inputs.xml_openings_max, plain.inputs.xml_openings_max);
    EXPECT_EQ(shown.limits.body_grace, plain.limits.body_grace);
    EXPECT_EQ(shown.merchant.in_flight_max, plain.merchant.in_flight_max);
    EXPECT_EQ(shown.merchant.requests_per_second, plain.merchant.requests_per_second);
    EXPECT_EQ(shown.merchant.burst, plain.merchant.burst);
    EXPECT_EQ(shown.breaker.merchant_failures, plain.breaker.merchant_failures);
    EXPECT_EQ(shown.breaker.upstream_failures, plain.breaker.upstream_failures);
    EXPECT_EQ(shown.breaker.failure_percent, plain.breaker.failure_percent);
    EXPECT_EQ(shown.breaker.window, plain.breaker.window);
    EXPECT_EQ(shown.breaker.pause, plain.breaker.pause);
    EXPECT_EQ(shown.ready_file, plain.ready_file);
    EXPECT_EQ(shown.log_level, plain.log_level);
    EXPECT_EQ(shown.components.at(0).pc_link_base, plain.components.at(0).pc_link_base);
    EXPECT_EQ(shown.components.at(0).h5_link_base, plain.components.at(0).h5_link_base);
    EXPECT_EQ(shown.components.at(0).push_timestamp_window, plain.components.at(0).push_timestamp_window);
    EXPECT_EQ(shown.components.at(0).invitation_life, plain.components.at(0).invitation_life);
    EXPECT_EQ(shown.onboarding_retention, plain.onboarding_retention);
    EXPECT_EQ(shown.upstream.host, plain.upstream.host);
    EXPECT_EQ(shown.upstream.port, plain.upstream.port);
    EXPECT_EQ(shown.upstream.ca_file, plain.upstream.ca_file);
    EXPECT_EQ(shown.upstream.address, plain.upstream.address);
    EXPECT_EQ(shown.upstream.connect_deadline, plain.upstream.connect_deadline);
    EXPECT_EQ(shown.upstream.call_deadline, plain.upstream.call_deadline);
    EXPECT_EQ(shown.upstream.in_flight_max, plain.upstream.in_flight_max);
    EXPECT_EQ(shown.upstream.repeat_percent, plain.upstream.repeat_percent);
    EXPECT_EQ(shown.upstream.answer_head_bytes_max, plain.upstream.answer_head_bytes_max);
    EXPECT_EQ(shown.upstream.answer_body_bytes_max, plain.upstream.answer_body_bytes_max);
    EXPECT_EQ(shown.day_limit_default, plain.day_limit_default);
    EXPECT_EQ(shown.upstream_day_free, plain.upstream_day_free);
    EXPECT_EQ(shown.upstream_day_turns_at, plain.upstream_day_turns_at);
    EXPECT_EQ(shown.reply_lifetime, plain.reply_lifetime);
    EXPECT_EQ(shown.limits.uri_bytes_max, plain.limits.uri_bytes_max);
    EXPECT_EQ(shown.limits.head_bytes_max, plain.limits.head_bytes_max);
    EXPECT_EQ(shown.limits.head_fields_max, plain.limits.head_fields_max);
    EXPECT_EQ(shown.limits.field_value_bytes_max, plain.limits.field_value_bytes_max);
    EXPECT_EQ(shown.limits.head_deadline, plain.limits.head_deadline);
    EXPECT_EQ(shown.limits.idle_deadline, plain.limits.idle_deadline);
    EXPECT_EQ(shown.limits.handshake_deadline, plain.limits.handshake_deadline);
    EXPECT_EQ(shown.limits.body_deadline, plain.limits.body_deadline);
    EXPECT_EQ(shown.limits.body_bytes_per_second_min, plain.limits.body_bytes_per_second_min);
    EXPECT_EQ(shown.limits.send_deadline, plain.limits.send_deadline);
    EXPECT_EQ(shown.limits.connections_max, plain.limits.connections_max);
    EXPECT_EQ(shown.limits.connections_per_address_max, plain.limits.connections_per_address_max);
    EXPECT_EQ(shown.limits.body_bytes_max, plain.limits.body_bytes_max);
}

const std::string kTwoComponents =
    std::string{kNeeded} +
    "further_components = second\ncomponent.second.appid = wx2\ncomponent.second.secret = s2\n"
    "component.second.push_token = t2\n"
    "component.second.encoding_aes_key = abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG\n"
    "component.second.push_timestamp_window_s = 60\n";

TEST(Settings, SeveralComponentsAreReadInTheirOrder) {
    const Settings settings = SettingsFile{kTwoComponents}.load({{"TOLLGATE_COMPONENT_SECOND_SECRET", "from outside"}});

    ASSERT_EQ(settings.components.size(), 2U);
    EXPECT_EQ(settings.components[0].appid, "wx1");
    EXPECT_EQ(settings.components[0].push_timestamp_window.count(), 600);
    EXPECT_EQ(settings.components[1].appid, "wx2");
    EXPECT_EQ(settings.components[1].secret->expose(), "from outside");
    EXPECT_EQ(settings.components[1].push_timestamp_window.count(), 60);
}

TEST(Settings, ComponentThatLacksSomethingIsNamed) {
    EXPECT_THAT(SettingsFile{kTwoComponents}.complaint({{"TOLLGATE_FURTHER_COMPONENTS", "second, third"}}),
                HasSubstr("component.third.appid is needed"));
}

TEST(Settings, ComponentThatNobodyListedIsAMistake) {
    EXPECT_THAT(SettingsFile{kTwoComponents + "component.third.appid = wx3\n"}.complaint(),
                HasSubstr("unknown setting: component.third.appid"));
}

TEST(Settings, TwoComponentsOfOneAppIdAreRefused) {
    EXPECT_THAT(SettingsFile{kTwoComponents}.complaint({{"TOLLGATE_COMPONENT_SECOND_APPID", "wx1"}}),
                HasSubstr("same appid"));
}

TEST(Settings, CommandsGetEveryComponentOfTheStore) {
    const SettingsFile file{kTwoComponents};

    EXPECT_EQ(file.loadStore().component_appids, (std::vector<std::string>{"wx1", "wx2"}));
}

}  // namespace
}  // namespace gateway::app
