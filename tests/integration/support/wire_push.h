#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/wechat/push_crypto.h"
#include "tests/integration/support/http_client.h"
#include "tests/support/push_blocks.h"

namespace integration {

/// The keys of an Installation's component, as WeChat has them.
gateway::wechat::PushKeys platformKeys();

/// A push as it goes over the wire, in parts, so that a test can spoil any of them.
struct WirePush {
    std::string timestamp;
    std::string nonce = "1320562132";
    std::string encrypted;
    std::string msg_signature;

    std::string query() const;
    std::string body() const;
};

/// `message` as WeChat would push it at `timestamp`.
WirePush sealedPush(const std::string& message, std::int64_t timestamp);
/// The same with a block that no honest sender makes, signed all the same.
WirePush sealedPush(const test_support::PushBlock& block, std::int64_t timestamp);

/// The message of an event; `fields`: its further elements.
std::string eventMessage(std::string_view info_type, std::int64_t created_at, const std::string& fields);

/// Sends pushes to one address. Not safe from several threads.
class PushSender {
public:
    explicit PushSender(std::string url) : url_(std::move(url)) {}

    HttpAnswer send(const WirePush& push) { return send(push.query(), push.body()); }
    HttpAnswer send(const std::string& query, const std::string& body);
    /// The receiver's own time, in seconds since 1970, from the Date of its answers.
    std::int64_t receiverTime();

private:
    std::string url_;
    HttpClient http_;
};

}  // namespace integration
