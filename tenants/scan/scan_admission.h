#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "tenants/base/circuit_breaker.h"
#include "tenants/base/clock.h"
#include "tenants/base/ids.h"
#include "tenants/base/result.h"
#include "tenants/base/retry_budget.h"
#include "tenants/base/token_bucket.h"
#include "tenants/billing/plan.h"

namespace tenants {

/// That calls are stopped, tried or made again.
struct BreakerChange {
    const MerchantId* merchant;  // whose calls; null: everybody's
    CircuitBreaker::State state;
};

/// How much of the gateway one merchant, and all together, may take.
struct ScanLimits {
    std::size_t merchant_in_flight_max = 64;  // from a request's head until its answer is made
    TokenBucket::Rate merchant_rate = {};     // requests; none by default
    std::size_t upstream_in_flight_max = 512;
    CircuitBreaker::Settings merchant_breaker = {.failures = 20};
    CircuitBreaker::Settings upstream_breaker = {.failures = 60};
    RetryBudget::Settings repeats = {.percent = 10, .saved_max = 128, .rate = {64, 128}};
    /// How late the machine is with its work. Asked often, from any thread. Null: it keeps up.
    std::function<std::chrono::microseconds()> lag = {};
    /// What the plan says that counts for the merchant now, null for no plan: its limits a second and at once count beside
    /// these. Asked with each request, from any thread. Null: there are no plans.
    std::function<const PlanTerms*(const MerchantId& merchant)> plan_of = {};
    /// Hears each change of a breaker once. On any thread, under the breaker's lock: must not block.
    std::function<void(const BreakerChange& change)> on_breaker_change = {};
};

/// Refuses early what could not be served, so that a noisy merchant, or one whose calls hang, slows nobody but itself.
/// Any thread. A scan costs one look-up under one of many locks, and some atomic counts.
class ScanAdmission {
    struct Merchant;

public:
    ScanAdmission(ScanLimits limits, const Clock& clock);
    ~ScanAdmission();
    ScanAdmission(const ScanAdmission&) = delete;
    ScanAdmission& operator=(const ScanAdmission&) = delete;

    /// One request that was let in, counted until this ends.
    class Permit {
    public:
        Permit(Permit&& other) noexcept
            : merchant_(std::move(other.merchant_)),
              runs_(std::exchange(other.runs_, false)),
              refusal_(std::move(other.refusal_)) {}
        Permit& operator=(Permit&&) = delete;
        ~Permit();
        /// What a request hears that was let in only because it may be a repeat, unless it is one; null: it may scan.
        const Error* refusalUnlessRepeat() const noexcept { return refusal_.get(); }

    private:
        friend class ScanAdmission;
        explicit Permit(std::shared_ptr<Merchant> merchant) noexcept : merchant_(std::move(merchant)) {}

        std::shared_ptr<Merchant> merchant_;
        bool runs_ = false;
        std::unique_ptr<const Error> refusal_;
    };

    /// One scan's place among the upstream calls; ends when its calls have ended.
    class Place {
    public:
        Place(Place&& other) noexcept;
        Place& operator=(Place&&) = delete;
        ~Place();
        /// Whether the latest call ended in order: with a whole answer that is not "busy". Of several calls the last counts,
        /// and without one nothing was learnt.
        void note(bool in_order) noexcept { outcome_ = in_order ? Outcome::kGood : Outcome::kBad; }

    private:
        friend class ScanAdmission;
        enum class Outcome { kNone, kGood, kBad };
        Place(ScanAdmission& admission, std::shared_ptr<Merchant> merchant) noexcept
            : admission_(&admission), merchant_(std::move(merchant)) {}

        ScanAdmission* admission_;  // null: moved from
        std::shared_ptr<Merchant> merchant_;
        CircuitBreaker::Pass upstream_pass_;
        CircuitBreaker::Pass merchant_pass_;
        Outcome outcome_ = Outcome::kNone;
    };

    /// Before a request's body is read. kRateLimited: too many of this merchant's at once, or too fast. kUpstreamBusy: all places
    /// are taken, of which there are fewer while the machine is late. kUpstreamUnreachable: WeChat does not answer, this merchant or nobody. All with the time to try again.
    /// `may_repeat`: the request may ask for an outcome that is known already, which takes no call. Where it is refused for want
    /// of room or of an upstream, and not for the rate, some of a merchant are let in for that alone: see Permit.
    Result<Permit> enter(const MerchantId& merchant, bool may_repeat = false);
    /// Whether a request that was let in may be worked on now; asked again where not. Where the machine is behind and other
    /// merchants want something of it as well, an eighth of what a merchant may have at once is worked on, and the rest of it
    /// waits: a queue that everybody stands in would be mostly that merchant's.
    bool mayRun(Permit& permit);
    /// Before the hold. kUpstreamBusy and kUpstreamUnreachable, as above.
    Result<Place> begin(const Permit& permit);
    /// Whether a call that WeChat refused for its token may be made once more.
    bool mayRepeat() { return repeats_.take(clock_.steady()); }

    /// What it counts, for metrics and tests.
    struct Counts {
        std::uint64_t upstream_in_flight = 0;
        std::uint64_t merchants = 0;  // that are remembered
        CircuitBreaker::State upstream = CircuitBreaker::State::kClosed;
    };
    Counts counts() const;

private:
    static constexpr std::size_t kShards = 32;
    struct Shard {
        std::mutex mutex;
        std::unordered_map<MerchantId, std::shared_ptr<Merchant>> merchants;
        std::size_t tidy_at = 1024;
    };

    std::shared_ptr<Merchant> merchantOf(const MerchantId& id);
    void noteVisit(const Merchant& merchant, SteadyTime now);
    bool crowded() const;
    std::size_t placesNow() const;
    Result<Done> upstreamOpenTo(const Merchant& merchant) const;
    std::optional<Error> noRoomFor(const Merchant& merchant, const PlanTerms* plan, std::size_t in_flight,
                                   SteadyTime now) const;
    Result<Done> keepRates(Merchant& merchant, const PlanTerms* plan, SteadyTime now) const;
    void conclude(const Place& place);
    Error refusal(ErrorCode code, std::string_view text, std::string_view for_log, SteadyTime until) const;

    const ScanLimits limits_;
    const Clock& clock_;
    CircuitBreaker upstream_breaker_;
    RetryBudget repeats_;
    std::atomic<std::size_t> upstream_in_flight_{0};
    std::atomic<const Merchant*> last_visitor_{nullptr};  // only compared: it may be gone
    std::atomic<SteadyTime> last_change_{SteadyTime{}};   // of the visitor
    mutable std::array<Shard, kShards> shards_;
};

}  // namespace tenants
