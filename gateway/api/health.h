#pragma once

#include <functional>
#include <string_view>

#include "gateway/http/router.h"

namespace gateway::api {

/// `/livez`: this process answers.
void addLiveRoute(http::Router& router);
/// `/readyz`: 200 if `ready` says so, else 503: disk, keys and writer work. `inspection`: how far the look at the whole
/// ledger is that each start begins, `running`, `sound` or `damaged`; the answer shows it. Neither may block.
void addReadyRoute(http::Router& router, std::function<bool()> ready, std::function<std::string_view()> inspection);

}  // namespace gateway::api
