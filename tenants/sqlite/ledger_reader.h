#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "tenants/sqlite/reader_pool.h"
#include "tenants/usage/usage_ledger.h"

namespace tenants::sqlite {

/// The ledger's reads, as UsageLedger promises them, each in one read transaction. Safe from any thread; they block.
class LedgerReader {
public:
    explicit LedgerReader(ReaderPool& readers) : readers_(readers) {}

    std::vector<UsageEntry> entries(const MerchantId& merchant, std::optional<std::int64_t> before,
                                    std::size_t count) const;
    std::vector<HoldView> holds(const MerchantId& merchant, std::optional<HoldState> state,
                                std::optional<std::int64_t> before, std::size_t count) const;
    std::vector<WindowView> openWindows(const MerchantId& merchant, UtcTime now) const;

private:
    ReaderPool& readers_;
};

}  // namespace tenants::sqlite
