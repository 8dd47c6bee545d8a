#include "tenants/sqlite/authorization_seals.h"

#include <memory>

namespace tenants::sqlite {

SealedTokens AuthorizationSeals::sealTokens(const Authorization& authorization, std::int64_t generation) const {
    const MerchantId& merchant = authorization.merchant;
    return {sealAt(tokenPlace(merchant, "access_token", generation), authorization.access_token),
            sealAt(tokenPlace(merchant, "refresh_token", generation), authorization.refresh_token),
            sealAt(tokenPlace(merchant, "previous_refresh_token", generation), authorization.previous_refresh_token)};
}

SharedSecret AuthorizationSeals::openToken(const MerchantId& merchant, std::string_view column, std::int64_t generation,
                                           std::string_view sealed) const {
    return openAt(tokenPlace(merchant, column, generation), sealed);
}

std::optional<std::string> AuthorizationSeals::sealComponent(const SharedSecret& secret, std::string_view column,
                                                             std::int64_t version) const {
    return sealAt(componentPlace(column, version), secret);
}

SharedSecret AuthorizationSeals::openComponent(std::string_view column, std::int64_t version,
                                               std::string_view sealed) const {
    return openAt(componentPlace(column, version), sealed);
}

std::optional<std::string> AuthorizationSeals::sealCode(const PlatformEvent& event) const {
    return sealAt(codePlace(event.dedupe_key), event.authorization_code);
}

SharedSecret AuthorizationSeals::openCode(const std::string& dedupe_key, std::string_view sealed) const {
    return openAt(codePlace(dedupe_key), sealed);
}

SealedPlace AuthorizationSeals::tokenPlace(const MerchantId& merchant, std::string_view column,
                                           std::int64_t generation) const {
    // The merchant is the row: it has one authorization.
    return {application_, "authorization", column, merchant.text(), merchant.text(), generation};
}

SealedPlace AuthorizationSeals::componentPlace(std::string_view column, std::int64_t version) const {
    return {application_, "component_state", column, "", component_.text(), version};
}

SealedPlace AuthorizationSeals::codePlace(const std::string& dedupe_key) const {
    return {application_, "platform_event", "authorization_code", "", dedupe_key, 1};
}

std::optional<std::string> AuthorizationSeals::sealAt(const SealedPlace& place, const SharedSecret& secret) const {
    return secret != nullptr ? std::optional{seal(ring_, place, secret->expose())} : std::nullopt;
}

SharedSecret AuthorizationSeals::openAt(const SealedPlace& place, std::string_view sealed) const {
    return std::make_shared<const Secret>(openSealed(ring_, place, sealed));
}

}  // namespace tenants::sqlite
