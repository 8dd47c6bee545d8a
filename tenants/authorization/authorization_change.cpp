#include "tenants/authorization/authorization_change.h"

#include <utility>

namespace tenants {

namespace {

// Each lost race means that somebody else's change got through, so a handful is plenty.
constexpr int kAttemptsMax = 32;

}  // namespace

Task<Result<std::shared_ptr<const Authorization>>> changeAuthorization(AuthorizationStore& store, MerchantId merchant,
                                                                       WhenAbsent when_absent,
                                                                       std::function<bool(Authorization&)> edit) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
        std::shared_ptr<const Authorization> current = store.find(merchant);
        if (current == nullptr && when_absent == WhenAbsent::kRefuse) {
            co_return Error{ErrorCode::kNotFound, "The merchant has no authorization."};
        }
        Authorization next;
        if (current != nullptr) next = *current;
        next.merchant = merchant;
        if (!edit(next)) co_return current;
        auto saved = co_await store.save(std::move(next));
        if (saved || saved.error().code != ErrorCode::kPreconditionFailed) co_return saved;
    }
    co_return Error{ErrorCode::kConflict, "The merchant's authorization is being changed by others.",
                    "gave up after lost races over one authorization"};
}

}  // namespace tenants
