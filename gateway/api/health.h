#pragma once

#include <functional>

#include "gateway/http/router.h"

namespace gateway::api {

/// `/livez`: this process answers.
void addLiveRoute(http::Router& router);
/// `/readyz`: 200 if `ready` says so, else 503: disk, keys and writer work. `ready` must not block.
void addReadyRoute(http::Router& router, std::function<bool()> ready);

}  // namespace gateway::api
