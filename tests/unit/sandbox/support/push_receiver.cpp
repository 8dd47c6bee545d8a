#include "tests/unit/sandbox/support/push_receiver.h"

#include <optional>
#include <utility>

#include "gateway/wechat/push_crypto.h"

namespace sandbox::testing_support {
namespace {

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const auto from = text.find(begin);
    if (from == std::string::npos) return {};
    const auto until = text.find(end, from);
    return until == std::string::npos ? std::string{} : text.substr(from + begin.size(), until - from - begin.size());
}

std::string elementText(const std::string& xml, const std::string& element) {
    const std::string text = between(xml, "<" + element + ">", "</" + element + ">");
    return text.starts_with("<![CDATA[") ? between(text, "<![CDATA[", "]]>") : text;
}

}  // namespace

PushReceiver::PushReceiver(const ComponentKeys& keys) : keys_(keys) {
    router_.add({.method = "POST", .pattern = "/wechat/events", .handler = [this](gateway::http::Request request) {
                     return take(std::move(request));
                 }});
    server_ = std::make_unique<gateway::http::Server>(loops_.all(), router_, gateway::http::Limits{},
                                                      gateway::http::Server::Callbacks{});
    loops_.start();
    port_ = server_->listen("127.0.0.1", 0);
}

PushReceiver::~PushReceiver() {
    server_->shutdown(std::chrono::milliseconds{0});
    server_.reset();
    loops_.stop();
}

std::string PushReceiver::url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/wechat/events";
}

void PushReceiver::answerWith(std::string body, int status) {
    const std::scoped_lock lock{mutex_};
    answer_ = std::move(body);
    status_ = status;
}

std::vector<std::string> PushReceiver::messages() const {
    const std::scoped_lock lock{mutex_};
    return messages_;
}

std::string PushReceiver::newest(const std::string& element) const {
    const std::vector<std::string> all = messages();
    for (auto message = all.rbegin(); message != all.rend(); ++message) {
        const std::string text = elementText(*message, element);
        if (!text.empty()) return text;
    }
    return {};
}

tenants::Task<gateway::http::Response> PushReceiver::take(gateway::http::Request request) {
    const auto parameter = [&request](const char* name) { return request.head.queryParameter(name).value_or(""); };
    const std::string body{request.body.view()};
    const auto message = gateway::wechat::openPush({keys_.push_token, keys_.encoding_aes_key, keys_.appid},
                                                   std::nullopt, parameter("msg_signature"), parameter("timestamp"),
                                                   parameter("nonce"), elementText(body, "Encrypt"));
    const bool good = message && parameter("encrypt_type") == "aes" && elementText(body, "AppId") == keys_.appid;
    const std::scoped_lock lock{mutex_};
    messages_.push_back(good ? std::string{message->expose()} : std::string{"not a good push"});
    co_return gateway::http::textResponse(status_, "text/plain", answer_);
}

}  // namespace sandbox::testing_support
