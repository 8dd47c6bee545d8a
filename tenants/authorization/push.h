#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tenants/authorization/authorization_store.h"

namespace tenants {

/// A verified push, by what it asks for.
struct TicketPush {
    SharedSecret ticket;
    UtcTime created_at;  // WeChat's CreateTime
};
struct OtherPush {  // an InfoType that needs nothing of us
    std::string info_type;
};
using Push = std::variant<TicketPush, PlatformEvent, OtherPush>;

/// What came with a push, unverified. The views are borrowed for the call.
struct PushEnvelope {
    std::string_view msg_signature;
    std::string_view timestamp;
    std::string_view nonce;
    std::string_view body;
};

/// Verifies, decrypts and reads pushes of the component platform. Any thread.
class PushReader {
public:
    virtual ~PushReader() = default;
    /// What came to the authorization-event address. Empty for everything that is not a fresh, whole, genuine push to
    /// our component: one answer for every failure.
    virtual std::optional<Push> readEvent(const PushEnvelope& envelope, UtcTime now) const = 0;
    /// Whether what came to the message address is fresh and genuine; what it says is not looked at.
    virtual bool isGenuine(const PushEnvelope& envelope, UtcTime now) const = 0;
};

}  // namespace tenants
