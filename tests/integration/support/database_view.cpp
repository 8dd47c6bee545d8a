#include "tests/integration/support/database_view.h"

#include <SQLiteCpp/SQLiteCpp.h>

namespace integration {
namespace {

constexpr const char* kTables[] = {"merchant",     "authorization",  "component_state", "authorization_link",
                                   "claimed_code", "platform_event", "invitation"};

SQLite::Database open(const std::filesystem::path& file) {
    constexpr int kBusyMilliseconds = 10'000;
    return SQLite::Database{file.string(), SQLite::OPEN_READONLY, kBusyMilliseconds};
}

}  // namespace

std::string authorizationRows(const std::filesystem::path& database_file) {
    SQLite::Database database = open(database_file);
    std::string rows;
    for (const char* const table : kTables) {
        SQLite::Statement select{database, std::string{"SELECT * FROM "} + table + " ORDER BY 1"};
        while (select.executeStep()) {
            rows += table;
            for (int column = 0; column < select.getColumnCount(); ++column) {
                rows.append(" ").append(select.getColumn(column).getString());
            }
            rows += '\n';
        }
    }
    return rows;
}

std::int64_t numberIn(const std::filesystem::path& database_file, const std::string& sql) {
    SQLite::Database database = open(database_file);
    return database.execAndGet(sql).getInt64();
}

}  // namespace integration
