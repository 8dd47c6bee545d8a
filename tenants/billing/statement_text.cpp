#include "tenants/billing/statement_text.h"

#include "tenants/base/digest.h"
#include "tenants/base/json_text.h"

namespace tenants {
namespace {

constexpr std::int64_t kFormat = 1;

std::optional<std::string> textOf(const std::optional<PlanVersionId>& version) {
    return version ? std::optional{version->text()} : std::nullopt;
}

std::optional<std::string> textOf(const std::optional<PackId>& pack) {
    return pack ? std::optional{pack->text()} : std::nullopt;
}

void appendEntries(std::string& out, const Statement& statement) {
    std::optional<std::string> hash;
    if (statement.last_number) hash = hexText(statement.chain_hash);
    JsonObject object{out};
    object.addOrNull("chain_hash", hash)
        .add("charges", statement.charges)
        .add("corrections", statement.corrections)
        .add("count", statement.entries())
        .addOrNull("first_number", statement.first_number)
        .addOrNull("last_number", statement.last_number)
        .add("waivers", statement.waivers)
        .end();
}

void appendHolds(std::string& out, const HoldTally& holds) {
    JsonObject object{out};
    object.add("pending", holds.pending);
    appendJsonArray(object.begin("pending_named"), holds.named, [](std::string& text, const PendingHold& hold) {
        JsonObject named{text};
        named.add("at", rfc3339(hold.at))
            .add("request_id", hold.request.text())
            .add("state", holdStateText(hold.state))
            .end();
    });
    object.add("released", holds.released).end();
}

void appendLate(std::string& out, const LateDay& late) {
    JsonObject object{out};
    object.add("day", beijingDate(late.day_starts))
        .add("entries", late.entries)
        .add("first_number", late.first_number)
        .add("last_number", late.last_number)
        .add("units", late.units)
        .end();
}

void appendLine(std::string& out, const StatementLine& line) {
    JsonObject object{out};
    object.add("amount_micro_yuan", line.amount.microYuan())
        .add("kind", lineKindText(line.kind))
        .addOrNull("pack_id", textOf(line.pack))
        .addOrNull("plan_version", textOf(line.plan_version))
        .add("tier", line.tier)
        .add("unit_price_micro_yuan", line.unit_price.microYuan())
        .add("units", line.units)
        .end();
}

}  // namespace

void appendLines(std::string& out, const std::vector<StatementLine>& lines) {
    appendJsonArray(out, lines, appendLine);
}

std::string canonicalText(const Statement& statement) {
    std::string out;
    JsonObject object{out};
    object.add("closed_at", rfc3339(statement.closed_at)).add("currency", "CNY");
    appendEntries(object.begin("entries"), statement);
    object.add("format", kFormat);
    appendHolds(object.begin("holds"), statement.holds);
    object.add("issuer", statement.issuer);
    appendJsonArray(object.begin("late"), statement.late, appendLate);
    appendLines(object.begin("lines"), statement.lines);
    object.add("merchant_id", statement.merchant.text())
        .add("merchant_name", statement.merchant_name)
        .add("number", statement.number())
        .add("payable_micro_yuan", statement.payable().microYuan())
        .add("period", statement.period.text())
        .add("period_ends_at", rfc3339(statement.period.ends()))
        .add("period_starts_at", rfc3339(statement.period.starts()))
        .end();
    return out;
}

std::string signedText(const SignedStatement& signed_statement) {
    std::string out;
    JsonObject object{out};
    object.begin("statement").append(canonicalText(signed_statement.statement));
    JsonObject signature{object.begin("signature")};
    signature.add("algorithm", "Ed25519")
        .add("key_id", signed_statement.key.id)
        .add("value", hexText(signed_statement.signature))
        .end();
    object.end();
    return out;
}

}  // namespace tenants
