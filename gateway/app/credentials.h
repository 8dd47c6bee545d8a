#pragma once

#include "tenants/base/key_ring.h"
#include "tenants/merchant/api_key.h"

namespace gateway::app {

/// The keyed hash that every credential in the store was made with, by the gateway and by the commands.
inline tenants::CredentialHasher credentialHasher(const tenants::KeyRing& ring) {
    return tenants::CredentialHasher{ring.derive("credential hash")};
}

}  // namespace gateway::app
