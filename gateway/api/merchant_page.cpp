#include "gateway/api/merchant_page.h"

#include <utility>

namespace gateway::api {
namespace {

constexpr std::string_view kStyle =
    "body{margin:0;background:#f5f6f7;color:#1b1f23;font:16px/1.6 system-ui,sans-serif}\n"
    "main{max-width:34rem;margin:2rem auto;padding:1.5rem 2rem;background:#fff;border-radius:8px}\n"
    "h1{font-size:1.4rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:1.5rem 0 .25rem}\n"
    "p{margin:.5rem 0}.actions a{display:block;margin:.75rem 0;padding:.75rem 1rem;border-radius:6px;"
    "background:#06833f;color:#fff;text-align:center;text-decoration:none}\n"
    ".actions a:focus,.actions a:hover{background:#04602e;outline:3px solid #9bd3b5}\n";

}  // namespace

std::string htmlEscaped(std::string_view text) {
    std::string escaped;
    for (const char character : text) {
        switch (character) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '"': escaped += "&quot;"; break;
            case '\'': escaped += "&#39;"; break;
            default: escaped += character;
        }
    }
    return escaped;
}

http::Response renderPage(const MerchantPage& page) {
    std::string html =
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<link rel=\"stylesheet\" href=\"pages.css\"><title>";
    html.append(page.title.chinese).append("</title></head><body><main><h1>").append(page.title.chinese);
    html.append("</h1><p>").append(page.advice.chinese).append("</p>").append(page.actions);
    html.append("<section lang=\"en\"><h2>").append(page.title.english).append("</h2><p>");
    html.append(page.advice.english).append("</p></section></main></body></html>");
    auto response = http::textResponse(page.status, "text/html; charset=utf-8", std::move(html));
    response.headers.set("Referrer-Policy", std::string{page.referrer_policy});
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    return response;
}

void addPageStyleRoute(http::Router& router) {
    router.add({.method = "GET",
                .pattern = "/wechat/pages.css",
                .handler = [](http::Request) -> tenants::Task<http::Response> {
                    auto response = http::textResponse(200, "text/css; charset=utf-8", std::string{kStyle});
                    response.headers.set("Cache-Control", "public, max-age=3600");
                    response.headers.set("X-Content-Type-Options", "nosniff");
                    co_return response;
                }});
}

}  // namespace gateway::api
