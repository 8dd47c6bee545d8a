#pragma once

#include "gateway/app/settings.h"
#include "tenants/base/clock.h"

namespace gateway::app {

/// Runs the gateway in this process until SIGTERM or SIGINT and gives the exit code. Makes the process keep its secrets:
/// no core dumps, no tracing by others. `clock` is the domain's; sockets keep the machine's own time. Throws what Gateway
/// throws.
int serve(const Settings& settings, const tenants::Clock& clock);

}  // namespace gateway::app
