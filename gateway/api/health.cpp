#include "gateway/api/health.h"

#include <string>
#include <utility>

namespace gateway::api {
namespace {

tenants::Task<http::Response> answer(int status, std::string body) {
    auto response = http::textResponse(status, "application/json", std::move(body));
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

void addLiveRoute(http::Router& router) {
    router.add({.method = "GET", .pattern = "/livez", .handler = [](http::Request) {
                    return answer(200, R"({"status":"live"})");
                }});
}

void addReadyRoute(http::Router& router, std::function<bool()> ready, std::function<std::string_view()> inspection) {
    const auto handler = [ready = std::move(ready), inspection = std::move(inspection)](http::Request) {
        const bool is_ready = ready();
        std::string body = R"({"status":")";
        body.append(is_ready ? "ready" : "not_ready").append(R"(","ledger_inspection":")");
        body.append(inspection()).append("\"}");
        return answer(is_ready ? 200 : 503, std::move(body));
    };
    router.add({.method = "GET", .pattern = "/readyz", .handler = handler});
}

}  // namespace gateway::api
