#include "tenants/sqlite/ledger_names.h"

#include <stdexcept>
#include <string>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kSelectMerchant = "SELECT id FROM merchant WHERE row = :row";
constexpr const char* kSelectPlanVersion =
    "SELECT plan.id, plan_version.number FROM plan_version JOIN plan ON plan.row = plan_row WHERE plan_version.row = "
    ":row";
constexpr const char* kSelectPack = "SELECT id FROM pack WHERE row = :row";

/// The name in `known`, or the one that `read` makes of the row that `sql` finds.
template <class Names, class Read>
const auto& nameOf(Names& known, SQLite::Database& database, const char* sql, std::int64_t number, Read read) {
    if (const auto found = known.find(number); found != known.end()) return found->second;
    PreparedStatement select{database, sql};
    Query row{select};
    row.bind(":row", number);
    if (!row.next())
        throw std::runtime_error("a ledger entry names row " + std::to_string(number) + ", which is not there");
    return known.emplace(number, read(row)).first->second;
}

}  // namespace

const MerchantId& LedgerNames::merchant(SQLite::Database& database, std::int64_t row) {
    return nameOf(merchants_, database, kSelectMerchant, row,
                  [](const Query& found) { return MerchantId{found.text(0)}; });
}

const PlanVersionId& LedgerNames::planVersion(SQLite::Database& database, std::int64_t row) {
    return nameOf(plan_versions_, database, kSelectPlanVersion, row, [](const Query& found) {
        return PlanVersionId{PlanId{found.text(0)}, found.number(1)};
    });
}

const PackId& LedgerNames::pack(SQLite::Database& database, std::int64_t row) {
    return nameOf(packs_, database, kSelectPack, row, [](const Query& found) { return PackId{found.text(0)}; });
}

}  // namespace tenants::sqlite
