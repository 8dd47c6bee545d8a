#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "tenants/authorization/authorization_store.h"
#include "tenants/authorization/reconciliation_report.h"
#include "tenants/billing/plan_store.h"
#include "tenants/merchant/merchant_store.h"
#include "tenants/usage/usage_ledger.h"

namespace test_support {

/// The third-party platform that every merchant of the contract tests belongs to.
inline const tenants::AppId kComponent{"wxcomponent"};

/// One implementation of the storage ports over one state, empty at the start. The contract tests run against
/// every implementation; what they ask of it is what the domain may count on.
class StoresUnderTest {
public:
    virtual ~StoresUnderTest() = default;
    virtual tenants::MerchantStore& merchants() = 0;
    virtual tenants::AuthorizationStore& authorizations() = 0;  // of kComponent
    virtual tenants::UsageLedger& ledger() = 0;
    virtual tenants::AuditLog& audit() = 0;
    virtual tenants::PlanStore& plans() = 0;
    virtual tenants::ReconciliationStore& reconciliations() = 0;
};

/// To be named in INSTANTIATE_TEST_SUITE_P(Name, UsageLedgerContract, testing::Values(StoresFactory{…})).
struct StoresFactory {
    std::string name;
    std::function<std::unique_ptr<StoresUnderTest>()> make;
};

inline void PrintTo(const StoresFactory& factory, std::ostream* out) {
    *out << factory.name;
}

}  // namespace test_support
