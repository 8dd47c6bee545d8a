#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/server.h"
#include "gateway/log/log.h"
#include "tenants/base/secret.h"

namespace gateway::app {

/// A setting that is missing, malformed or unknown. `what()` names it and says what it must be; never its value, which may
/// be a secret.
class SettingsError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Everything that can be set, with the defaults that docs/tollgate.sample.properties documents. A key `a.b_c` of the
/// file is overridden by the environment variable TOLLGATE_A_B_C.
struct Settings {
    struct Public {
        std::string address = "127.0.0.1";
        std::uint16_t port = 8080;  // plain; 0: any free one
        std::uint16_t tls_port = 8443;
        std::filesystem::path tls_certificate_file;  // both empty: no TLS listener
        std::filesystem::path tls_key_file;
    } public_listener;
    struct Admin {
        std::string address = "127.0.0.1";
        std::uint16_t port = 8081;
        std::size_t connections_max = 1024;  // at most what the public one may have: operators are few
    } admin_listener;
    http::Limits limits;  // of the public listener; the admin listener has the same, but for its connections
    /// What one text or picture from outside may be.
    struct Inputs {
        std::size_t image_bytes_max = 2 * 1024 * 1024 - 1;  // WeChat's own limit, which can only be lowered
        std::size_t image_frame_bytes_max = 64 * 1024;      // what is around it in the body
        std::size_t json_depth_max = 32;
        std::size_t xml_depth_max = 4;  // of a push
        std::size_t xml_openings_max = 512;
    } inputs;

    std::size_t loops = 0;  // event loops; 0: one a processor
    /// Threads for work that would hold a loop, and what may wait for them.
    struct Pool {
        std::size_t threads = 1;
        std::size_t queued_max = 0;  // 0: twice the threads
        std::chrono::milliseconds queued_age_max{500};

        std::size_t queuedMax() const { return queued_max != 0 ? queued_max : 2 * threads; }
    };
    Pool workers{.threads = 4};                   // admin: reads of the ledger, exports
    Pool pushes{.threads = 1, .queued_max = 64};  // WeChat's pushes: signature and decryption
    std::filesystem::path ready_file;             // written when ready, with the ports; empty: none
    log::Level log_level = log::Level::kInfo;

    std::filesystem::path database_file;
    std::filesystem::path key_ring_file;
    std::filesystem::path exports_folder;   // below which exports of the admin API lie
    std::string issuer;                     // of statements: the provider's legal name
    std::chrono::hours undecided_wait{24};  // from the end of a day until its unknown scans are not billed

    /// One third-party platform of ours, as in WeChat's console.
    struct Component {
        std::string appid;
        tenants::SharedSecret secret;
        tenants::SharedSecret push_token;
        tenants::SharedSecret encoding_aes_key;
        tenants::SharedSecret previous_encoding_aes_key;  // null: none
        std::string redirect_url;  // empty: the public plain listener's own, for a machine of one's own only
        std::string launch_url;    // empty: beside redirect_url
        std::string pc_link_base = "https://mp.weixin.qq.com";
        std::string h5_link_base = "https://open.weixin.qq.com";
        std::chrono::seconds push_timestamp_window{600};
        std::chrono::hours invitation_life{7 * 24};
    };
    std::vector<Component> components;  // at least one; the first is that of merchants for whom none is named

    struct Upstream {
        std::string host = "api.weixin.qq.com";
        std::uint16_t port = 443;
        std::filesystem::path ca_file = "/etc/ssl/certs/ca-certificates.crt";
        std::string address;  // numeric address to use instead of looking the host up; empty: look it up
        std::chrono::milliseconds connect_deadline{3000};
        std::chrono::milliseconds call_deadline{8000};
        std::size_t in_flight_max = 512;  // scans; calls for tokens and accounts have as many places of their own
        std::uint32_t repeat_percent = 10;
        std::size_t answer_head_bytes_max = 16 * 1024;
        std::size_t answer_body_bytes_max = 256 * 1024;
    } upstream;

    struct Merchant {
        std::size_t in_flight_max = 64;
        std::uint32_t requests_per_second = 0;  // 0: no such limit
        std::uint32_t burst = 0;                // 0: a second's worth
    } merchant;

    struct Breaker {
        std::uint32_t merchant_failures = 20;
        std::uint32_t upstream_failures = 60;
        std::uint32_t failure_percent = 50;
        std::chrono::milliseconds window{10'000};
        std::chrono::milliseconds pause{5'000};
    } breaker;

    struct Tokens {
        std::chrono::seconds renew_before{600};        // the end
        std::chrono::seconds renew_spread{120};        // each merchant's up to this much earlier
        std::chrono::seconds ticket_late_after{1500};  // then WeChat is asked to push again
        std::chrono::milliseconds look_every{2000};    // at what the clocks say is due
    } tokens;

    std::int64_t day_limit_default = 1000;
    std::int64_t upstream_day_free = 100;  // of a new merchant, at WeChat; 0: not known
    std::chrono::hours upstream_day_turns_at{0};
    std::chrono::seconds reply_lifetime{600};
    std::chrono::hours onboarding_retention{30 * 24};
};

/// Reads `file` (a property file) under the overrides that `environment` gives by variable name. Refuses unknown keys
/// and a file with secrets in it that others than its owner and group can read. Throws SettingsError.
Settings loadSettings(const std::filesystem::path& file,
                      const std::function<std::optional<std::string>(const std::string&)>& environment);

/// The process's own environment.
std::optional<std::string> systemEnvironment(const std::string& name);

/// The value of one key, for commands that need no more than the store: throws like loadSettings.
struct StoreSettings {
    std::filesystem::path database_file;
    std::filesystem::path key_ring_file;
    std::vector<std::string> component_appids;
    std::filesystem::path exports_folder;
    std::string issuer;
};
StoreSettings loadStoreSettings(const std::filesystem::path& file,
                                const std::function<std::optional<std::string>(const std::string&)>& environment);

}  // namespace gateway::app
