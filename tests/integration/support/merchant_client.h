#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/support/http_client.h"
#include "tests/integration/support/json.h"

namespace integration {

struct ScanAnswer {
    HttpAnswer http;
    std::optional<std::int64_t> errcode;  // empty where no JSON with one came
    std::string errmsg;

    /// The stable code of a refusal.
    std::string code() const { return http.header("Tollgate-Error"); }
    std::string requestId() const { return http.header("X-Request-Id"); }
    bool replayed() const { return http.header("Idempotency-Replayed") == "true"; }
    Json json() const { return Json{http.body}; }
};

/// A merchant's program that scans by the drop-in route. Not safe from several threads: each has its own.
class MerchantClient {
public:
    MerchantClient(std::string base_url, std::string key, std::filesystem::path authority_file = {})
        : base_url_(std::move(base_url)), key_(std::move(key)), http_(std::move(authority_file)) {}

    /// Uploads a picture as multipart part `img`, as WeChat's page says.
    ScanAnswer scan(const std::string& picture, std::vector<std::string> headers = {});
    ScanAnswer scanWithKey(const std::string& picture, const std::string& idempotency_key);
    ScanAnswer scanUrl(const std::string& image_url, const std::string& method = "POST");
    /// Any request to the drop-in route, with the key in the query.
    ScanAnswer send(HttpRequest request, const std::string& more_query = {});
    /// The same without the key: `query` goes out as it is.
    ScanAnswer sendPlain(HttpRequest request, const std::string& query);

private:
    std::string base_url_;
    std::string key_;
    HttpClient http_;
};

/// Small bytes that begin like a JPEG and differ for every `number`. Only scripted answers fit to them.
std::string picture(std::int64_t number, std::size_t bytes = 2048);
/// SHA-256 in hex, as the emulated platform lists a picture.
std::string sha256(std::string_view bytes);

}  // namespace integration
