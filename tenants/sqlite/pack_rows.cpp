#include "tenants/sqlite/pack_rows.h"

#include <cstdint>
#include <limits>
#include <string>

#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

constexpr const char* kColumns =
    "SELECT pack.row, pack.id, merchant.id, units, price_micro_yuan, used, held, starts_ms, expires_ms,"
    " pack.created_ms, note, warned_percent FROM pack JOIN merchant ON merchant.row = merchant_row WHERE merchant.id = "
    ":merchant";
constexpr const char* kOne = " AND pack.id = :id";
constexpr const char* kPage = " AND pack.row < :before ORDER BY pack.row DESC LIMIT :count";

Pack packOf(const Query& row) {
    Pack pack;
    pack.id = PackId{row.text(1)};
    pack.merchant = MerchantId{row.text(2)};
    pack.units = row.number(3);
    pack.price = Money{row.number(4)};
    pack.used = row.number(5);
    pack.held = row.number(6);
    pack.starts_at = row.time(7);
    pack.expires_at = row.time(8);
    pack.created_at = row.time(9);
    pack.note = row.text(10);
    pack.warned_percent = row.number(11);
    return pack;
}

}  // namespace

std::optional<Pack> findPack(SQLite::Database& database, const MerchantId& merchant, const PackId& pack) {
    PreparedStatement select{database, std::string{kColumns} + kOne};
    Query row{select};
    row.bind(":merchant", merchant).bind(":id", pack);
    return row.next() ? std::optional{packOf(row)} : std::nullopt;
}

std::vector<Pack> listPacks(SQLite::Database& database, const MerchantId& merchant, const std::optional<PackId>& before,
                            std::size_t count) {
    std::int64_t before_row = std::numeric_limits<std::int64_t>::max();
    if (before) {
        PreparedStatement select{database, std::string{kColumns} + kOne};
        Query row{select};
        row.bind(":merchant", merchant).bind(":id", *before);
        if (!row.next()) return {};
        before_row = row.number(0);
    }
    PreparedStatement select{database, std::string{kColumns} + kPage};
    Query row{select};
    row.bind(":merchant", merchant).bind(":before", before_row).bind(":count", static_cast<std::int64_t>(count));
    std::vector<Pack> packs;
    while (row.next()) packs.push_back(packOf(row));
    return packs;
}

}  // namespace tenants::sqlite
