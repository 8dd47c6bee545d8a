#include "tenants/scan/trouble_step.h"

#include <algorithm>
#include <array>

#include "tenants/authorization/refresh_trouble.h"

namespace tenants {

namespace {

struct Row {
    std::string_view trouble;
    std::string_view step;
};

constexpr std::array kSteps{
    Row{"upstream_unreachable",
        "The gateway tries again by itself. If it stays, look at the network and the name service between here and "
        "WeChat."},
    Row{"upstream_timeout",
        "WeChat did not answer in time; the gateway tries again by itself. If it stays, look at the network."},
    Row{"upstream_busy", "WeChat says that it is busy; the gateway tries again by itself."},
    Row{"platform_rate_limited",
        "The platform makes more calls a minute than WeChat allows; the gateway tries again by itself in a minute."},
    Row{kTroubleReauthorizationNeeded,
        "WeChat knows none of the merchant's refresh tokens and tells no other: send the merchant a new authorization "
        "link."},
    Row{kTroubleRefusedThoughListed,
        "WeChat refuses the account and lists it as ours all the same: send the merchant a new authorization link; if "
        "that does not help, ask WeChat."},
    Row{kTroubleAccountLimited, "WeChat froze or closed the account: the merchant has to settle that with WeChat."},
    Row{"platform_quota_exceeded",
        "The platform's own quota of component calls is used up for today: wait for midnight in Beijing, or reset it "
        "in WeChat's console."},
    Row{"address_not_allowed",
        "WeChat does not take calls from this machine's address: add it to the platform's IP list in WeChat's "
        "console."},
    Row{"component_secret_refused",
        "WeChat does not take the platform's secret: compare component.secret with WeChat's console."},
    Row{"component_refused",
        "WeChat does not take the platform's appid or any of its tokens: compare component.* with WeChat's console."},
    Row{"ticket_refused",
        "WeChat does not take the platform's ticket, and the gateway asks for another one. If none comes, check the "
        "events address in WeChat's console."},
    Row{"store_unavailable", "The new token could not be stored: see /readyz and the disk."},
    Row{"upstream_refused",
        "WeChat refused for a reason that the gateway does not know: its number stands in the log at "
        "merchant_token_trouble."},
};

constexpr std::string_view kOtherStep = "The log says more at merchant_token_trouble.";

}  // namespace

std::string_view stepOfTrouble(std::string_view trouble) {
    const auto* const row = std::ranges::find(kSteps, trouble, &Row::trouble);
    return row == kSteps.end() ? kOtherStep : row->step;
}

}  // namespace tenants
