#include "tenants/sqlite/ledger_hash_function.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <exception>
#include <span>
#include <stdexcept>
#include <string>

#include "tenants/sqlite/entry_row.h"
#include "tenants/usage/entry_chain.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kName = "ledger_hash";
constexpr int kArgumentCount = 12;  // without the plan version

std::string textOf(sqlite3_value* value) {
    const auto* const text = sqlite3_value_text(value);
    if (text == nullptr) throw std::runtime_error("a column of an entry is null");
    return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

UsageEntry entryOf(std::span<sqlite3_value*> values) {
    UsageEntry entry;
    entry.merchant = MerchantId{textOf(values[0])};
    entry.number = sqlite3_value_int64(values[1]);
    entry.id = EntryId{textOf(values[2])};
    const std::optional<EntryKind> kind = entryKindFromText(textOf(values[3]));
    if (!kind || textOf(values[8]) != entryOutcomeText(*kind)) throw std::runtime_error("an entry is of no known kind");
    entry.kind = *kind;
    entry.units = sqlite3_value_int64(values[4]);
    entry.request = RequestId{textOf(values[5])};
    entry.key = KeyId{textOf(values[6])};
    entry.x_request_id = textOf(values[7]);
    entry.at = utc(sqlite3_value_int64(values[9]));
    entry.recorded_at = utc(sqlite3_value_int64(values[10]));
    entry.period = periodOf(sqlite3_value_int64(values[11]));
    if (values.size() > kArgumentCount && sqlite3_value_type(values[kArgumentCount]) != SQLITE_NULL) {
        const std::string plan_version = textOf(values[kArgumentCount]);
        const std::size_t at = plan_version.rfind('@');
        if (at == std::string::npos) throw std::runtime_error("an entry has a plan version without a number");
        entry.plan_version = PlanVersionId{PlanId{plan_version.substr(0, at)}, std::stoll(plan_version.substr(at + 1))};
    }
    return entry;
}

void call(sqlite3_context* context, int count, sqlite3_value** values) {
    auto& function = *static_cast<LedgerHashFunction*>(sqlite3_user_data(context));
    try {
        const ChainHash hash = function.next(entryOf({values, static_cast<std::size_t>(count)}));
        sqlite3_result_blob(context, hash.data(), static_cast<int>(hash.size()), SQLITE_TRANSIENT);
    } catch (const std::exception& failure) {
        sqlite3_result_error(context, failure.what(), -1);
    }
}

}  // namespace

LedgerHashFunction::LedgerHashFunction(SQLite::Database& database) : database_(database) {
    // DIRECTONLY: no trigger or view of the file can call it.
    for (const int count : {kArgumentCount, kArgumentCount + 1}) {
        const int verdict = sqlite3_create_function_v2(
            database.getHandle(), kName, count, SQLITE_UTF8 | SQLITE_DIRECTONLY, this, call, nullptr, nullptr, nullptr);
        if (verdict != SQLITE_OK) throw SQLite::Exception{database.getHandle(), verdict};
    }
}

LedgerHashFunction::~LedgerHashFunction() {
    for (const int count : {kArgumentCount, kArgumentCount + 1}) {
        sqlite3_create_function_v2(database_.getHandle(), kName, count, SQLITE_UTF8, nullptr, nullptr, nullptr, nullptr,
                                   nullptr);
    }
}

ChainHash LedgerHashFunction::next(const UsageEntry& entry) {
    End& end = ends_[entry.merchant];
    if (entry.number != end.number + 1) {
        throw std::runtime_error("entry " + std::to_string(entry.number) + " of " + entry.merchant.text() +
                                 " comes after entry " + std::to_string(end.number));
    }
    end = {entry.number, chainHash(end.hash, entry)};
    return end.hash;
}

}  // namespace tenants::sqlite
