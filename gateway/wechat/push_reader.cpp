#include "gateway/wechat/push_reader.h"

#include "gateway/wechat/push_xml.h"
#include "gateway/wechat/pushed_event.h"

namespace gateway::wechat {

std::optional<tenants::Secret> ComponentPushReader::open(const tenants::PushEnvelope& envelope,
                                                         tenants::UtcTime now) const {
    if (!isFreshPush(envelope.timestamp, now, timestamp_window_)) return std::nullopt;
    const auto encrypted = readEncryptedText(envelope.body, limits_);
    if (!encrypted) return std::nullopt;
    return openPush(keys_, previous_encoding_aes_key_, envelope.msg_signature, envelope.timestamp, envelope.nonce,
                    *encrypted);
}

bool ComponentPushReader::isGenuine(const tenants::PushEnvelope& envelope, tenants::UtcTime now) const {
    return open(envelope, now).has_value();
}

std::optional<tenants::Push> ComponentPushReader::readEvent(const tenants::PushEnvelope& envelope,
                                                            tenants::UtcTime now) const {
    const auto message = open(envelope, now);
    if (!message) return std::nullopt;
    const auto fields = readPushedFields(message->expose(), limits_);
    if (!fields) return std::nullopt;
    return readPushedEvent(*fields, now, timestamp_window_);
}

}  // namespace gateway::wechat
