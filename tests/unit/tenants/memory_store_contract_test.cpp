#include <gtest/gtest.h>

#include "tests/support/contract/authorization_store_contract.h"
#include "tests/support/contract/merchant_store_contract.h"
#include "tests/support/contract/plan_store_contract.h"
#include "tests/support/contract/quota_contract.h"
#include "tests/support/contract/reconciliation_store_contract.h"
#include "tests/support/contract/usage_ledger_contract.h"
#include "tests/support/memory_store.h"

// The doubles that the domain's tests rely on keep the same promises as the store that runs in production.
namespace test_support {
namespace {

class MemoryStoresUnderTest final : public StoresUnderTest {
public:
    tenants::MerchantStore& merchants() override { return store_.merchants; }
    tenants::AuthorizationStore& authorizations() override { return store_.authorizations; }
    tenants::UsageLedger& ledger() override { return store_.ledger; }
    tenants::AuditLog& audit() override { return store_.audit; }
    tenants::PlanStore& plans() override { return store_.plans; }
    tenants::ReconciliationStore& reconciliations() override { return store_.reconciliations; }

private:
    MemoryStore store_;
};

StoresFactory memory() {
    return {"memory", [] { return std::make_unique<MemoryStoresUnderTest>(); }};
}

INSTANTIATE_TEST_SUITE_P(Memory, QuotaContract, testing::Values(memory()));
INSTANTIATE_TEST_SUITE_P(Memory, PlanStoreContract, testing::Values(memory()));
INSTANTIATE_TEST_SUITE_P(Memory, MerchantStoreContract, testing::Values(memory()));
INSTANTIATE_TEST_SUITE_P(Memory, AuthorizationStoreContract, testing::Values(memory()));
INSTANTIATE_TEST_SUITE_P(Memory, UsageLedgerContract, testing::Values(memory()));
INSTANTIATE_TEST_SUITE_P(Memory, LedgerDecisionsContract, testing::Values(memory()));
INSTANTIATE_TEST_SUITE_P(Memory, ReconciliationStoreContract, testing::Values(memory()));

}  // namespace
}  // namespace test_support
