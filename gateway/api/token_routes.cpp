#include "gateway/api/token_routes.h"

#include <string>
#include <utility>

#include "gateway/api/body_fields.h"
#include "gateway/api/drop_in_error.h"
#include "gateway/http/form.h"

namespace gateway::api {
namespace {

using tenants::Error;
using tenants::ErrorCode;

/// WeChat counts what concerns the secret otherwise here than on routes that take a token.
int tokenErrcode(const Error& error) {
    switch (error.code) {
        case ErrorCode::kCredentialMissing: return 41004;
        case ErrorCode::kCredentialInvalid: return 40125;
        case ErrorCode::kInvalidInput: return 47001;
        default: return dropInErrcode(error);
    }
}

/// Whether nobody could say which value of that name was meant.
bool isAmbiguous(const http::FormPairs& in_body, std::string_view query, std::string_view name) {
    if (countFields(in_body, name) > 1 || http::formCount(query, name) > 1) return true;
    const std::string* const one = findField(in_body, name);
    const auto other = http::formValue(query, name);
    return one != nullptr && other && *one != *other;
}

tenants::Task<http::Response> ready(http::Response response) {
    co_return response;
}

}  // namespace

void TokenRoutes::addRoutes(http::Router& router) {
    const auto add = [&](const char* method, const char* path, Kind kind) {
        router.add(
            {.method = method,
             .pattern = path,
             .handler = [this, kind](http::Request request) { return ready(answer(request, kind)); },
             .refuse = [this](const http::RequestHead& head, http::Refusal refusal) { return refuse(head, refusal); }});
    };
    for (const char* method : {"GET", "POST"}) {
        add(method, "/cgi-bin/token", Kind::kToken);
        add(method, "/cgi-bin/stable_token", Kind::kStableToken);
    }
}

http::Response TokenRoutes::answer(const http::Request& request, Kind kind) {
    const auto issued = issue(request, kind);
    const std::string& request_id = request.head.request_id;
    if (!issued) {
        log_.info("token_refused", {{"request_id", request_id}, {"code", tenants::stableCode(issued.error().code)}});
        return render(issued.error(), request_id);
    }
    log_.info("token_issued", {{"request_id", request_id},
                               {"merchant", issued->caller.merchant.text()},
                               {"key", issued->caller.key.text()},
                               {"expires_in_s", static_cast<std::int64_t>(issued->expires_in.count())}});
    std::string body = R"({"access_token":")";
    body.append(issued->text.expose()).append(R"(","expires_in":)");
    body.append(std::to_string(issued->expires_in.count())).append("}");
    auto response = http::textResponse(200, "application/json; charset=utf-8", std::move(body));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

tenants::Result<tenants::IssuedToken> TokenRoutes::issue(const http::Request& request, Kind kind) {
    if (kind == Kind::kStableToken && request.head.method != "POST") {
        return Error{ErrorCode::kMethodNotAllowed, "Require POST method."};
    }
    const auto fields = readBodyFields(request);
    if (!fields) return Error{ErrorCode::kInvalidInput, "The body is neither a JSON object nor a form."};
    for (const std::string_view name : {"appid", "secret", "grant_type"}) {
        if (isAmbiguous(*fields, request.head.query, name)) {
            return Error{ErrorCode::kInvalidInput, std::string{name} + " was sent more than once."};
        }
    }
    const auto field = [&](std::string_view name) {
        if (const std::string* const value = findField(*fields, name)) return *value;
        return request.head.queryParameter(name).value_or("");
    };
    const tenants::AppId appid{field("appid")};
    const std::string secret = field("secret");
    if (appid.empty()) return Error{ErrorCode::kAppidMissing, "Appid missing."};
    if (secret.empty()) return Error{ErrorCode::kCredentialMissing, "Secret missing: an API key belongs there."};
    if (field("grant_type") != "client_credential") {
        return Error{ErrorCode::kGrantTypeInvalid, "Invalid grant_type: it must be client_credential."};
    }
    using Freshness = tenants::TokenIssuer::Freshness;
    if (kind == Kind::kToken) return issuer_.issue(appid, secret, Freshness::kNew);
    const std::string force = field("force_refresh");
    return issuer_.issue(appid, secret, force == "true" || force == "1" ? Freshness::kForced : Freshness::kStable);
}

http::Response TokenRoutes::refuse(const http::RequestHead& head, http::Refusal refusal) const {
    const auto answer = [&](ErrorCode code, const char* text) { return render({code, text}, head.request_id); };
    switch (refusal) {
        case http::Refusal::kBodyTooLarge: return answer(ErrorCode::kInvalidInput, "The body is too large.");
        case http::Refusal::kBodyTimeout: return answer(ErrorCode::kInvalidInput, "The body came too slowly.");
        case http::Refusal::kBodyMalformed: return answer(ErrorCode::kInvalidInput, "The body is cut or malformed.");
        case http::Refusal::kOverloaded: return answer(ErrorCode::kRateLimited, "Too many requests at once.");
        case http::Refusal::kHandlerFailed: break;
    }
    return renderDropInFault(head.request_id);
}

http::Response TokenRoutes::render(const Error& error, std::string_view request_id) const {
    return renderDropInError(tokenErrcode(error), error, request_id, clock_.now());
}

}  // namespace gateway::api
