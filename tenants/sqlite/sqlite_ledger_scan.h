#pragma once

#include <memory>

#include "tenants/billing/ledger_scan.h"
#include "tenants/sqlite/reader_pool.h"

namespace tenants::sqlite {

/// The ledger's port for bills. Over all merchants a cursor walks the table by row; over one it walks along the merchant's own
/// entries, 64 at a time. Neither keeps a read transaction between two calls. The readers must outlive the cursors.
class SqliteLedgerScan final : public LedgerScan {
public:
    explicit SqliteLedgerScan(ReaderPool& readers) : readers_(readers) {}

    std::unique_ptr<LedgerCursor> open(const LedgerRange& range) const override;

private:
    ReaderPool& readers_;
};

}  // namespace tenants::sqlite
