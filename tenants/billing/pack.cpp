#include "tenants/billing/pack.h"

namespace tenants {
namespace {

constexpr std::int64_t kUnitsMax = 1'000'000'000;
// A thousand million yuan: sums of many packs stay far from the end of 64 bits.
constexpr Money kPriceMax{1'000'000'000'000'000};

Error invalid(std::string text) {
    return {ErrorCode::kInvalidInput, std::move(text)};
}

}  // namespace

Result<Done> checkPack(const Pack& pack) {
    if (pack.units < 1 || pack.units > kUnitsMax) return invalid("units is out of range.");
    if (pack.price < Money{0} || pack.price > kPriceMax) return invalid("price_micro_yuan is out of range.");
    if (pack.expires_at <= pack.starts_at) return invalid("expires_at lies in the past.");
    if (pack.used != 0 || pack.held != 0) return invalid("a new pack has all its units.");
    return Done{};
}

}  // namespace tenants
