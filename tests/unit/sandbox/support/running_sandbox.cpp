#include "tests/unit/sandbox/support/running_sandbox.h"

#include <fstream>
#include <stdexcept>
#include <utility>

#include "sandbox/json.h"
#include "sandbox/url.h"

namespace sandbox::testing_support {
namespace {

const ComponentKeys kKeys{.appid = "wxc0a1b2c3d4e5f607",
                          .secret = "component-secret",
                          .push_token = "GwPushToken01",
                          .encoding_aes_key = "Gk7wQ2mZ9xT4bN6vR1cY8sJ5hL3pD0fA7eU2iO4qW8k"};

const ComponentKeys kSecondKeys{.appid = "wxc2222222222222222",
                                .secret = "second-secret",
                                .push_token = "GwPushToken02",
                                .encoding_aes_key = "q7Xc3VbN9mKfT2sRw8LzYp4JhDgA6uEo1iC5nMtBvZd"};

}  // namespace

recogniser::Outcome readTextPicture(std::string_view picture) {
    if (picture == "no card") return recogniser::Failure::kNoCard;
    if (picture == "not an image") return recogniser::Failure::kNotAnImage;
    if (picture == "crash") return recogniser::Failure::kCrashed;
    recogniser::Reading reading;
    reading.image_size = {.width = 800, .height = 600};
    reading.front = recogniser::Quad{{{10.4, 10.6}, {790, 10}, {790, 590}, {10, 590}}};
    reading.fields[recogniser::Field::kPlateNumber] = {.text = std::string{picture}, .confidence = 90, .valid = true};
    return reading;
}

RunningSandbox::RunningSandbox(PictureReader reader) : reader_(std::move(reader)), receiver_(kKeys) {
    options_.platform_port = 0;
    options_.control_port = 0;
    options_.certificate_file = SANDBOX_TEST_CERTIFICATES "/server.pem";
    options_.key_file = SANDBOX_TEST_CERTIFICATES "/server.key";
    options_.data_folder = folder_.path() / "sandbox";
    options_.components = {{.keys = kKeys}, {.keys = kSecondKeys}};
    options_.recogniser_program = SANDBOX_TEST_RECOGNISER;
    options_.recogniser_deadline = std::chrono::milliseconds{60'000};  // sanitizers are slow; nothing here waits for it
    options_.samples_folder = folder_.path() / "samples";
    std::filesystem::create_directory(options_.samples_folder);
    std::ofstream{options_.samples_folder / "sample-1.jpg"} << kSamplePicture;
    options_.ready_file = folder_.path() / "ready.json";
    start();
    control("PATCH", "/component", R"({"events_url":")" + receiver_.url() + "\"}");
}

RunningSandbox::~RunningSandbox() = default;

void RunningSandbox::start() {
    const auto sink = [this](const std::string& line) {
        const std::scoped_lock lock{mutex_};
        log_ += line;
    };
    sandbox_ = std::make_unique<Sandbox>(options_, clock_, sink, reader_);
}

void RunningSandbox::restart() {
    sandbox_.reset();
    start();
}

std::string RunningSandbox::platformUrl(const std::string& target) const {
    return "https://127.0.0.1:" + std::to_string(sandbox_->platformPort()) + target;
}

HttpAnswer RunningSandbox::platform(HttpCall call, const std::string& target) const {
    call.url = platformUrl(target);
    return send(call);
}

RunningSandbox::Json RunningSandbox::post(const std::string& target, const std::string& json) const {
    return parseObject(
        platform({.method = "POST", .headers = {"Content-Type: application/json"}, .body = json}, target).body);
}

std::int64_t RunningSandbox::errcode(const std::string& target, const std::string& json) const {
    const Json answer = post(target, json);
    if (answer.isNull()) throw std::runtime_error("no JSON from " + target.substr(0, target.find('?')));
    return integerField(answer, "errcode").value_or(0);
}

HttpAnswer RunningSandbox::scan(const std::string& token, const std::string& picture,
                                const std::string& part_name) const {
    const std::string body = "--edge\r\nContent-Disposition: form-data; name=\"" + part_name +
                             "\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" + picture +
                             "\r\n--edge--\r\n";
    return platform({.method = "POST", .headers = {"Content-Type: multipart/form-data; boundary=edge"}, .body = body},
                    "/cv/ocr/driving?access_token=" + percentEncoded(token));
}

std::int64_t RunningSandbox::scanErrcode(const std::string& token, const std::string& picture) const {
    const HttpAnswer answer = scan(token, picture);
    const Json object = parseObject(answer.body);
    if (object.isNull()) throw std::runtime_error("no JSON from a scan: " + answer.failure);
    return integerField(object, "errcode").value_or(0);
}

HttpAnswer RunningSandbox::controlRaw(const std::string& method, const std::string& path,
                                      const std::string& body) const {
    return send(
        {.method = method, .url = "http://127.0.0.1:" + std::to_string(sandbox_->controlPort()) + path, .body = body});
}

RunningSandbox::Json RunningSandbox::control(const std::string& method, const std::string& path,
                                             const std::string& body) const {
    const HttpAnswer answer = controlRaw(method, path, body);
    if (answer.status != 200) {
        throw std::runtime_error(method + " " + path + ": " + std::to_string(answer.status) + " " + answer.failure +
                                 answer.body);
    }
    return parseObject(answer.body);
}

std::vector<RunningSandbox::Json> RunningSandbox::calls(const std::string& query) const {
    std::vector<Json> listed;
    const auto array = control("GET", "/calls" + query)->getArray("calls");
    for (unsigned int at = 0; at < array->size(); ++at) listed.push_back(array->getObject(at));
    return listed;
}

std::string RunningSandbox::componentToken() {
    if (component_token_.empty()) component_token_ = componentTokenOf(kKeys, receiver_.newest("ComponentVerifyTicket"));
    return component_token_;
}

std::string RunningSandbox::newLink() {
    return newLinkOf(kKeys, componentToken());
}

const ComponentKeys& RunningSandbox::secondKeys() {
    return kSecondKeys;
}

std::string RunningSandbox::componentTokenOf(const ComponentKeys& keys, const std::string& ticket) const {
    const Json answer = post("/cgi-bin/component/api_component_token",
                             R"({"component_appid":")" + keys.appid + R"(","component_appsecret":")" + keys.secret +
                                 R"(","component_verify_ticket":")" + ticket + "\"}");
    return stringField(answer, "component_access_token").value();
}

