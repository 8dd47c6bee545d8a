#include "tests/integration/support/admin_client.h"

#include <stdexcept>

namespace integration {

HttpAnswer AdminClient::send(const std::string& method, const std::string& path, const std::string& body,
                             std::vector<std::string> headers) {
    HttpRequest request{.method = method, .url = base_url_ + "/admin/v1" + path, .headers = std::move(headers)};
    if (!token_.empty()) request.headers.push_back("Authorization: Bearer " + token_);
    if (!body.empty()) {
        request.headers.push_back("Content-Type: application/json");
        request.body = body;
    } else if (method == "POST") {
        request.body = "";
    }
    return http_.send(request);
}

Json AdminClient::call(const std::string& method, const std::string& path, const std::string& body) {
    const HttpAnswer answer = send(method, path, body);
    if (answer.status < 200 || answer.status > 299) {
        throw std::runtime_error("admin: " + method + " " + path + ": " + std::to_string(answer.status) + " " +
                                 answer.failure + answer.body);
    }
    return Json{answer.body};
}

std::string AdminClient::createMerchant(const std::string& name, const std::string& fields) {
    const std::string more = fields.empty() ? std::string{} : "," + fields;
    return call("POST", "/merchants", "{\"name\":" + jsonText(name) + more + "}").at("id").text();
}

std::string AdminClient::createLink(const std::string& merchant) {
    return call("POST", "/merchants/" + merchant + "/authorization-links", "{}").at("pc_url").text();
}

Key AdminClient::createKey(const std::string& merchant, const std::string& label) {
    const Json key = call("POST", "/merchants/" + merchant + "/keys", "{\"label\":" + jsonText(label) + "}");
    return {key.at("id").text(), key.at("key").text()};
}

void AdminClient::revokeKey(const std::string& merchant, const std::string& key) {
    call("POST", "/merchants/" + merchant + "/keys/" + key + ":revoke");
}

std::vector<Json> AdminClient::pages(const std::string& path, const std::string& name) {
    std::vector<Json> rows;
    std::string token;
    do {
        const char* joint = path.find('?') == std::string::npos ? "?" : "&";
        const Json page = call("GET", path + joint + "page_size=500&page_token=" + percentEncoded(token));
        const Json list = page.at(name);
        for (std::size_t i = 0; i < list.size(); ++i) rows.push_back(list.at(i));
        token = page.at("next_page_token").text();
    } while (!token.empty());
    return rows;
}

std::vector<Entry> AdminClient::entries(const std::string& merchant) {
    std::vector<Entry> entries;
    for (const Json& row : pages("/merchants/" + merchant + "/usage-entries", "usage_entries")) {
        entries.push_back({.id = row.at("id").text(),
                           .number = row.at("number").integer(),
                           .kind = row.at("kind").text(),
                           .units = row.at("units").integer(),
                           .request_id = row.at("request_id").text(),
                           .key_id = row.at("key_id").text(),
                           .outcome = row.at("outcome").text()});
    }
    return entries;
}

std::vector<Hold> AdminClient::holds(const std::string& merchant, const std::string& state) {
    std::vector<Hold> holds;
    for (const Json& row : pages("/merchants/" + merchant + "/holds?state=" + state, "holds")) {
        holds.push_back({.request_id = row.at("request_id").text(),
                         .state = row.at("state").text(),
                         .units = row.at("units").integer(),
                         .reason = row.at("reason").text()});
    }
    return holds;
}

Window AdminClient::window(const std::string& merchant, const std::string& policy) {
    const Json windows = call("GET", "/merchants/" + merchant + "/quota").at("windows");
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const Json one = windows.at(i);
        if (one.at("policy").text() != policy) continue;
        Window window{.limit = {},
                      .used = one.at("used").integer(),
                      .held = one.at("held").integer(),
                      .unknown = one.at("unknown").integer()};
        if (!one.at("limit").isNull()) window.limit = one.at("limit").integer();
        return window;
    }
    return {};
}

}  // namespace integration
