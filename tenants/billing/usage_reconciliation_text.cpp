#include "tenants/base/json_text.h"
#include "tenants/billing/usage_reconciliation.h"

namespace tenants {
namespace {

void appendCauses(std::string& out, const UpstreamCauses& causes) {
    JsonObject object{out};
    object.add("not_recognised", causes.not_recognised)
        .add("unknown_holds", causes.unknown_holds)
        .add("waivers", causes.waivers)
        .add("corrections", causes.corrections)
        .add("settled_later", causes.settled_later)
        .add("packs", causes.packs)
        .add("used_elsewhere", causes.used_elsewhere)
        .add("tolerance", causes.tolerance)
        .add("unexplained", causes.unexplained)
        .end();
}

void appendCauses(std::string& out, const StatementCauses& causes) {
    JsonObject object{out};
    object.add("late_entries", causes.late_entries)
        .add("late_corrections", causes.late_corrections)
        .add("unexplained", causes.unexplained)
        .end();
}

void appendUpstream(std::string& out, const ReconciledDay& day) {
    JsonObject object{out};
    object.add("state", wordStateText(day.word));
    const std::optional<UpstreamWord>& word = day.day.word;
    object.addOrNull("used", word ? std::optional{word->told.used} : std::nullopt)
        .addOrNull("daily_limit", word ? std::optional{word->told.day_free} : std::nullopt)
        .addOrNull("heard_at", word ? std::optional{rfc3339(word->heard_at)} : std::nullopt)
        .addOrNull("difference", word ? std::optional{day.upstreamDifference()} : std::nullopt);
    if (day.causes) {
        appendCauses(object.begin("causes"), *day.causes);
    } else {
        object.addNull("causes");
    }
    object.end();
}

void appendStatement(std::string& out, const ReconciledDay& day) {
    JsonObject object{out};
    object.add("number", day.statement->number)
        .add("units", day.statement->units)
        .add("difference", day.statement->units - day.ledger.billed());
    appendCauses(object.begin("causes"), day.statement->causes);
    object.addFlag("agrees", day.statement->agrees).end();
}

}  // namespace

void appendJson(std::string& out, const ReconciledDay& day) {
    JsonObject object{out};
    object.add("merchant", day.day.merchant.text())
        .add("day", beijingDate(day.day.span.starts))
        .add("starts_at", rfc3339(day.day.span.starts))
        .add("ends_at", rfc3339(day.day.span.ends));
    JsonObject ledger{object.begin("ledger")};
    ledger.add("charges", day.ledger.charges)
        .add("not_recognised", day.notRecognised())
        .add("corrections", day.ledger.corrections)
        .add("waivers", day.ledger.waivers)
        .add("billed_units", day.ledger.billed())
        .add("unknown", day.day.unknown)
        .add("held", day.running())
        .add("released", day.day.released)
        .end();
    appendUpstream(object.begin("upstream"), day);
    if (day.statement) {
        appendStatement(object.begin("statement"), day);
    } else {
        object.addNull("statement");
    }
    object.end();
}

void appendJson(std::string& out, const UsageReconciliationTotals& totals) {
    JsonObject object{out};
    JsonObject days{object.begin("days")};
    days.add("all", totals.days)
        .add("last_word", totals.last_word)
        .add("open", totals.open)
        .add("stale", totals.stale)
        .add("missing", totals.missing)
        .end();
    JsonObject ledger{object.begin("ledger")};
    ledger.add("charges", totals.charges)
        .add("not_recognised", totals.not_recognised)
        .add("corrections", totals.corrections)
        .add("waivers", totals.waivers)
        .add("billed_units", totals.charges - totals.corrections)
        .add("unknown", totals.unknown)
        .add("held", totals.held)
        .add("released", totals.released)
        .end();
    JsonObject upstream{object.begin("upstream")};
    upstream.add("used", totals.upstream_used)
        .add("billed_units", totals.upstream_billed)
        .add("difference", totals.upstream_used - totals.upstream_billed);
    appendCauses(upstream.begin("causes"), totals.causes);
    upstream.end();
    JsonObject statement{object.begin("statement")};
    statement.add("days", totals.stated_days)
        .add("units", totals.stated_units)
        .add("billed_units", totals.stated_billed)
        .add("difference", totals.stated_units - totals.stated_billed)
        .add("days_not_agreeing", totals.disagreeing);
    appendCauses(statement.begin("causes"), totals.statement_causes);
    statement.end();
    object.end();
}

}  // namespace tenants
