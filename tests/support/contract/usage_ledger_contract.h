#pragma once

/// What UsageLedger promises, whatever it is made of. Included by one source file of a test program.
#include "tests/support/contract/usage_ledger_decisions.h"
#include "tests/support/contract/usage_ledger_outcomes.h"
#include "tests/support/contract/usage_ledger_repeats.h"
