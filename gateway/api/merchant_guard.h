#pragma once

#include <functional>
#include <string>

#include "gateway/http/query_names.h"
#include "gateway/http/router.h"
#include "tenants/merchant/authenticator.h"

namespace gateway::api {

/// Lets merchants read what is their own, by an API key or a gateway token as for a scan, in `access_token` or as a bearer
/// token; a merchant that cannot scan at present reads all the same. What it refuses is a problem document. Any thread.
class MerchantGuard {
public:
    using Handler = std::function<tenants::Task<http::Response>(http::Request request, tenants::Caller caller)>;

    MerchantGuard(const tenants::Authenticator& authenticator, const tenants::Clock& clock)
        : authenticator_(authenticator), clock_(clock) {}

    /// `GET pattern`, without a body. The caller is known before the handler is called. The query holds `access_token` and what
    /// is in `query`, each once: anything else is 400.
    void addRead(http::Router& router, std::string pattern, Handler handler, http::QueryNames query = {}) const;

private:
    const tenants::Authenticator& authenticator_;
    const tenants::Clock& clock_;
};

/// The answer to such a read: JSON that nobody keeps.
http::Response ownJson(std::string text);

}  // namespace gateway::api
