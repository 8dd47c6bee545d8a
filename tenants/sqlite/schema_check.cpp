#include "tenants/sqlite/schema_check.h"

#include <map>
#include <string>
#include <utility>

#include "tenants/sqlite/connection.h"
#include "tenants/sqlite/migrator.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

// Names that begin with sqlite_ are SQLite's own, but whoever writes into sqlite_schema can give them to anything.
constexpr const char* kSelectObjects =
    "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema "
    "WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat3', 'sqlite_stat4'))";

struct Definition {
    std::string table;  // that it is of
    std::string sql;
    bool operator==(const Definition&) const = default;
};
using Schema = std::map<std::string, Definition>;  // by kind and name, such as `trigger usage_entry_kept`

Schema schemaOf(SQLite::Database& database) {
    Schema schema;
    PreparedStatement select{database, kSelectObjects};
    Query row{select};
    while (row.next()) schema[row.text(0) + " " + row.text(1)] = {row.text(2), row.text(3)};
    return schema;
}

Schema schemaOfMigrations() {
    SQLite::Database database = openScratch();
    migrate(database, builtInMigrations(), 0, UtcTime{});
    return schemaOf(database);
}

}  // namespace

void checkSchema(SQLite::Database& database, LedgerReport& report) {
    static const Schema expected = schemaOfMigrations();
    const Schema found = schemaOf(database);
    const auto fault = [&report](const std::string& object, const char* what) {
        report.add("", "the schema was changed: " + object + what);
    };
    for (const auto& [object, definition] : expected) {
        const auto there = found.find(object);
        if (there == found.end()) {
            fault(object, " is missing");
        } else if (there->second != definition) {
            fault(object, " is not what the migrations made it");
        }
    }
    for (const auto& [object, definition] : found) {
        if (expected.count(object) == 0) fault(object + " of " + definition.table, " was added");
    }
}

}  // namespace tenants::sqlite
