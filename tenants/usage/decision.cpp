#include "tenants/usage/decision.h"

namespace tenants {
namespace {

constexpr std::size_t kReasonBytesMax = 500;

}  // namespace

std::optional<Error> faultOfReason(const std::string& reason) {
    if (!reason.empty() && reason.size() <= kReasonBytesMax) return std::nullopt;
    return Error{ErrorCode::kInvalidInput, "A reason of 1 to 500 bytes is needed."};
}

}  // namespace tenants
