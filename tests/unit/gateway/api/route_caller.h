#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tests/support/fake_clock.h"

namespace gateway::api {

inline std::string headerOf(const http::Response& response, std::string_view name) {
    const std::string* value = response.headers.find(name);
    return value == nullptr ? "" : *value;
}

/// Calls routes as the server does, without one.
class RouteCaller {
public:
    http::Router& router() { return router_; }
    log::Log& log() { return log_; }
    std::string logged() const { return logged_; }

    http::Response call(const std::string& method, const std::string& target, std::string body = {}) {
        http::Request request = requestOf(method, target);
        request.body = body;
        const http::Route* route = find(request.head);
        if (route == nullptr) return http::textResponse(404, "text/plain", "no route");
        return tenants::runBlocking(route->handler(std::move(request)));
    }
    /// What the route's caller gets where the edge ends the request.
    http::Response refuse(const std::string& method, const std::string& target, http::Refusal refusal) {
        http::Request request = requestOf(method, target);
        const http::Route* route = find(request.head);
        return route->refuse(request.head, refusal);
    }

private:
    static http::Request requestOf(const std::string& method, const std::string& target) {
        http::Request request;
        request.head.method = method;
        request.head.path = target.substr(0, target.find('?'));
        if (target.find('?') != std::string::npos) request.head.query = target.substr(target.find('?') + 1);
        request.head.request_id = "req_1";
        request.head.peer_address = "127.0.0.1";
        return request;
    }
    const http::Route* find(http::RequestHead& head) const { return router_.match(head).route; }

    test_support::FakeClock clock_{test_support::beijingNoon()};
    std::string logged_;
    log::Log log_{clock_, log::Level::kInfo, [this](std::string_view line) { logged_ += line; }};
    http::Router router_;
};

}  // namespace gateway::api
