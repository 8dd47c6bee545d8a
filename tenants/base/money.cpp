#include "tenants/base/money.h"

#include <stdexcept>

namespace tenants {

Money Money::plus(Money other) const {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(micro_yuan_, other.micro_yuan_, &sum)) throw std::overflow_error("money: sum too large");
    return Money{sum};
}

Money Money::minus(Money other) const {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(micro_yuan_, other.micro_yuan_, &difference)) {
        throw std::overflow_error("money: difference too large");
    }
    return Money{difference};
}

Money Money::times(std::int64_t count) const {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(micro_yuan_, count, &product)) throw std::overflow_error("money: product too large");
    return Money{product};
}

}  // namespace tenants
