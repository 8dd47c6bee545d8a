#pragma once

#include "tenants/billing/ledger_scan.h"
#include "tenants/billing/statement.h"

namespace tenants {

/// What a merchant's entries of a period come to so far, as its statement will sum them: lines of usage and corrections, not
/// rounded, without minimum and packs sold, which closing alone decides. Of a closed period it says what the statement says
/// of entries. Reads the merchant's entries of the period: blocks, the longer the more there are.
Statement runningSum(const LedgerScan& scan, const PlanTermsSource& plans, const MerchantId& merchant, Period period);

}  // namespace tenants
