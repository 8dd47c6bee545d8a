#pragma once

#include <functional>
#include <memory>

#include "tenants/authorization/authorization_store.h"

namespace tenants {

/// What to do where the merchant has no authorization yet: end with kNotFound, or start from an empty one.
enum class WhenAbsent { kRefuse, kStartEmpty };

/// Applies `edit` to the merchant's newest authorization and stores it, again from the newest one wherever somebody was
/// faster, so that no change is lost to another. `edit` gets the authorization to change (generation 0: there is none
/// yet) and says whether it is to be stored; it may run several times and decides anew each time. Gives the
/// authorization as it stands in the end. kNotFound, kConflict (the appid belongs to another merchant, or too many were
/// faster), kStoreUnavailable. Any thread.
Task<Result<std::shared_ptr<const Authorization>>> changeAuthorization(AuthorizationStore& store, MerchantId merchant,
                                                                       WhenAbsent when_absent,
                                                                       std::function<bool(Authorization&)> edit);

}  // namespace tenants
