#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/app/component_upkeep.h"
#include "gateway/app/settings.h"
#include "gateway/http/server.h"
#include "gateway/net/resolver.h"
#include "gateway/net/tls_context.h"
#include "gateway/net/worker_pool.h"
#include "gateway/wechat/https_client.h"
#include "gateway/wechat/push_reader.h"
#include "tenants/authorization/token_keeper.h"
#include "tenants/scan/scan_licence.h"
#include "tenants/scan/upstream_word_watch.h"

// What each part takes of the program's settings.
namespace gateway::app {

std::size_t loopCount(const Settings& settings);  // one a processor unless it is set
std::vector<tenants::AppId> appIds(const Settings& settings);
/// None: WeChat's free calls of a day are not known.
std::optional<std::int64_t> upstreamDayFree(const Settings& settings);

http::Limits adminLimits(const Settings& settings);
net::WorkerPool::Limits queueLimits(const Settings::Pool& pool);
net::Resolver::Options resolverOptions(const Settings& settings);
/// Reads certificate and key; throws std::runtime_error where they cannot be used.
std::shared_ptr<const net::TlsContext> publicTls(const Settings::Public& open);
/// Reads the authorities; throws std::runtime_error where they cannot be used.
std::shared_ptr<const net::TlsContext> upstreamTls(const Settings::Upstream& upstream);
wechat::HttpsClient::Options clientOptions(const Settings::Upstream& upstream);

wechat::PushKeys pushKeys(const Settings::Component& component);
std::optional<std::string> previousKey(const Settings::Component& component);
wechat::PushXmlLimits pushLimits(const Settings& settings);
tenants::TokenKeeper::Settings tokenSettings(const Settings& settings);
ComponentUpkeep::Settings componentUpkeepSettings(const Settings& settings);

/// Without what scans ask of other parts: `limits.lag`, `limits.plan_of`, `limits.on_breaker_change`.
tenants::ScanSettings scanSettings(const Settings& settings);
tenants::UpstreamWordWatch::Settings wordWatchSettings(const Settings& settings);

}  // namespace gateway::app
