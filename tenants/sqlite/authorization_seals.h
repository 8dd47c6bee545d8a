#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenants/authorization/authorization_store.h"
#include "tenants/base/key_ring.h"
#include "tenants/base/sealing.h"

namespace tenants::sqlite {

/// An authorization's tokens as its row holds them; empty where there is none.
struct SealedTokens {
    std::optional<std::string> access_token;
    std::optional<std::string> refresh_token;
    std::optional<std::string> previous_refresh_token;
};

/// Seals and opens the secrets of the authorization tables, each bound to its place. Safe from any thread; opening
/// throws SealBroken.
class AuthorizationSeals {
public:
    AuthorizationSeals(const KeyRing& ring, std::string application, AppId component)
        : ring_(ring), application_(std::move(application)), component_(std::move(component)) {}

    const AppId& component() const noexcept { return component_; }

    /// For the row of that generation.
    SealedTokens sealTokens(const Authorization& authorization, std::int64_t generation) const;
    /// `column`: access_token, refresh_token or previous_refresh_token.
    SharedSecret openToken(const MerchantId& merchant, std::string_view column, std::int64_t generation,
                           std::string_view sealed) const;

    /// `column`: ticket or access_token.
    std::optional<std::string> sealComponent(const SharedSecret& secret, std::string_view column,
                                             std::int64_t version) const;
    SharedSecret openComponent(std::string_view column, std::int64_t version, std::string_view sealed) const;

    std::optional<std::string> sealCode(const PlatformEvent& event) const;
    SharedSecret openCode(const std::string& dedupe_key, std::string_view sealed) const;

private:
    SealedPlace tokenPlace(const MerchantId& merchant, std::string_view column, std::int64_t generation) const;
    SealedPlace componentPlace(std::string_view column, std::int64_t version) const;
    SealedPlace codePlace(const std::string& dedupe_key) const;
    std::optional<std::string> sealAt(const SealedPlace& place, const SharedSecret& secret) const;
    SharedSecret openAt(const SealedPlace& place, std::string_view sealed) const;

    const KeyRing& ring_;
    const std::string application_;
    const AppId component_;
};

}  // namespace tenants::sqlite
