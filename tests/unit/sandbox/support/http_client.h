#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace sandbox::testing_support {

struct HttpAnswer {
    std::string failure;  // curl's words where no whole answer came; empty otherwise
    long status = 0;      // of what came, also where it was cut
    std::string content_type;
    std::string location;
    std::string body;
};

struct HttpCall {
    std::string method = "GET";
    std::string url = {};
    std::vector<std::string> headers = {};
    std::string body = {};
    bool chunked = false;
    std::string from_address = {};  // empty: whatever the system chooses
    std::chrono::milliseconds timeout{30'000};
};

/// Sends one request after the other, over the same connection where it can. https is trusted by the tests' authority; no
/// redirects; bodies above a mebibyte ask with Expect: 100-continue first.
class HttpClient {
public:
    HttpClient();
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    HttpAnswer send(const HttpCall& call);
    /// How many connections the last request had to make: 0 where it used the one before.
    long connectionsMade() const;

private:
    struct Handle;
    std::unique_ptr<Handle> handle_;
};

/// One request on a connection of its own.
HttpAnswer send(const HttpCall& call);

}  // namespace sandbox::testing_support
