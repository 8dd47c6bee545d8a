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

Money roundedToFen(Money exact) {
    std::int64_t fen = exact.microYuan() / kFen;
    std::int64_t rest = exact.microYuan() % kFen;
    if (rest < 0) {  // towards minus infinity, so that the rest counts upwards for debts too
        rest += kFen;
        --fen;
    }
    if (2 * rest > kFen || (2 * rest == kFen && fen % 2 != 0)) ++fen;
    return Money{kFen}.times(fen);
}

std::string yuanText(Money money) {
    const std::int64_t amount = money.microYuan();
    // Unsigned, because the most negative amount has no positive twin.
    const auto size = amount < 0 ? 0 - static_cast<std::uint64_t>(amount) : static_cast<std::uint64_t>(amount);
    std::string digits = std::to_string(size);
    if (digits.size() < 7) digits.insert(0, 7 - digits.size(), '0');
    digits.insert(digits.size() - 6, 1, '.');
    return amount < 0 ? "-" + digits : digits;
}

}  // namespace tenants
