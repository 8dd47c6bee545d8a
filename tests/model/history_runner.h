#pragma once

#include <Poco/JSON/Object.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tenants/authorization/component_platform.h"
#include "tenants/base/key_ring.h"
#include "tenants/billing/closing.h"
#include "tenants/billing/statement_key.h"
#include "tenants/billing/undecided_scans.h"
#include "tenants/scan/scan_licence.h"
#include "tenants/sqlite/sqlite_store.h"
#include "tenants/usage/sweeper.h"
#include "tests/model/scripted_upstream.h"
#include "tests/model/willing_platform.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_patience.h"

namespace model {

/// Lives through histories with the real use cases over a real database file: tests/model/README.md has the operations and
/// what each is answered with. One thread gives the operations.
class HistoryRunner {
public:
    using Json = Poco::JSON::Object;

    /// Opens the store as a start of the gateway does: what was held when the last process died is swept.
    HistoryRunner(const std::filesystem::path& database, const std::filesystem::path& key_ring, tenants::UtcTime now);

    /// Throws std::exception where the operation is none, or cannot be carried out: the history is no history then.
    Json run(const Json& operation);

private:
    using Step = Json (HistoryRunner::*)(const Json&);

    static const std::map<std::string, Step>& steps();
    Json addMerchant(const Json& operation);
    Json setDayLimit(const Json& operation);
    Json addPlan(const Json& operation);
    Json addVersion(const Json& operation);
    Json assign(const Json& operation);
    Json cancel(const Json& operation);
    Json grantPack(const Json& operation);
    Json expirePack(const Json& operation);
    Json scan(const Json& operation);
    Json begin(const Json& operation);
    Json finish(const Json& operation);
    Json sweep(const Json& operation);
    Json waive(const Json& operation);
    Json correct(const Json& operation);
    Json decide(const Json& operation);
    Json close(const Json& operation);
    Json closeAll(const Json& operation);
    Json showWindows(const Json& operation);
    Json showPacks(const Json& operation);
    Json showStatement(const Json& operation);
    Json showUsage(const Json& operation);
    Json showUpstream(const Json& operation);
    Json setUpstream(const Json& operation);
    Json tellUpstream(const Json& operation);
    Json reopenUpstream(const Json& operation);

    void moveClock(tenants::UtcTime now);
    std::shared_ptr<ScriptedScan> start(const Json& operation);
    Json ended(const std::string& scan, const ScriptedScan& scripted);
    tenants::Caller callerOf(const tenants::MerchantId& merchant);

    test_support::FakeClock clock_;
    tenants::KeyRing ring_;
    tenants::StatementSigner signer_;
    ScriptedUpstream upstream_;
    WillingPlatform wechat_;
    std::unique_ptr<tenants::SqliteStore> store_;
    tenants::ComponentPlatform component_;
    tenants::ComponentPlatforms platforms_;
    test_support::FakePatience patience_;
    tenants::ScanLicence scans_;
    tenants::Sweeper sweeper_;
    tenants::UndecidedScans undecided_;
    tenants::PeriodClosing closing_;
    std::map<tenants::MerchantId, tenants::Caller> callers_;
    std::map<std::string, std::shared_ptr<ScriptedScan>> running_;
};

}  // namespace model
