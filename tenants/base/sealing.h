#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tenants/base/key_ring.h"
#include "tenants/base/secret.h"

namespace tenants {

/// Where a sealed field lives. What was sealed for one place opens at no other.
struct SealedPlace {
    std::string_view application;  // which installation, so that two databases cannot be mixed up
    std::string_view table;
    std::string_view column;
    std::string_view merchant;  // empty where the row is no merchant's
    std::string_view row;       // the row's lasting name within the table
    std::int64_t row_version = 0;
};

/// A sealed field that does not open: changed, moved, or sealed by a key that is gone. Never to be read as "there is
/// none": it is an alarm. The text names the place and holds nothing of the content.
class SealBroken : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// `plain` by AES-256-GCM: version (1 byte) ‖ number of the root key (4, big-endian) ‖ random nonce (12) ‖ ciphertext ‖
/// tag (16). The key is derived for this very field, so that its uses are this row's versions and stay few; the place
/// is authenticated, each part with its length. Throws std::runtime_error without randomness. Any thread; about 5 µs.
std::string seal(const KeyRing& ring, const SealedPlace& place, std::string_view plain);

/// What was sealed for `place`. Throws SealBroken. Any thread.
Secret openSealed(const KeyRing& ring, const SealedPlace& place, std::string_view sealed);

}  // namespace tenants
