#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "gateway/app/settings.h"
#include "gateway/log/log.h"
#include "tenants/base/clock.h"

namespace gateway::app {

/// Called, from any thread, when the store can no longer be trusted to have written what it said. The process must end
/// at once; the text says why.
using StoreBroken = std::function<void(std::string_view reason)>;

/// The whole gateway, put together: the one place that names every concrete class. Started once, shut down once.
class Gateway {
public:
    struct Ports {
        std::uint16_t public_plain = 0;
        std::optional<std::uint16_t> public_tls;
        std::uint16_t admin = 0;
    };

    /// Opens the store, marks what a crash left behind, listens and serves. Throws std::exception naming what is at
    /// fault: a setting, the key ring, the database, a port. `clock` and `log` outlive the gateway.
    Gateway(const Settings& settings, const tenants::Clock& clock, log::Log& log, StoreBroken on_broken);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    Ports ports() const;

    /// Takes over what can change while it serves: the public listener's certificate and key, the authorities that WeChat
    /// is trusted by, the log's level. Connections that stand go on as they are. Throws std::exception naming the file at
    /// fault, and then nothing has changed. Not while shutting down.
    void reload(const Settings& next);

    /// Takes no new work, lets what runs finish and settle until `deadline` from now. True if all of it did. What did not
    /// is marked unknown at the next start.
    bool shutdown(std::chrono::milliseconds deadline);

private:
    struct Component;
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace gateway::app
