#include "gateway/app/part_settings.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace gateway::app {
namespace {

using namespace std::chrono_literals;

tenants::ScanLimits scanLimits(const Settings& settings) {
    const Settings::Merchant& merchant = settings.merchant;
    const Settings::Breaker& breaker = settings.breaker;
    tenants::ScanLimits limits;
    limits.merchant_in_flight_max = merchant.in_flight_max;
    limits.merchant_rate = {merchant.requests_per_second,
                            merchant.burst != 0 ? merchant.burst : merchant.requests_per_second};
    limits.upstream_in_flight_max = settings.upstream.in_flight_max;
    limits.merchant_breaker = {breaker.merchant_failures, breaker.failure_percent, breaker.window, breaker.pause};
    limits.upstream_breaker = {breaker.upstream_failures, breaker.failure_percent, breaker.window, breaker.pause};
    limits.repeats.percent = settings.upstream.repeat_percent;
    return limits;
}

}  // namespace

std::size_t loopCount(const Settings& settings) {
    return settings.loops != 0 ? settings.loops : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

std::optional<std::int64_t> upstreamDayFree(const Settings& settings) {
    return settings.upstream_day_free > 0 ? std::optional{settings.upstream_day_free} : std::nullopt;
}

net::Resolver::Options resolverOptions(const Settings& settings) {
    net::Resolver::Options options;
    if (!settings.upstream.address.empty()) options.overrides[settings.upstream.host] = settings.upstream.address;
    return options;
}

wechat::HttpsClient::Options clientOptions(const Settings::Upstream& upstream) {
    wechat::HttpsClient::Options options;
    options.host = upstream.host;
    options.port = upstream.port;
    options.connect_max = upstream.connect_deadline;
    options.call_max = upstream.call_deadline;
    options.in_flight_max = upstream.in_flight_max;
    options.repeats.percent = upstream.repeat_percent;
    options.answer.head_bytes_max = upstream.answer_head_bytes_max;
    options.answer.body_bytes_max = upstream.answer_body_bytes_max;
    options.idle_connections_max = upstream.in_flight_max;
    return options;
}

http::Limits adminLimits(const Settings& settings) {
    http::Limits limits = settings.limits;
    limits.connections_max = std::min(limits.connections_max, settings.admin_listener.connections_max);
    return limits;
}

net::WorkerPool::Limits queueLimits(const Settings::Pool& pool) {
    return {.queued_max = pool.queuedMax(), .queued_age_max = pool.queued_age_max};
}

std::shared_ptr<const net::TlsContext> publicTls(const Settings::Public& open) {
    return net::TlsContext::server(open.tls_certificate_file, open.tls_key_file);
}

std::shared_ptr<const net::TlsContext> upstreamTls(const Settings::Upstream& upstream) {
    return net::TlsContext::client(upstream.host, upstream.ca_file);
}

std::vector<tenants::AppId> appIds(const Settings& settings) {
    std::vector<tenants::AppId> appids;
    for (const Settings::Component& component : settings.components) appids.emplace_back(component.appid);
    return appids;
}

wechat::PushKeys pushKeys(const Settings::Component& component) {
    return {std::string{component.push_token->expose()}, std::string{component.encoding_aes_key->expose()},
            component.appid};
}

std::optional<std::string> previousKey(const Settings::Component& component) {
    if (component.previous_encoding_aes_key == nullptr) return std::nullopt;
    return std::string{component.previous_encoding_aes_key->expose()};
}

wechat::PushXmlLimits pushLimits(const Settings& settings) {
    return {.bytes_max = settings.limits.body_bytes_max,
            .depth_max = settings.inputs.xml_depth_max,
            .openings_max = settings.inputs.xml_openings_max};
}

tenants::TokenKeeper::Settings tokenSettings(const Settings& settings) {
    tenants::TokenKeeper::Settings tokens;
    tokens.call_max = settings.upstream.call_deadline + 2s;
    tokens.component_margin = settings.tokens.renew_before;
    tokens.authorizer_margin = settings.tokens.renew_before;
    tokens.authorizer_jitter = settings.tokens.renew_spread;
    return tokens;
}

ComponentUpkeep::Settings componentUpkeepSettings(const Settings& settings) {
    ComponentUpkeep::Settings upkeep;
    upkeep.ticket.late_after = settings.tokens.ticket_late_after;
    return upkeep;
}

tenants::ScanSettings scanSettings(const Settings& settings) {
    tenants::ScanSettings scan;
    scan.call_deadline = settings.upstream.call_deadline;
    scan.reply_lifetime = settings.reply_lifetime;
    scan.upstream_day_turns_at = settings.upstream_day_turns_at;
    scan.limits = scanLimits(settings);
    return scan;
}

tenants::UpstreamWordWatch::Settings wordWatchSettings(const Settings& settings) {
    tenants::UpstreamWordWatch::Settings watch;
    watch.turns_at = settings.upstream_day_turns_at;
    watch.call_max = settings.upstream.call_deadline;
    return watch;
}

}  // namespace gateway::app
