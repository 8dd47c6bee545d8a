#include "tenants/sqlite/audit_hash_function.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <exception>
#include <stdexcept>
#include <string>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kName = "audit_hash";
constexpr int kArgumentCount = 9;

std::string textOf(sqlite3_value* value) {
    const auto* const text = sqlite3_value_text(value);
    if (text == nullptr) throw std::runtime_error("a column of the audit is null");
    return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

AuditEntry entryOf(sqlite3_value** values) {
    AuditEntry entry;
    entry.number = sqlite3_value_int64(values[0]);
    entry.note.at = utc(sqlite3_value_int64(values[1]));
    entry.note.actor = KeyId{textOf(values[2])};
    entry.note.action = textOf(values[3]);
    entry.note.merchant = MerchantId{textOf(values[4])};
    entry.note.target = textOf(values[5]);
    entry.note.reason = textOf(values[6]);
    entry.note.request_id = textOf(values[7]);
    if (sqlite3_value_type(values[8]) != SQLITE_NULL) entry.content = textOf(values[8]);
    return entry;
}

void call(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
    auto& function = *static_cast<AuditHashFunction*>(sqlite3_user_data(context));
    try {
        const ChainHash hash = function.next(entryOf(values));
        sqlite3_result_blob(context, hash.data(), static_cast<int>(hash.size()), SQLITE_TRANSIENT);
    } catch (const std::exception& failure) {
        sqlite3_result_error(context, failure.what(), -1);
    }
}

}  // namespace

AuditHashFunction::AuditHashFunction(SQLite::Database& database) : database_(database) {
    // DIRECTONLY: no trigger or view of the file can call it.
    const int verdict =
        sqlite3_create_function_v2(database.getHandle(), kName, kArgumentCount, SQLITE_UTF8 | SQLITE_DIRECTONLY, this,
                                   call, nullptr, nullptr, nullptr);
    if (verdict != SQLITE_OK) throw SQLite::Exception{database.getHandle(), verdict};
}

AuditHashFunction::~AuditHashFunction() {
    sqlite3_create_function_v2(database_.getHandle(), kName, kArgumentCount, SQLITE_UTF8, nullptr, nullptr, nullptr,
                               nullptr, nullptr);
}

ChainHash AuditHashFunction::next(const AuditEntry& entry) {
    if (entry.number != number_ + 1) {
        throw std::runtime_error("audit entry " + std::to_string(entry.number) + " comes after audit entry " +
                                 std::to_string(number_));
    }
    number_ = entry.number;
    hash_ = auditHash(hash_, entry);
    return hash_;
}

}  // namespace tenants::sqlite
