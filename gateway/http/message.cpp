#include "gateway/http/message.h"

#include <algorithm>
#include <stdexcept>

#include "gateway/http/form.h"
#include "gateway/net/http1_text.h"

namespace gateway::http {
namespace {

void requireWellFormed(std::string_view name, std::string_view value) {
    if (!net::isToken(name)) throw std::logic_error("header name is not a token");
    if (std::any_of(value.begin(), value.end(), net::isControl))
        throw std::logic_error("control byte in a header value");
}

}  // namespace

void Headers::add(std::string name, std::string value) {
    requireWellFormed(name, value);
    fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
    requireWellFormed(name, value);
    std::erase_if(fields_, [&name](const auto& field) { return net::equalsIgnoringCase(field.first, name); });
    fields_.emplace_back(std::move(name), std::move(value));
}

const std::string* Headers::find(std::string_view name) const {
    for (const auto& [field_name, value] : fields_) {
        if (net::equalsIgnoringCase(field_name, name)) return &value;
    }
    return nullptr;
}

std::size_t Headers::count(std::string_view name) const {
    const auto matches = [name](const auto& field) { return net::equalsIgnoringCase(field.first, name); };
    return static_cast<std::size_t>(std::count_if(fields_.begin(), fields_.end(), matches));
}

tenants::Task<std::optional<Response>> RequestTicket::decide() {
    co_return std::nullopt;
}

std::optional<std::string> RequestHead::queryParameter(std::string_view name) const {
    return formValue(query, name);
}

std::string RequestHead::pathParameter(std::string_view name) const {
    for (const auto& [parameter, segment] : path_parameters) {
        if (parameter == name) return segment;
    }
    return {};
}

Response textResponse(int status, std::string content_type, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", std::move(content_type));
    response.body = std::move(body);
    return response;
}

std::string_view statusPhrase(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return {};
    }
}

Response problemResponse(int status, std::string_view code, std::string_view request_id, std::string_view detail) {
    std::string body = R"({"type":"about:blank","title":")";
    body.append(statusPhrase(status)).append(R"(","status":)").append(std::to_string(status));
    body.append(R"(,"detail":")").append(detail);
    body.append(R"(","instance":"urn:tollgate:request:)").append(request_id);
    body.append(R"(","code":")").append(code).append(R"(","request_id":")").append(request_id).append("\"}");
    Response response = textResponse(status, "application/problem+json", std::move(body));
    response.headers.add("Tollgate-Error", std::string{code});
    return response;
}

}  // namespace gateway::http
