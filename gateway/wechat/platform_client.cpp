#include "gateway/wechat/platform_client.h"

#include <array>
#include <optional>
#include <set>
#include <stdexcept>
#include <variant>

#include <Poco/JSONString.h>

#include "gateway/json/json_outline.h"
#include "gateway/wechat/account_facts.h"
#include "gateway/wechat/answer_json.h"
#include "gateway/wechat/answer_status.h"
#include "gateway/wechat/query_parameter.h"

namespace gateway::wechat {
namespace {

using tenants::Error;
using tenants::ErrorCode;
using tenants::Result;
using tenants::SharedSecret;
using tenants::Task;

constexpr int kSystemBusy = -1;

Error noAnswer(const std::string& endpoint, const std::string& reason) {
    return {ErrorCode::kUpstreamUnreachable, "WeChat's platform gave no usable answer", endpoint + ": " + reason};
}

Error failureOf(const std::string& endpoint, const HttpsFailure& failure) {
    if (!failure.timed_out) return noAnswer(endpoint, failure.reason);
    return {ErrorCode::kUpstreamTimeout, "WeChat's platform did not answer in time", endpoint + ": " + failure.reason};
}

Error refusalOf(const std::string& endpoint, const AnswerStatus& status) {
    Error error{status.errcode == kSystemBusy ? ErrorCode::kUpstreamBusy : ErrorCode::kUpstreamRefused,
                "WeChat's platform refused the call", endpoint + ": errcode " + std::to_string(status.errcode)};
    error.upstream = tenants::UpstreamRefusal{status.errcode, status.rid};
    return error;
}

/// WeChat's life spans are hours. What is not positive or beyond a year is a misread field, not a life span.
std::optional<std::chrono::seconds> readLifeSpan(const AnswerJson& answer) {
    constexpr std::int64_t kSecondsMax = 365LL * 24 * 3600;
    const auto seconds = answer.wholeNumber("expires_in");
    if (!seconds || *seconds <= 0 || *seconds > kSecondsMax) return std::nullopt;
    return std::chrono::seconds{*seconds};
}

Result<tenants::Platform::FreshToken> readFreshToken(const std::string& endpoint, const AnswerJson& answer,
                                                     const std::string& name) {
    auto token = answer.secret(name);
    if (!token) return noAnswer(endpoint, "answer lacks " + name);
    const auto life_span = readLifeSpan(answer);
    if (!life_span) return noAnswer(endpoint, "answer lacks expires_in");
    return tenants::Platform::FreshToken{std::move(token), *life_span};
}

/// The pair of tokens, each null where it is absent; nothing where an access token comes without its life span.
std::optional<tenants::Platform::AuthorizerTokens> readTokens(const AnswerJson& answer) {
    tenants::Platform::AuthorizerTokens tokens;
    tokens.access_token = answer.secret("authorizer_access_token");
    tokens.refresh_token = answer.secret("authorizer_refresh_token");
    if (!tokens.access_token) return tokens;
    const auto life_span = readLifeSpan(answer);
    if (!life_span) return std::nullopt;
    tokens.expires_in = *life_span;
    return tokens;
}

}  // namespace

PlatformClient::PlatformClient(HttpsCaller& caller, const tenants::Clock& clock, ComponentIdentity component,
                               std::chrono::milliseconds call_max)
    : caller_(caller), clock_(clock), component_(std::move(component)), call_max_(call_max) {
    if (component_.appid.empty() || !component_.secret || component_.secret->empty())
        throw std::invalid_argument("the component's appid and secret must be set");
}

std::string PlatformClient::bodyOf(Fields fields) const {
    std::string body = "{\"component_appid\":" + Poco::toJSON(component_.appid);
    for (const auto& [name, value] : fields) {
        body += ",\"";
        body += name;
        body += "\":";
        const auto* text = std::get_if<std::string_view>(&value);
        body += text != nullptr ? Poco::toJSON(std::string{*text}) : std::to_string(std::get<std::int64_t>(value));
    }
    body += '}';
    return body;
}

Task<Result<AnswerJson>> PlatformClient::post(std::string endpoint, SharedSecret token, std::string body) {
    HttpsRequest request;
    request.method = "POST";
    request.target = "/cgi-bin/component/" + endpoint;
    if (token) appendQueryParameter(request.target, "access_token", token->expose());
    request.content_type = "application/json; charset=utf-8";
    const std::array<std::string_view, 1> parts{body};
    request.body_parts = parts;
    auto call = caller_.call(std::move(request), clock_.steady() + call_max_);
    const auto outcome = co_await std::move(call);

    if (const auto* failure = std::get_if<HttpsFailure>(&outcome)) co_return failureOf(endpoint, *failure);
    const auto& answer = std::get<HttpsAnswer>(outcome);
    if (answer.status != 200) co_return noAnswer(endpoint, "HTTP status " + std::to_string(answer.status));
    const auto outline = json::outlineJsonObject(answer.body);
    if (!outline) co_return noAnswer(endpoint, "answer is not a strict JSON object");
    const auto status = readAnswerStatus(*outline);
    if (!status) co_return noAnswer(endpoint, "errcode cannot be read");
    if (status->errcode != 0) co_return refusalOf(endpoint, *status);
    auto fields = AnswerJson::parse(answer.body);
    if (!fields) co_return noAnswer(endpoint, "answer has a number or a text beyond what can be read");
    co_return std::move(*fields);
}

Task<Result<tenants::Done>> PlatformClient::startPushTicket() {
    // WeChat's name for the secret differs from api_component_token's.
    auto posted = post("api_start_push_ticket", nullptr, bodyOf({{"component_secret", component_.secret->expose()}}));
    const auto answer = co_await std::move(posted);
    if (!answer) co_return answer.error();
    co_return tenants::Done{};  // whether it had stopped is told by the text alone, which nobody may depend on
}

Task<Result<tenants::Platform::FreshToken>> PlatformClient::componentToken(SharedSecret ticket) {
    const std::string endpoint = "api_component_token";
    auto posted = post(
        endpoint, nullptr,
        bodyOf({{"component_appsecret", component_.secret->expose()}, {"component_verify_ticket", ticket->expose()}}));
    const auto answer = co_await std::move(posted);
    if (!answer) co_return answer.error();
    co_return readFreshToken(endpoint, *answer, "component_access_token");
}

Task<Result<tenants::Platform::FreshToken>> PlatformClient::preAuthCode(SharedSecret component_token) {
    const std::string endpoint = "api_create_preauthcode";
    auto posted = post(endpoint, component_token, bodyOf({}));
    const auto answer = co_await std::move(posted);
    if (!answer) co_return answer.error();
    co_return readFreshToken(endpoint, *answer, "pre_auth_code");
}

Task<Result<tenants::Platform::Grant>> PlatformClient::queryAuth(SharedSecret component_token,
                                                                 SharedSecret authorization_code) {
    const std::string endpoint = "api_query_auth";
    auto posted = post(endpoint, component_token, bodyOf({{"authorization_code", authorization_code->expose()}}));
    const auto answer = co_await std::move(posted);
    if (!answer) co_return answer.error();
    const auto granted = answer->object("authorization_info");
    if (!granted) co_return noAnswer(endpoint, "answer lacks authorization_info");
    const std::string appid = readAuthorizerAppId(*granted);
    if (appid.empty()) co_return noAnswer(endpoint, "answer lacks authorizer_appid");
    auto tokens = readTokens(*granted);
    if (!tokens) co_return noAnswer(endpoint, "answer lacks expires_in");
    co_return Grant{tenants::AppId{appid}, std::move(*tokens), readGrantedSets(*granted)};
}

Task<Result<tenants::Platform::AuthorizerTokens>> PlatformClient::refreshAuthorizer(SharedSecret component_token,
                                                                                    tenants::AppId appid,
                                                                                    SharedSecret refresh_token) {
    const std::string endpoint = "api_authorizer_token";
    auto posted =
        post(endpoint, component_token,
             bodyOf({{"authorizer_appid", appid.text()}, {"authorizer_refresh_token", refresh_token->expose()}}));
    const auto answer = co_await std::move(posted);
    if (!answer) co_return answer.error();
    auto tokens = readTokens(*answer);
    if (!tokens) co_return noAnswer(endpoint, "answer lacks expires_in");
    if (!tokens->access_token) co_return noAnswer(endpoint, "answer lacks authorizer_access_token");
    co_return std::move(*tokens);
}

Task<Result<tenants::Platform::AuthorizerInfo>> PlatformClient::authorizerInfo(SharedSecret component_token,
                                                                               tenants::AppId appid) {
    const std::string endpoint = "api_get_authorizer_info";
    auto posted = post(endpoint, component_token, bodyOf({{"authorizer_appid", appid.text()}}));
    const auto answer = co_await std::move(posted);
    if (!answer) co_return answer.error();
    const auto account = answer->object("authorizer_info");
    if (!account) co_return noAnswer(endpoint, "answer lacks authorizer_info");
    const auto granted = answer->object("authorization_info");
    if (!granted) co_return noAnswer(endpoint, "answer lacks authorization_info");
    const std::string told_appid = readAuthorizerAppId(*granted);
    if (!told_appid.empty() && told_appid != appid.text())
        co_return noAnswer(endpoint, "answer is about another account");
    co_return AuthorizerInfo{readAccountFacts(*account), readGrantedSets(*granted),
                             granted->secret("authorizer_refresh_token")};
}

Task<Result<tenants::Platform::AuthorizerPage>> PlatformClient::authorizerList(SharedSecret component_token,
                                                                               std::int64_t offset,
                                                                               std::int64_t count) {
    const std::string endpoint = "api_get_authorizer_list";
    auto posted = post(endpoint, component_token, bodyOf({{"offset", offset}, {"count", count}}));
    const auto answer = co_await std::move(posted);
    if (!answer) co_return answer.error();
    const auto total = answer->wholeNumber("total_count");
    if (!total || *total < 0) co_return noAnswer(endpoint, "answer lacks total_count");
    const auto entries = answer->objects("list");
    if (!entries) co_return noAnswer(endpoint, "answer lacks list");
    AuthorizerPage page;
    page.total = *total;
    page.entries = entries->size();
    for (const AnswerJson& entry : *entries) {
        const std::string appid = readAuthorizerAppId(entry);
        if (!appid.empty()) page.authorizers.push_back({tenants::AppId{appid}, entry.secret("refresh_token")});
    }
    co_return page;
}

}  // namespace gateway::wechat
