#pragma once

#include "gateway/app/settings.h"

namespace gateway::app {

/// Runs the gateway in this process until SIGTERM or SIGINT and gives the exit code. Makes the process keep its secrets:
/// no core dumps, no tracing by others. Throws what Gateway throws.
int serve(const Settings& settings);

}  // namespace gateway::app
