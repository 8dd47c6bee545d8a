#include "gateway/api/wechat_pushes.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/http/form.h"

namespace gateway::api {
namespace {

/// WeChat's own pushes are about 1 KB and opened in some 30 µs, less than it takes to hand them over; what is larger is mostly
/// somebody else's, and costs more the larger it is.
constexpr std::size_t kOpenedAtOnceBytesMax = 4096;

http::Response success() {
    return http::textResponse(200, "text/plain", "success");
}

/// One answer to everything that is not a genuine push, whatever it lacks: a forger learns nothing. It closes the
/// connection, because that is what a body that is not read to its end costs, and then all of them must.
http::Response refused() {
    auto response = http::textResponse(400, "text/plain", "refused");
    response.close = true;
    return response;
}

/// A push's query, decoded; the body is borrowed from the request.
struct Pushed {
    std::string msg_signature, timestamp, nonce;
    std::string_view body;

    tenants::PushEnvelope envelope() const { return {msg_signature, timestamp, nonce, body}; }
};

/// The value of the one pair of that name. Empty where there is none or more than one: which of two counts is something
/// that readers disagree about.
std::string onlyValue(const http::FormPairs& pairs, std::string_view name) {
    const auto is_named = [name](const auto& pair) { return pair.first == name; };
    if (std::ranges::count_if(pairs, is_named) != 1) return {};
    return std::ranges::find_if(pairs, is_named)->second;
}

/// Nothing where a parameter that the signature covers, or the signature, is missing, empty or there twice.
std::optional<Pushed> readPushed(const http::Request& request) {
    const auto pairs = http::decodeForm(request.head.query);
    if (!pairs) return std::nullopt;
    Pushed pushed{onlyValue(*pairs, "msg_signature"), onlyValue(*pairs, "timestamp"), onlyValue(*pairs, "nonce"),
                  request.body};
    if (pushed.msg_signature.empty() || pushed.timestamp.empty() || pushed.nonce.empty()) return std::nullopt;
    return pushed;
}

/// WeChat tries again after anything that is not `success`.
http::Response notStored() {
    return http::textResponse(503, "text/plain", "try again");
}

/// What the edge itself refuses must not look otherwise either.
http::Response refusedByEdge(const http::RequestHead& /*head*/, http::Refusal refusal) {
    switch (refusal) {
        case http::Refusal::kHandlerFailed:
        case http::Refusal::kOverloaded: return notStored();
        case http::Refusal::kBodyTooLarge:
        case http::Refusal::kBodyTimeout:
        case http::Refusal::kBodyMalformed: return refused();
    }
    return refused();
}

}  // namespace

void WechatPushes::addRoutes(http::Router& router) {
    const auto add = [&router](const char* pattern, http::Handler handler) {
        router.add({.method = "POST", .pattern = pattern, .handler = std::move(handler), .refuse = refusedByEdge});
    };
    add("/wechat/events", [this](http::Request request) { return handleEvent(std::move(request)); });
    add("/wechat/messages/{appid}", [this](http::Request request) { return handleMessage(std::move(request)); });
}

std::optional<WechatPushes::Genuine> WechatPushes::readGenuine(const http::Request& request) const {
    const auto pushed = readPushed(request);
    if (!pushed) return std::nullopt;
    for (const Addressee& addressee : addressees_) {
        auto push = addressee.reader.readEvent(pushed->envelope(), clock_.now());
        if (push) return Genuine{*std::move(push), &addressee.onboarding};
    }
    return std::nullopt;
}

tenants::Task<http::Response> WechatPushes::handleEvent(http::Request request) {
    std::optional<Genuine> genuine;
    if (request.body.size() <= kOpenedAtOnceBytesMax) {
        genuine = readGenuine(request);
    } else {
        genuine = co_await workers_.run([&] { return readGenuine(request); });
    }
    if (!genuine) {
        log_.warning("push_refused", {{"request_id", request.head.request_id}, {"peer", request.head.peer_address}});
        co_return refused();
    }
    const auto stored = co_await store(*genuine->onboarding, std::move(genuine->push));
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
    bool genuine = false;
    if (request.body.size() <= kOpenedAtOnceBytesMax) {
        genuine = isGenuine(request);
    } else {
        genuine = co_await workers_.run([&] { return isGenuine(request); });
    }
    co_return genuine ? success() : refused();
}

bool WechatPushes::isGenuine(const http::Request& request) const {
    const auto pushed = readPushed(request);
    return pushed && std::ranges::any_of(addressees_, [&](const Addressee& addressee) {
               return addressee.reader.isGenuine(pushed->envelope(), clock_.now());
           });
}

}  // namespace gateway::api
