#include "gateway/admin/statement_page.h"

#include <string_view>

#include "tenants/base/digest.h"

namespace gateway::admin {
namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:14px/1.5 "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1c1c1c;max-width:52rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .2rem}h2{font-size:1rem;margin:1.6rem 0 .4rem}.en{color:#5d5d5d;font-weight:normal}
table{border-collapse:collapse;width:100%}th,td{padding:.35rem .5rem;border-bottom:1px solid #d8d8d8;text-align:left;vertical-align:top}
th{border-bottom:2px solid #1c1c1c;font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tfoot td{border-top:2px solid #1c1c1c;border-bottom:0;font-weight:600;font-size:1.1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}dt{color:#5d5d5d}dd{margin:0;overflow-wrap:anywhere}
code{font:12px/1.4 monospace;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}
</style>)";

std::string escaped(std::string_view text) {
    std::string out;
    for (const char letter : text) {
        switch (letter) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += letter;
        }
    }
    return out;
}

/// A label in both languages.
std::string both(std::string_view chinese, std::string_view english) {
    return std::string{chinese} + " <span class=\"en\">" + std::string{english} + "</span>";
}

std::string kindName(tenants::LineKind kind) {
    switch (kind) {
        case tenants::LineKind::kUsage: return both("识别", "Scans");
        case tenants::LineKind::kCorrection: return both("更正（已结账期）", "Correction of a closed period");
        case tenants::LineKind::kPurchase: return both("预付包", "Prepaid pack");
        case tenants::LineKind::kMinimum: return both("补足月最低消费", "Raised to the monthly minimum");
        case tenants::LineKind::kRounding: return both("舍入到分", "Rounding to whole fen");
    }
    return {};
}

std::string priceName(const tenants::StatementLine& line) {
    if (!tenants::isOwnCharge(line.kind)) {
        if (line.pack) return both("由预付包抵扣", "paid by pack") + " <code>" + escaped(line.pack->text()) + "</code>";
        if (!line.plan_version) return both("无套餐", "no plan");
        if (line.tier > 0) return both("第 " + std::to_string(line.tier) + " 档", "tier " + std::to_string(line.tier));
        return line.kind == tenants::LineKind::kUsage ? both("套餐内含", "included") : std::string{};
    }
    return line.pack ? "<code>" + escaped(line.pack->text()) + "</code>" : std::string{};
}

/// Yuan with the digits that there are, at least two places.
std::string yuan(tenants::Money money) {
    std::string text = tenants::yuanText(money);
    while (text.back() == '0' && text[text.size() - 3] != '.') text.pop_back();
    return text;
}

void appendFact(std::string& out, const std::string& name, const std::string& value) {
    out += "<dt>" + name + "</dt><dd>" + value + "</dd>\n";
}

void appendHead(std::string& out, const tenants::Statement& statement) {
    out += kHead;
    out += "<title>" + escaped(statement.number()) + "</title></head><body>\n";
    out += "<h1>" + both("对账单", "Statement") + "</h1><dl>\n";
    appendFact(out, both("编号", "Number"), escaped(statement.number()));
    appendFact(out, both("账期", "Period"), escaped(statement.period.text()) + both("（北京时间）", "Beijing time"));
    appendFact(out, both("开具方", "Issuer"), escaped(statement.issuer));
    appendFact(out, both("客户", "Merchant"),
               escaped(statement.merchant_name) + " <code>" + escaped(statement.merchant.text()) + "</code>");
    appendFact(out, both("结账时间", "Closed at"), escaped(tenants::rfc3339(statement.closed_at)));
    out += "</dl>\n";
}

void appendLines(std::string& out, const tenants::Statement& statement) {
    out += "<h2>" + both("明细", "Lines") + "</h2><table><thead><tr><th>" + both("项目", "Item") + "</th><th>" +
           both("套餐", "Plan") + "</th><th>" + both("价格", "Price") + "</th><th class=\"n\">" +
           both("单价", "Unit price") + "</th><th class=\"n\">" + both("数量", "Units") + "</th><th class=\"n\">" +
           both("金额", "Amount") + "</th></tr></thead><tbody>\n";
    for (const tenants::StatementLine& line : statement.lines) {
        const bool own = tenants::isOwnCharge(line.kind);
        out += "<tr><td>" + kindName(line.kind) + "</td><td>" +
               (line.plan_version ? escaped(line.plan_version->text()) : std::string{}) + "</td><td>" +
               priceName(line) + "</td><td class=\"n\">" + (own ? std::string{} : yuan(line.unit_price)) +
               "</td><td class=\"n\">" + (own ? std::string{} : std::to_string(line.units)) + "</td><td class=\"n\">" +
               yuan(line.amount) + "</td></tr>\n";
    }
    out += "</tbody><tfoot><tr><td colspan=\"5\">" + both("应付金额（人民币元）", "Payable, CNY") +
           "</td><td class=\"n\">" + yuan(statement.payable()) + "</td></tr></tfoot></table>\n";
}

void appendLate(std::string& out, const tenants::Statement& statement) {
    if (statement.late.empty()) return;
    out += "<h2>" + both("以前账期的识别，本期入账", "Scans of earlier periods, entered in this one") +
           "</h2><table><thead><tr><th>" + both("识别日", "Day of the scan") + "</th><th class=\"n\">" +
           both("笔数", "Entries") + "</th><th class=\"n\">" + both("数量", "Units") + "</th><th class=\"n\">" +
           both("账目号", "Entry numbers") + "</th></tr></thead><tbody>\n";
    for (const tenants::LateDay& late : statement.late) {
        out += "<tr><td>" + tenants::beijingDate(late.day_starts) + "</td><td class=\"n\">" +
               std::to_string(late.entries) + "</td><td class=\"n\">" + std::to_string(late.units) +
               "</td><td class=\"n\">" + std::to_string(late.first_number) + "–" + std::to_string(late.last_number) +
               "</td></tr>\n";
    }
    out += "</tbody></table>\n";
}

void appendHolds(std::string& out, const tenants::Statement& statement) {
    out += "<h2>" + both("未计费", "Not billed") + "</h2><dl>\n";
    appendFact(out, both("已退回的识别", "Scans given back"), std::to_string(statement.holds.released));
    appendFact(out, both("结果未知的识别", "Scans of unknown outcome"), std::to_string(statement.holds.pending));
    for (const tenants::PendingHold& hold : statement.holds.named) {
        appendFact(out, escaped(tenants::rfc3339(hold.at)),
                   "<code>" + escaped(hold.request.text()) + "</code> " + escaped(tenants::holdStateText(hold.state)));
    }
    out += "</dl>\n";
}

void appendProof(std::string& out, const tenants::SignedStatement& signed_statement) {
    const tenants::Statement& statement = signed_statement.statement;
    out += "<h2>" + both("凭证", "Proof") + "</h2><dl>\n";
    if (statement.last_number) {
        appendFact(out, both("账目", "Ledger entries"),
                   std::to_string(*statement.first_number) + "–" + std::to_string(*statement.last_number) + " (" +
                       std::to_string(statement.entries()) + ")");
        appendFact(out, both("链哈希", "Chain hash"), "<code>" + tenants::hexText(statement.chain_hash) + "</code>");
    }
    appendFact(out, both("签名密钥", "Key"), "<code>" + escaped(signed_statement.key.id) + "</code>");
    appendFact(out, both("签名", "Signature (Ed25519)"),
               "<code>" + tenants::hexText(signed_statement.signature) + "</code>");
    out += "</dl>\n";
}

}  // namespace

std::string statementPage(const tenants::SignedStatement& signed_statement) {
    std::string out;
    appendHead(out, signed_statement.statement);
    appendLines(out, signed_statement.statement);
    appendLate(out, signed_statement.statement);
    appendHolds(out, signed_statement.statement);
    appendProof(out, signed_statement);
    out += "</body></html>\n";
    return out;
}

}  // namespace gateway::admin
