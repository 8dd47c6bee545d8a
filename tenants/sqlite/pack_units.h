#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tenants/base/clock.h"
#include "tenants/sqlite/prepared_statement.h"

namespace tenants::sqlite {

/// One prepaid pack as the writer changes it.
struct PackUnits {
    std::int64_t row = 0;
    std::int64_t merchant_row = 0;
    std::int64_t units = 0;
    std::int64_t used = 0;
    std::int64_t held = 0;
    UtcTime starts_at;
    UtcTime expires_at;
    std::string id = {};
    std::int64_t warned_percent = 0;
    bool changed = false;

    bool offers(std::int64_t wanted, UtcTime instant) const {
        return starts_at <= instant && instant < expires_at && used + held + wanted <= units;
    }
};

/// The packs that scans take from, kept in memory by the writer's thread and written once a group. Belongs to one thread.
class PackBook {
public:
    explicit PackBook(SQLite::Database& database);

    /// The merchant's pack that expires first of those that offer so many units at `instant`; null: none does.
    /// Pointers and references stay good until `write` or `forget`.
    PackUnits* firstToExpire(std::int64_t merchant_row, std::int64_t units, UtcTime instant);
    PackUnits& at(std::int64_t row);
    /// To be told after each change.
    void changed(PackUnits& pack);
    /// The merchant's packs are about to be changed in the table: writes what is open, and reads them anew next time.
    void forget(std::int64_t merchant_row);

    void write();
    void forget() noexcept;
    /// Packs that passed a level of warning in the transaction, as they were written; empties the list.
    std::vector<PackUnits> takeWarned() noexcept;

private:
    PackUnits& remember(PackUnits pack);
    void write(PackUnits& pack);

    PreparedStatement select_of_merchant_;
    PreparedStatement select_row_;
    PreparedStatement update_;
    std::unordered_map<std::int64_t, PackUnits> by_row_;
    std::unordered_map<std::int64_t, std::vector<PackUnits*>>
        by_merchant_;  // with units not used, first to expire first
    std::vector<PackUnits*> changed_;
    std::vector<PackUnits> warned_;
};

}  // namespace tenants::sqlite
