#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gateway/wechat/push_crypto.h"
#include "gateway/wechat/push_xml.h"
#include "tenants/authorization/push.h"

namespace gateway::wechat {

/// Reads the pushes of one component platform: signature, freshness, encryption, form. Any thread.
class ComponentPushReader final : public tenants::PushReader {
public:
    ComponentPushReader(PushKeys keys, std::optional<std::string> previous_encoding_aes_key,
                        std::chrono::seconds timestamp_window, PushXmlLimits limits = {})
        : keys_(std::move(keys)),
          previous_encoding_aes_key_(std::move(previous_encoding_aes_key)),
          timestamp_window_(timestamp_window),
          limits_(limits) {}

    std::optional<tenants::Push> readEvent(const tenants::PushEnvelope& envelope, tenants::UtcTime now) const override;
    bool isGenuine(const tenants::PushEnvelope& envelope, tenants::UtcTime now) const override;

private:
    std::optional<tenants::Secret> open(const tenants::PushEnvelope& envelope, tenants::UtcTime now) const;

    const PushKeys keys_;
    const std::optional<std::string> previous_encoding_aes_key_;
    const std::chrono::seconds timestamp_window_;
    const PushXmlLimits limits_;
};

}  // namespace gateway::wechat
