#include "tenants/merchant/authenticator.h"

namespace tenants {

Result<Caller> Authenticator::authenticate(std::string_view credential) const {
    if (credential.empty()) return Error{ErrorCode::kCredentialMissing, "No credential was given."};
    const auto key = GatewayTokens::isOne(credential) ? keyOfToken(credential) : keyOf(credential);
    if (key == nullptr) return Error{ErrorCode::kCredentialInvalid, "The credential is not valid."};
    return Caller{key->merchant, key->id, key->lookup};
}

std::shared_ptr<const ApiKey> Authenticator::keyOf(std::string_view api_key) const {
    const auto lookup = credentialLookup(CredentialKind::kApiKey, api_key);
    if (!lookup) return nullptr;
    auto key = merchants_.findKey(*lookup);
    if (key == nullptr || !hasher_.matches(api_key, key->hash) || !key->usableAt(clock_.now())) return nullptr;
    return key;
}

std::shared_ptr<const ApiKey> Authenticator::keyOfToken(std::string_view text) const {
    const UtcTime now = clock_.now();
    const auto token = tokens_.read(text, now);
    if (!token) return nullptr;
    auto key = merchants_.findKey(token->key_lookup);
    if (key == nullptr || key->merchant != token->merchant || !key->usableAt(now)) return nullptr;
    return key;
}

}  // namespace tenants
