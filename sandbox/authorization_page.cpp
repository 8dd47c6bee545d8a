#include "sandbox/authorization_page.h"

#include <utility>
#include <variant>

#include "sandbox/url.h"

namespace sandbox {
namespace {

constexpr std::string_view kConfirmPath = "/sandbox/authorization/confirm";

PlatformAnswer page(int status, const std::string& content) {
    PlatformAnswer answer;
    answer.status = status;
    answer.content_type = "text/html; charset=utf-8";
    answer.body =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Emulated WeChat: "
        "authorization</title></head><body>\n" +
        content + "</body></html>\n";
    answer.noted = std::string{"page"};
    return answer;
}

PlatformAnswer faultPage(const std::string& detail) {
    return page(400, "<h1>This authorization link cannot be used</h1>\n<p>" + htmlEscaped(detail) + "</p>\n");
}

std::string hiddenField(std::string_view name, const std::string& value) {
    return "<input type=\"hidden\" name=\"" + std::string{name} + "\" value=\"" + htmlEscaped(value) + "\">\n";
}

std::string accountChoice(const Authorizer& account) {
    const std::string appid = htmlEscaped(account.appid);
    std::string sets;
    for (const int set : account.sets) sets += (sets.empty() ? "" : ", ") + std::to_string(set);
    return "<p><label><input type=\"radio\" name=\"appid\" required value=\"" + appid + "\"> " +
           htmlEscaped(account.nick_name) + " (" + appid + ", " + std::string{accountKindName(account.kind)} +
           ", permission sets: " + (sets.empty() ? "none" : sets) + ")</label></p>\n";
}

}  // namespace

bool AuthorizationPage::owns(std::string_view path) {
    return path == "/cgi-bin/componentloginpage" || path == "/wxaopen/safe/bindcomponent" ||
           path == "/safe/bindcomponent" || path == kConfirmPath;
}

tenants::Task<PlatformAnswer> AuthorizationPage::handle(gateway::http::Request request) {
    const bool confirming = request.head.path == kConfirmPath;
    if (request.head.method != (confirming ? "POST" : "GET"))
        co_return faultPage("The page is asked for with GET, its form is sent with POST.");
    if (!confirming) co_return show(request.head);
    PlatformAnswer answer = co_await confirm(std::string{request.body.view()});
    co_return answer;
}

PlatformAnswer AuthorizationPage::show(const gateway::http::RequestHead& head) const {
    const auto link = readAuthorizationLink(head.query);
    if (!link) return faultPage("component_appid, pre_auth_code or redirect_uri is missing.");
    const auto fault = store_.read([&](const State& state) { return faultOfLink(state, *link, clock_.now()); });
    if (fault) return faultPage(fault->detail);
    const auto accounts = store_.read([&](const State& state) { return accountsOffered(state, *link); });
    std::string content = "<h1>Authorize the platform " + htmlEscaped(link->component_appid) + "</h1>\n";
    if (accounts.empty()) return page(200, content + "<p>No account can be authorized with this link.</p>\n");
    content += "<form method=\"post\" action=\"" + std::string{kConfirmPath} + "\">\n";
    content += hiddenField("component_appid", link->component_appid) +
               hiddenField("pre_auth_code", link->pre_auth_code) + hiddenField("redirect_uri", link->redirect_uri) +
               hiddenField("auth_type", link->auth_type) + hiddenField("biz_appid", link->biz_appid);
    for (const Authorizer& account : accounts) content += accountChoice(account);
    return page(200, content + "<p><button type=\"submit\">Authorize</button></p>\n</form>\n");
}

tenants::Task<PlatformAnswer> AuthorizationPage::confirm(std::string form) {
    // The form's fields are the link's parameters, so the same reader serves both.
    const auto link = readAuthorizationLink(form);
    gateway::http::RequestHead fields;
    fields.query = form;
    const std::string appid = fields.queryParameter("appid").value_or("");
    if (!link) co_return faultPage("component_appid, pre_auth_code or redirect_uri is missing.");
    const auto given =
        store_.change([&](State& state) { return giveConsent(state, *link, appid, std::nullopt, clock_.now()); });
    if (const auto* const fault = std::get_if<ConsentFault>(&given)) co_return faultPage(fault->detail);
    const auto& consent = std::get<Consent>(given);
    // The event tends to arrive before the browser does. Source: wechat-platform.md §5.3.
    if (consent.event) co_await pushers_.push(*consent.event);
    PlatformAnswer answer = page(302, "<p><a href=\"" + htmlEscaped(consent.redirect) + "\">Go on</a></p>\n");
    answer.location = consent.redirect;
    co_return answer;
}

}  // namespace sandbox
