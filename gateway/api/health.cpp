#include "gateway/api/health.h"

#include <utility>

namespace gateway::api {
namespace {

tenants::Task<http::Response> answer(int status, const char* text) {
    auto response = http::textResponse(status, "application/json", std::string{"{\"status\":\""} + text + "\"}");
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

void addLiveRoute(http::Router& router) {
    router.add({.method = "GET", .pattern = "/livez", .handler = [](http::Request) { return answer(200, "live"); }});
}

void addReadyRoute(http::Router& router, std::function<bool()> ready) {
    router.add({.method = "GET", .pattern = "/readyz", .handler = [ready = std::move(ready)](http::Request) {
                    return ready() ? answer(200, "ready") : answer(503, "not_ready");
                }});
}

}  // namespace gateway::api
