#include <memory>

#include "tests/support/contract/authorization_store_contract.h"
#include "tests/support/contract/merchant_store_contract.h"
#include "tests/support/contract/plan_store_contract.h"
#include "tests/support/contract/quota_contract.h"
#include "tests/support/contract/reconciliation_store_contract.h"
#include "tests/support/contract/stores_under_test.h"
#include "tests/support/contract/usage_ledger_contract.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

namespace test_support {
namespace {

class SqliteStoresUnderTest final : public StoresUnderTest {
public:
    SqliteStoresUnderTest()
        : keys_(newKeyRing(folder_.path() / "keys")),
          store_(SqliteStore::open(folder_.path() / "tollgate.db", keys_, {kComponent}, clock_, {})) {}

    MerchantStore& merchants() override { return store_->merchants(); }
    AuthorizationStore& authorizations() override { return store_->authorizations(kComponent); }
    UsageLedger& ledger() override { return store_->ledger(); }
    AuditLog& audit() override { return store_->audit(); }
    PlanStore& plans() override { return store_->plans(); }
    ReconciliationStore& reconciliations() override { return store_->reconciliations(kComponent); }

private:
    TemporaryFolder folder_;
    FakeClock clock_{beijingNoon()};
    KeyRing keys_;
    std::unique_ptr<SqliteStore> store_;
};

const StoresFactory kSqlite{"SqliteStore", [] { return std::make_unique<SqliteStoresUnderTest>(); }};

INSTANTIATE_TEST_SUITE_P(Sqlite, UsageLedgerContract, testing::Values(kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, LedgerDecisionsContract, testing::Values(kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, QuotaContract, testing::Values(kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, PlanStoreContract, testing::Values(kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, MerchantStoreContract, testing::Values(kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, AuthorizationStoreContract, testing::Values(kSqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, ReconciliationStoreContract, testing::Values(kSqlite));

}  // namespace
}  // namespace test_support
