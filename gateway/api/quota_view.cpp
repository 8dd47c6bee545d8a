#include "gateway/api/quota_view.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tenants/billing/quota_outlook.h"

namespace gateway::api {
namespace {

std::int64_t secondsUp(std::chrono::milliseconds span) {
    return std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(span).count());
}

void appendItem(std::string& list, const std::string& item) {
    if (!list.empty()) list += ", ";
    list += item;
}

}  // namespace

tenants::Task<std::vector<tenants::WindowView>> QuotaView::windowsOf(tenants::MerchantId merchant,
                                                                     tenants::UtcTime now) const {
    const auto known = merchants_.find(merchant);
    if (known == nullptr) co_return std::vector<tenants::WindowView>{};
    auto open = co_await workers_.run([&] { return ledger_.openWindows(merchant, now); });
    const tenants::PlanVersion* const plan = plans_.inForce(merchant, now);
    co_return tenants::quotaOutlook(std::move(open), *known, plan, now, upstream_day_turns_at_);
}

void setRateLimitFields(http::Headers& headers, const std::vector<tenants::WindowView>& windows, tenants::UtcTime now) {
    std::string policies;
    std::string limits;
    for (const tenants::WindowView& window : windows) {
        if (!window.limit) continue;
        const std::string name = '"' + window.policy + '"';  // policy names hold nothing that would be escaped
        const std::int64_t left = std::max<std::int64_t>(0, *window.limit - window.used - window.held);
        appendItem(policies, name + ";q=" + std::to_string(*window.limit) +
                                 ";w=" + std::to_string(secondsUp(window.span.ends - window.span.starts)));
        appendItem(limits,
                   name + ";r=" + std::to_string(left) + ";t=" + std::to_string(secondsUp(window.span.ends - now)));
    }
    if (policies.empty()) return;
    headers.set("RateLimit-Policy", policies);
    headers.set("RateLimit", limits);
}

}  // namespace gateway::api
