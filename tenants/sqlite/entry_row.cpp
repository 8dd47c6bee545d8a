#include "tenants/sqlite/entry_row.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

namespace tenants::sqlite {

Period periodOf(std::int64_t number) {
    const bool fits = number >= 0 && number <= std::numeric_limits<int>::max();
    const std::optional<Period> period = fits ? Period::ofNumber(static_cast<int>(number)) : std::nullopt;
    if (!period) throw std::runtime_error("there is no month " + std::to_string(number));
    return *period;
}

ChainHash hashOf(std::string_view bytes) {
    ChainHash hash{};
    if (bytes.size() != hash.size()) throw std::runtime_error("a chain hash has not 32 bytes");
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
}

std::string_view bytesOf(const ChainHash& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

UsageEntry entryOf(const Query& row, int first, const MerchantId& merchant) {
    UsageEntry entry;
    entry.merchant = merchant;
    entry.number = row.number(first);
    entry.id = EntryId{row.text(first + 1)};
    const std::optional<EntryKind> kind = entryKindFromText(row.text(first + 2));
    if (!kind) throw std::runtime_error("a usage entry is of a kind without a name");
    entry.kind = *kind;
    entry.units = row.number(first + 3);
    entry.request = RequestId{row.text(first + 4)};
    entry.key = KeyId{row.text(first + 5)};
    entry.x_request_id = row.text(first + 6);
    entry.at = row.time(first + 7);
    entry.recorded_at = row.time(first + 8);
    entry.period = periodOf(row.number(first + 9));
    if (!row.isNull(first + 10)) {
        entry.plan_version = PlanVersionId{PlanId{row.text(first + 10)}, row.number(first + 11)};
    }
    if (!row.isNull(first + 12)) entry.pack = PackId{row.text(first + 12)};
    entry.corrects = row.numberIfAny(first + 13);
    if (!row.isNull(first + 14)) entry.price = Money{row.number(first + 14)};
    entry.reason = row.text(first + 15);
    entry.hash = hashOf(row.blob(first + 16));
    return entry;
}

}  // namespace tenants::sqlite
