#include "tests/integration/support/sandbox_control.h"

#include <stdexcept>

namespace integration {

Json SandboxControl::call(const std::string& method, const std::string& path, const std::string& body) {
    HttpRequest request{.method = method, .url = base_url_ + path};
    if (method != "GET" && method != "DELETE") {
        request.headers.push_back("Content-Type: application/json");
        request.body = body.empty() ? "{}" : body;
    }
    const HttpAnswer answer = http_.send(request);
    if (answer.status != 200) {
        throw std::runtime_error("sandbox: " + method + " " + path + ": " + std::to_string(answer.status) + " " +
                                 answer.failure + answer.body);
    }
    return Json{answer.body};
}

std::string SandboxControl::createAuthorizer(const std::string& fields) {
    return call("POST", "/authorizers", fields).at("appid").text();
}

void SandboxControl::changeAuthorizer(const std::string& appid, const std::string& fields) {
    call("PATCH", "/authorizers/" + appid, fields);
}

std::string SandboxControl::consent(const std::string& appid, const std::string& link) {
    return call("POST", "/authorizers/" + appid + ":consent", "{\"link\":" + jsonText(link) + "}")
        .at("redirect")
        .text();
}

void SandboxControl::act(const std::string& appid, const std::string& verb) {
    call("POST", "/authorizers/" + appid + ":" + verb);
}

void SandboxControl::scriptAnswer(const std::string& body, int count) {
    std::string fields = "{\"path\":" + jsonText(kDrivingPath) + ",\"body\":" + jsonText(body);
    if (count > 0) fields += ",\"count\":" + std::to_string(count);
    call("POST", "/answers", fields + "}");
}

void SandboxControl::plan(std::string_view path, const std::string& fault, int count) {
    call("POST", "/faults", "{\"path\":" + jsonText(path) + ",\"count\":" + std::to_string(count) + "," + fault + "}");
}

void SandboxControl::advanceClock(std::int64_t seconds) {
    call("POST", "/clock", "{\"advance_s\":" + std::to_string(seconds) + "}");
}

std::int64_t SandboxControl::lastCallNumber() {
    const auto all = calls("");
    return all.empty() ? 0 : all.back().number;
}

std::vector<PlatformCall> SandboxControl::calls(std::string_view path, std::int64_t since) {
    const Json list =
        call("GET", "/calls?path=" + percentEncoded(path) + "&since=" + std::to_string(since)).at("calls");
    std::vector<PlatformCall> found;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Json one = list.at(i);
        const Json answer = one.at("answer");
        found.push_back({.number = one.at("number").integer(),
                         .path = one.at("path").text(),
                         .appid = one.at("appid").text(),
                         .body_bytes = one.at("body_bytes").integer(),
                         .picture_sha256 = one.at("picture_sha256").text(),
                         .answer = answer.isText() ? answer.text() : std::to_string(answer.integer())});
    }
    return found;
}

std::string licenceAnswer(const std::string& plate) {
    return R"({"errcode":0,"errmsg":"ok","plate_num":)" + jsonText(plate) +
           R"(,"vehicle_type":"小型轿车","owner":"李四","addr":"测试路1号","use_character":"非营运","model":"测试牌",)"
           R"("vin":"LSVAM4187C2184847","engine_num":"E123456","register_date":"2020-01-02","issue_date":"2020-01-03"})";
}

}  // namespace integration
