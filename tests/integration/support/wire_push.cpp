#include "tests/integration/support/wire_push.h"

#include <ctime>
#include <stdexcept>

#include "tests/integration/support/installation.h"

namespace integration {

gateway::wechat::PushKeys platformKeys() {
    return {std::string{kPushToken}, std::string{kEncodingAesKey}, std::string{kComponentAppid}};
}

std::string WirePush::query() const {
    return "?signature=0&timestamp=" + timestamp + "&nonce=" + nonce +
           "&encrypt_type=aes&msg_signature=" + msg_signature;
}

std::string WirePush::body() const {
    return "<xml><AppId><![CDATA[" + std::string{kComponentAppid} + "]]></AppId><Encrypt><![CDATA[" + encrypted +
           "]]></Encrypt></xml>";
}

WirePush sealedPush(const std::string& message, std::int64_t timestamp) {
    return sealedPush(test_support::honestBlock(message, std::string{kComponentAppid}), timestamp);
}

WirePush sealedPush(const test_support::PushBlock& block, std::int64_t timestamp) {
    WirePush push{.timestamp = std::to_string(timestamp), .encrypted = {}, .msg_signature = {}};
    const auto sealed = test_support::sealBlock(platformKeys(), block.bytes(), push.timestamp, push.nonce);
    push.encrypted = sealed.encrypted_base64;
    push.msg_signature = sealed.msg_signature;
    return push;
}

std::string eventMessage(std::string_view info_type, std::int64_t created_at, const std::string& fields) {
    return "<xml><AppId>" + std::string{kComponentAppid} + "</AppId><CreateTime>" + std::to_string(created_at) +
           "</CreateTime><InfoType>" + std::string{info_type} + "</InfoType>" + fields + "</xml>";
}

HttpAnswer PushSender::send(const std::string& query, const std::string& body) {
    return http_.send({.method = "POST", .url = url_ + query, .headers = {"Content-Type: text/xml"}, .body = body});
}

std::int64_t PushSender::receiverTime() {
    const std::string date = http_.send({.url = url_}).header("Date");
    std::tm time{};
    if (::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time) == nullptr) {
        throw std::runtime_error("no date in the answer: " + date);
    }
    return static_cast<std::int64_t>(::timegm(&time));
}

}  // namespace integration