std::string RunningSandbox::newLinkOf(const ComponentKeys& keys, const std::string& component_token) const {
    const Json answer = post("/cgi-bin/component/api_create_preauthcode?access_token=" + component_token,
                             R"({"component_appid":")" + keys.appid + "\"}");
    return platformUrl("/cgi-bin/componentloginpage?component_appid=" + keys.appid +
                       "&pre_auth_code=" + percentEncoded(stringField(answer, "pre_auth_code").value()) +
                       "&redirect_uri=" + percentEncoded("https://gateway.test/wechat/authorized?state=s") +
                       "&auth_type=3");
}

std::string RunningSandbox::authorize(const std::string& appid, const std::string& more_fields) {
    const std::string kind = more_fields.find("\"kind\"") == std::string::npos ? R"(,"kind":"mini_program")" : "";
    control("POST", "/authorizers", R"({"appid":")" + appid + "\"" + kind + "," + more_fields + "}");
    control("POST", "/authorizers/" + appid + ":consent", R"({"link":")" + newLink() + "\"}");
    const Json answer = post("/cgi-bin/component/api_query_auth?component_access_token=" + componentToken(),
                             R"({"component_appid":")" + kKeys.appid + R"(","authorization_code":")" +
                                 receiver_.newest("AuthorizationCode") + "\"}");
    const Json info = answer->getObject("authorization_info");
    refresh_tokens_[appid] = stringField(info, "authorizer_refresh_token").value();
    return stringField(info, "authorizer_access_token").value();
}

std::string RunningSandbox::logText() const {
    const std::scoped_lock lock{mutex_};
    return log_;
}

}  // namespace sandbox::testing_support
