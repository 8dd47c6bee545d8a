#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/support/http_client.h"
#include "tests/integration/support/json.h"

namespace integration {

struct Entry {
    std::string id;
    std::int64_t number = 0;
    std::string kind;
    std::int64_t units = 0;
    std::string request_id;
    std::string key_id;
    std::string outcome;
};

struct Hold {
    std::string request_id;
    std::string state;
    std::int64_t units = 0;
    std::string reason;
};

struct Window {
    std::optional<std::int64_t> limit;
    std::int64_t used = 0;
    std::int64_t held = 0;
    std::int64_t unknown = 0;
};

struct Key {
    std::string id;
    std::string text;
};

/// The operator, by the admin API. Not safe from several threads.
class AdminClient {
public:
    AdminClient(std::string base_url, std::string token) : base_url_(std::move(base_url)), token_(std::move(token)) {}

    /// Any request; `body` goes out where it is not empty. `path` begins after `/admin/v1`.
    HttpAnswer send(const std::string& method, const std::string& path, const std::string& body = {},
                    std::vector<std::string> headers = {});

    // These throw std::runtime_error unless the answer is 2xx.
    Json call(const std::string& method, const std::string& path, const std::string& body = {});
    /// Gives the merchant's id. `fields`: more members of JSON, such as `"day_limit":5`.
    std::string createMerchant(const std::string& name, const std::string& fields = {});
    Json merchant(const std::string& id) { return call("GET", "/merchants/" + id); }
    std::string createLink(const std::string& merchant);
    Key createKey(const std::string& merchant, const std::string& label = "test");
    void revokeKey(const std::string& merchant, const std::string& key);
    std::vector<Entry> entries(const std::string& merchant);
    /// `state` empty: all.
    std::vector<Hold> holds(const std::string& merchant, const std::string& state = {});
    /// The open window of that policy; zeros where there is none.
    Window window(const std::string& merchant, const std::string& policy = "day");

    void useToken(std::string token) { token_ = std::move(token); }

private:
    std::vector<Json> pages(const std::string& path, const std::string& name);

    std::string base_url_;
    std::string token_;
    HttpClient http_;
};

}  // namespace integration
