#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace integration {

struct HttpRequest {
    std::string method = "GET";
    std::string url = {};
    std::vector<std::string> headers = {};  // "Name: value"
    std::optional<std::string> body = {};
    bool chunked = false;  // no Content-Length
    std::chrono::milliseconds deadline{60'000};
};

struct HttpAnswer {
    long status = 0;      // 0: no whole answer came
    std::string failure;  // why; empty where one came
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::chrono::milliseconds took{0};

    bool came() const noexcept { return failure.empty(); }
    /// The first header of that name, in any case; empty where there is none.
    std::string header(std::string_view name) const;
};

/// One client with one connection that it keeps alive. Not safe from several threads at once.
class HttpClient {
public:
    /// `authority_file`: whom https is trusted by.
    explicit HttpClient(std::filesystem::path authority_file = {});
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;

    HttpAnswer send(const HttpRequest& request);

private:
    class Handle;
    std::filesystem::path authority_file_;
    std::unique_ptr<Handle> handle_;
};

/// Percent-encodes everything but unreserved characters.
std::string percentEncoded(std::string_view text);

/// One part of a multipart/form-data body.
struct FormPart {
    std::string name;
    std::string bytes;
    std::optional<std::string> filename = {};  // none: a field, not a file
    std::string content_type = {};             // empty: none is named
};
inline constexpr std::string_view kBoundary = "----tollgate-integration-5f1c2b";
std::string multipartBody(const std::vector<FormPart>& parts);
std::string multipartHeader();

}  // namespace integration
