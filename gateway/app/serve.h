#pragma once

#include <functional>

#include "gateway/app/settings.h"
#include "tenants/base/clock.h"

namespace gateway::app {

/// Runs the gateway in this process until SIGTERM or SIGINT and gives the exit code. On SIGHUP it loads the settings again and
/// takes over what Gateway::reload can; what cannot be loaded is logged and changes nothing. Makes the process keep its
/// secrets: no core dumps, no tracing by others. `clock` is the domain's; sockets keep the machine's own time. Throws what
/// `load` and Gateway throw.
int serve(const std::function<Settings()>& load, const tenants::Clock& clock);

}  // namespace gateway::app
