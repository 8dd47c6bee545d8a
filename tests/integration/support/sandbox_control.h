#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/support/http_client.h"
#include "tests/integration/support/json.h"

namespace integration {

inline constexpr std::string_view kDrivingPath = "/cv/ocr/driving";
inline constexpr std::string_view kRefreshPath = "/cgi-bin/component/api_authorizer_token";
inline constexpr std::string_view kComponentTokenPath = "/cgi-bin/component/api_component_token";
inline constexpr std::string_view kQueryAuthPath = "/cgi-bin/component/api_query_auth";
inline constexpr std::string_view kInfoPath = "/cgi-bin/component/api_get_authorizer_info";

/// One call as the emulated platform saw it.
struct PlatformCall {
    std::int64_t number = 0;
    std::string path;
    std::string appid;
    std::int64_t body_bytes = 0;
    std::string picture_sha256;
    std::string answer;  // errcode, or the name of a fault
};

/// The emulated platform's control API. A refused request throws std::runtime_error. Not safe from several threads.
class SandboxControl {
public:
    explicit SandboxControl(std::string base_url) : base_url_(std::move(base_url)) {}

    Json call(const std::string& method, const std::string& path, const std::string& body = {});

    /// Makes an account that can authorize; gives its appid. `fields`: as in `POST /authorizers`.
    std::string createAuthorizer(const std::string& fields = R"({"kind":"mini_program","verified":true,"sets":[117]})");
    void changeAuthorizer(const std::string& appid, const std::string& fields);
    /// The account's administrator consents; gives the address that the browser is sent to.
    std::string consent(const std::string& appid, const std::string& link);
    /// `withdraw`, `expireToken`, `rotateRefreshToken` or `killRefreshToken`.
    void act(const std::string& appid, const std::string& verb);

    /// Every recognition answers `body` from now on, `count` of them where it is not 0.
    void scriptAnswer(const std::string& body, int count = 0);
    /// The next `count` calls of `path` meet `fault`, members of JSON such as `"mode":"cut"`.
    void plan(std::string_view path, const std::string& fault, int count = 1);
    void clearFaults() { call("DELETE", "/faults"); }
    void planEvents(const std::string& fields) { call("POST", "/events", fields); }
    void advanceClock(std::int64_t seconds);

    std::int64_t lastCallNumber();
    std::vector<PlatformCall> calls(std::string_view path, std::int64_t since = 0);

private:
    std::string base_url_;
    HttpClient http_;
};

/// A whole answer of a recognition with this plate.
std::string licenceAnswer(const std::string& plate);

}  // namespace integration
