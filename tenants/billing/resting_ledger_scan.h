#pragma once

#include <chrono>

#include "tenants/billing/ledger_scan.h"

namespace tenants {

/// A ledger scan that rests after each read, so that whoever waits for the processor gets it in between: under Linux's
/// scheduler a thread that wakes may have to wait for the end of a slice, also of one that is nicer. Borrows `scan`.
/// Safe from any thread.
class RestingLedgerScan final : public LedgerScan {
public:
    RestingLedgerScan(const LedgerScan& scan, std::chrono::microseconds rest) : scan_(scan), rest_(rest) {}

    std::unique_ptr<LedgerCursor> open(const LedgerRange& range) const override;

private:
    const LedgerScan& scan_;
    const std::chrono::microseconds rest_;
};

}  // namespace tenants
