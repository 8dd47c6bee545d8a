#pragma once

#include "gateway/http/router.h"
#include "gateway/log/log.h"
#include "tenants/authorization/token_issuer.h"

namespace gateway::api {

/// WeChat's two ways to an access token, dropped in so that stock SDKs work with only their base URL changed:
/// `/cgi-bin/token` by GET, or by POST as some send it, and `/cgi-bin/stable_token` by POST. `grant_type`, `appid`,
/// `secret` (an API key) and `force_refresh` are taken from the query, a JSON body or a form. Answers are always HTTP 200:
/// a gateway token, or WeChat's errcode for what is wrong: 41002 and 41004 appid and secret missing, 40002 grant_type,
/// 40125 secret, 40013 appid, 47001 body, 43002 method. A wrong secret is 40125 whatever the appid, and never 40001, which
/// stock clients answer by asking again.
class TokenRoutes {
public:
    TokenRoutes(tenants::TokenIssuer& issuer, const tenants::Clock& clock, log::Log& log)
        : issuer_(issuer), clock_(clock), log_(log) {}

    void addRoutes(http::Router& router);

private:
    enum class Kind { kToken, kStableToken };
    http::Response answer(const http::Request& request, Kind kind);
    tenants::Result<tenants::IssuedToken> issue(const http::Request& request, Kind kind);
    http::Response refuse(const http::RequestHead& head, http::Refusal refusal) const;
    http::Response render(const tenants::Error& error, std::string_view request_id) const;

    tenants::TokenIssuer& issuer_;
    const tenants::Clock& clock_;
    log::Log& log_;
};

}  // namespace gateway::api
