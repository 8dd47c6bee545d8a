#include "tenants/billing/json_lines_format.h"

#include "tenants/base/digest.h"
#include "tenants/base/json_text.h"

namespace tenants {
namespace {

std::optional<std::string> kept(const std::optional<std::string_view>& text) {
    return text ? std::optional{std::string{*text}} : std::nullopt;
}

std::optional<std::string> unlessEmpty(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional{std::string{text}};
}

}  // namespace

std::vector<ExportColumn> JsonLinesFormat::columns() const {
    return {entryColumns().begin(), entryColumns().end()};
}

void JsonLinesFormat::entry(const PricedEntry& priced, ExportText& out) {
    row(fieldsOf(priced, accounts_.find(priced.entry.merchant, priced.entry.period)), out);
}

void JsonLinesFormat::charge(const Statement& statement, const StatementLine& line, ExportText& out) {
    row(fieldsOf(statement, line, statement.number()), out);
}

void JsonLinesFormat::row(const EntryFields& fields, ExportText& out) {
    std::optional<std::string> scanned_at;
    if (fields.scanned_at) scanned_at = times_.utc(*fields.scanned_at);
    std::optional<std::string> hash;
    if (fields.hash != nullptr) hash = hexText(*fields.hash);
    JsonObject object{out.bytes};
    object.add("merchant_id", fields.merchant)
        .addOrNull("entry_number", fields.number)
        .addOrNull("entry_id", kept(fields.id))
        .add("kind", fields.kind)
        .add("units", fields.units)
        .addOrNull("scanned_at", scanned_at)
        .add("recorded_at", times_.utc(fields.recorded_at))
        .add("charge_day", times_.date(fields.charge_day))
        .add("period", fields.period.text())
        .addFlag("late", fields.late)
        .addOrNull("plan_version", fields.plan_version)
        .add("tier", fields.tier)
        .add("unit_price_micro_yuan", fields.unit_price.microYuan())
        .add("amount_micro_yuan", fields.amount.microYuan())
        .addOrNull("pack_id", kept(fields.pack))
        .addOrNull("corrects_number", fields.corrects)
        .addOrNull("reason", unlessEmpty(fields.reason))
        .addOrNull("request_id", kept(fields.request))
        .addOrNull("x_request_id", kept(fields.x_request_id))
        .addOrNull("key_id", kept(fields.key))
        .addOrNull("chain_hash", hash)
        .addOrNull("statement_number", unlessEmpty(fields.statement_number))
        .end();
    out.bytes.push_back('\n');
    ++out.rows;
    out.billed = out.billed.plus(fields.amount);
}

}  // namespace tenants
