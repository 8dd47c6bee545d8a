#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "tenants/authorization/component_platform.h"
#include "tenants/merchant/merchant_store.h"
#include "tenants/scan/upstream.h"
#include "tenants/usage/upstream_days.h"

namespace tenants {

/// Hears WeChat's last word on each merchant's quota before its day turns: WeChat tells today's numbers only. In the last
/// hour every merchant that scanned that day is asked for once, in small steps; who could not be asked, again a while
/// later. What is told is kept and changes no limit. Safe from any thread.
class UpstreamWordWatch {
public:
    struct Settings {
        std::chrono::hours turns_at{0};  // Beijing hour at which WeChat's quota turns
        std::chrono::minutes lead{60};   // before the end of the day
        std::chrono::minutes quiet{1};   // and not in the very last: the answer could be of the next day
        std::size_t per_step = 20;       // merchants, one call of WeChat's each
        std::size_t at_once = 4;
        std::chrono::minutes pause{10};  // before those that were missed are asked for again
        std::chrono::milliseconds call_max{8000};
    };
    struct Report {
        std::int64_t asked = 0;
        std::int64_t heard = 0;
    };
    UpstreamWordWatch(UpstreamDays& days, const MerchantStore& merchants, const ComponentPlatforms& platforms,
                      OcrUpstream& upstream, const Clock& clock, Settings settings)
        : days_(days),
          merchants_(merchants),
          platforms_(platforms),
          upstream_(upstream),
          clock_(clock),
          settings_(settings) {}

    /// One step. Asks nobody where the day does not end soon, and while another step is under way. kStoreUnavailable.
    Task<Result<Report>> step();
    /// Asks nobody from now on: a step that is under way ends with the calls that it has in flight.
    void stop() noexcept { stopped_ = true; }

private:
    struct Step;

    bool isDue(UtcTime now) const;
    Task<void> askFrom(Step& step);
    Task<bool> ask(const UnheardMerchant& due);

    UpstreamDays& days_;
    const MerchantStore& merchants_;
    const ComponentPlatforms& platforms_;
    OcrUpstream& upstream_;
    const Clock& clock_;
    const Settings settings_;
    std::atomic<bool> stepping_{false};
    std::atomic<bool> stopped_{false};
    std::int64_t after_ = 0;                     // this and what follows: of the one step
    SteadyTime next_round_ = SteadyTime::min();  // not before
};

}  // namespace tenants
