#include "gateway/app/component_upkeep.h"

#include <cstdint>

namespace gateway::app {

using Change = tenants::TicketWatch::Change;

ComponentUpkeep::ComponentUpkeep(const Domain& domain, const tenants::Clock& clock, log::Log& log,
                                 const Settings& settings)
    : component_(domain.component),
      tokens_(domain.tokens),
      log_(log),
      ticket_(domain.platform, domain.authorizations, clock, settings.ticket),
      renewal_(domain.tokens, domain.authorizations, clock, settings.renewal),
      reconciliation_(domain.tokens, domain.grants, domain.authorizations, domain.reports, clock,
                      settings.reconciliation) {}

void ComponentUpkeep::stop() noexcept {
    renewal_.stop();
    reconciliation_.stop();
}

tenants::Task<void> ComponentUpkeep::watchTicket() {
    const auto report = co_await ticket_.check();
    if (report.change == Change::kLate) {
        log_.warning("ticket_late",
                     {{"component", component_.text()},
                      {"age_s", std::chrono::floor<std::chrono::seconds>(ticket_.health().age).count()}});
    }
    if (report.change == Change::kArrived) log_.info("ticket_arrived", {{"component", component_.text()}});
    if (report.asked && !report.failure) log_.info("ticket_push_requested", {{"component", component_.text()}});
    if (report.failure) {
        log_.warning("ticket_push_request_failed", {{"component", component_.text()},
                                                    {"code", tenants::stableCode(report.failure->code)},
                                                    {"detail", report.failure->for_log}});
    }
}

tenants::Task<void> ComponentUpkeep::renewTokens() {
    const auto report = co_await renewal_.renewDue();
    logTroubles();
    if (report.due == 0) co_return;
    log_.debug("tokens_renewed", {{"component", component_.text()},
                                  {"due", static_cast<std::int64_t>(report.due)},
                                  {"renewed", static_cast<std::int64_t>(report.renewed)},
                                  {"failed", static_cast<std::int64_t>(report.failed)},
                                  {"left", static_cast<std::int64_t>(report.left)}});
}

void ComponentUpkeep::logTroubles() {
    for (const tenants::TroubleChange& change : tokens_.takeTroubleChanges()) {
        const bool component = change.merchant.empty();
        const log::Level level = change.now.empty() ? log::Level::kInfo : log::Level::kWarning;
        log_.write(level, component ? "component_token_trouble" : "merchant_token_trouble",
                   {{"component", component_.text()},
                    {"merchant", change.merchant.text()},
                    {"before", change.before},
                    {"now", change.now},
                    {"detail", change.detail}});
    }
}

tenants::Task<void> ComponentUpkeep::reconcile() {
    const auto step = co_await reconciliation_.advance();
    if (!step) {
        log_.error("reconciliation_not_stored", {{"component", component_.text()}, {"detail", step.error().for_log}});
        co_return;
    }
    if (!*step) co_return;
    const tenants::ReconciliationReport& report = **step;
    const bool failed = report.state == tenants::ReconciliationReport::State::kFailed;
    const log::Level level = failed || report.differences_total > 0 ? log::Level::kWarning : log::Level::kInfo;
    log_.write(level, "reconciliation_ended",
               {{"component", component_.text()},
                {"reconciliation", report.id.text()},
                {"state", tenants::reconciliationStateText(report.state)},
                {"checked", report.checked},
                {"differences", report.differences_total},
                {"code", report.error}});
}

}  // namespace gateway::app
