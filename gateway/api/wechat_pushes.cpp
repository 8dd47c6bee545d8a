#include "gateway/api/wechat_pushes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gateway::api {
namespace {

http::Response success() {
    return http::textResponse(200, "text/plain", "success");
}

/// Says nothing about what was wrong: a forger learns nothing.
http::Response refused() {
    return http::textResponse(400, "text/plain", "refused");
}

/// A push's query, decoded; the body is borrowed from the request.
struct Pushed {
    explicit Pushed(const http::Request& request)
        : msg_signature(request.head.queryParameter("msg_signature").value_or("")),
          timestamp(request.head.queryParameter("timestamp").value_or("")),
          nonce(request.head.queryParameter("nonce").value_or("")),
          body(request.body) {}
    tenants::PushEnvelope envelope() const { return {msg_signature, timestamp, nonce, body}; }

    std::string msg_signature, timestamp, nonce;
    std::string_view body;
};

/// WeChat tries again after anything that is not `success`.
http::Response notStored() {
    return http::textResponse(503, "text/plain", "try again");
}

}  // namespace

void WechatPushes::addRoutes(http::Router& router) {
    router.add({.method = "POST", .pattern = "/wechat/events", .handler = [this](http::Request request) {
                    return handleEvent(std::move(request));
                }});
    router.add({.method = "POST", .pattern = "/wechat/messages/{appid}", .handler = [this](http::Request request) {
                    return handleMessage(std::move(request));
                }});
}

tenants::Task<http::Response> WechatPushes::handleEvent(http::Request request) {
    const Pushed pushed{request};
    std::optional<tenants::Push> push;
    tenants::Onboarding* onboarding = nullptr;
    for (const Addressee& addressee : addressees_) {
        push = addressee.reader.readEvent(pushed.envelope(), clock_.now());
        onboarding = &addressee.onboarding;
        if (push) break;
    }
    if (!push) {
        log_.warning("push_refused", {{"request_id", request.head.request_id}, {"peer", request.head.peer_address}});
        co_return refused();
    }
    const auto stored = co_await store(*onboarding, *std::move(push));
    if (!stored) {
        log_.error("push_not_stored", {{"request_id", request.head.request_id},
                                       {"code", tenants::stableCode(stored.error().code)},
                                       {"detail", stored.error().for_log}});
        co_return notStored();
    }
    co_return success();
}

tenants::Task<tenants::Result<tenants::Done>> WechatPushes::store(tenants::Onboarding& onboarding, tenants::Push push) {
    if (auto* ticket = std::get_if<tenants::TicketPush>(&push)) {
        log_.info("ticket_received", {{"created_at", tenants::rfc3339(ticket->created_at)}});
        co_return co_await onboarding.receiveTicket(ticket->ticket, ticket->created_at);
    }
    if (auto* other = std::get_if<tenants::OtherPush>(&push)) {
        log_.info("push_ignored", {{"info_type", other->info_type}});
        co_return tenants::Done{};
    }
    auto& event = std::get<tenants::PlatformEvent>(push);
    log_.info("event_received", {{"info_type", event.info_type}, {"appid", event.appid.text()}});
    auto received = co_await onboarding.receive(std::move(event));
    if (!received) co_return received.error();
    if (*received) background_(handleInBackground(onboarding, **std::move(received)));
    co_return tenants::Done{};
}

tenants::Task<void> WechatPushes::handleInBackground(tenants::Onboarding& onboarding, tenants::PlatformEvent event) {
    const std::string info_type = event.info_type;
    const std::string appid = event.appid.text();
    const auto handled = co_await onboarding.handle(std::move(event));
    if (handled) {
        log_.info("event_handled", {{"info_type", info_type}, {"appid", appid}});
    } else {
        log_.warning("event_not_handled", {{"info_type", info_type},
                                           {"appid", appid},
                                           {"code", tenants::stableCode(handled.error().code)},
                                           {"detail", handled.error().for_log}});
    }
}

tenants::Task<http::Response> WechatPushes::handleMessage(http::Request request) {
    // Verified although nothing is done with it, so that this address tells a forger no more than the other.
    const Pushed pushed{request};
    const bool genuine = std::ranges::any_of(addressees_, [&](const Addressee& addressee) {
        return addressee.reader.isGenuine(pushed.envelope(), clock_.now());
    });
    co_return genuine ? success() : refused();
}

}  // namespace gateway::api
