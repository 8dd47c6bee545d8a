#include "gateway/admin/problem.h"

#include <cstdlib>
#include <utility>

#include "gateway/admin/json.h"
#include "gateway/http/error_status.h"

namespace gateway::admin {
namespace {

std::string_view titleOf(int status) {
    switch (status) {
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 409: return "Conflict";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 500: return "Internal Server Error";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        default: std::abort();  // a status this table was never told of
    }
}

Poco::JSON::Object::Ptr document(int status, std::string_view code, std::string_view detail,
                                 std::string_view request_id) {
    auto object = jsonObject();
    object->set("type", "about:blank");
    object->set("title", std::string{titleOf(status)});
    object->set("status", status);
    object->set("detail", std::string{detail});
    object->set("instance", "urn:tollgate:request:" + std::string{request_id});
    object->set("code", std::string{code});
    object->set("request_id", std::string{request_id});
    return object;
}

http::Response render(int status, const Poco::JSON::Object::Ptr& object) {
    return http::textResponse(status, "application/problem+json", jsonText(object));
}

}  // namespace

http::Response problem(int status, std::string_view code, std::string_view detail, std::string_view request_id) {
    return render(status, document(status, code, detail, request_id));
}

http::Response problem(const tenants::Error& error, std::string_view request_id) {
    const int status = http::statusOf(error.code);
    auto object = document(status, tenants::stableCode(error.code), error.for_caller, request_id);
    if (error.upstream) {
        object->set("upstream_code", error.upstream->errcode);
        object->set("upstream_request_id", error.upstream->rid);
    }
    return render(status, object);
}

}  // namespace gateway::admin
