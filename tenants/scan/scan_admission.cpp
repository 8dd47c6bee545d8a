#include "tenants/scan/scan_admission.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tenants {
namespace {

constexpr std::chrono::seconds kTryAgainAfter{1};    // where nobody can say when room will be
constexpr std::chrono::seconds kOthersLingerFor{1};  // after a visit of another merchant
constexpr std::size_t kShareOfCrowded = 8;
// Who wakes so much too late is behind with its work, or gets no processor. The kernel's own rounding is 1 ms.
constexpr std::chrono::microseconds kCrowdedLag{3'000};
// Beyond it the processor is what is short: more work at once makes each wait longer and nothing faster.
constexpr std::chrono::microseconds kLagWithAllPlaces{5'000};
constexpr std::size_t kPlacesLeast = 64;        // fewer would leave processors idle between one wait and the next
constexpr std::size_t kShareOfPlacesLeast = 2;  // what many good clients together need is no overload
constexpr std::size_t kShareOfRepeats = 8;      // beside the others: bodies that are read for what may be no repeat
constexpr std::string_view kNotTried = "WeChat does not answer at the moment; the request was not tried.";
constexpr std::int64_t kRateMax = 1'000'000;  // a second: beyond it a plan limits nothing

std::size_t inFlightLimit(const PlanTerms* plan) {
    const auto limit = plan != nullptr ? plan->in_flight_limit : std::nullopt;
    return limit ? static_cast<std::size_t>(*limit) : std::numeric_limits<std::size_t>::max();
}

std::size_t shareOf(const ScanLimits& limits, std::size_t part) {
    return std::max<std::size_t>(1, limits.merchant_in_flight_max / part);
}

/// A second's worth may come at once.
TokenBucket::Rate rateOf(std::int64_t per_second) {
    const auto rate = static_cast<std::uint32_t>(std::min(per_second, kRateMax));
    return {rate, rate};
}

}  // namespace

/// What is remembered of one merchant's traffic.
struct ScanAdmission::Merchant {
    Merchant(const ScanLimits& limits, MerchantId its_id)
        : id(std::move(its_id)),
          breaker(limits.merchant_breaker,
                  [this, &limits](CircuitBreaker::State state) {
                      if (limits.on_breaker_change) limits.on_breaker_change({&id, state});
                  }),
          bucket(limits.merchant_rate) {}
    Merchant(const Merchant&) = delete;
    Merchant& operator=(const Merchant&) = delete;

    const MerchantId id;
    std::atomic<std::size_t> in_flight{0};
    std::atomic<std::size_t> repeating{0};
    std::atomic<std::size_t> running{0};
    CircuitBreaker breaker;
    std::mutex mutex;  // of the buckets
    TokenBucket bucket;
    TokenBucket plan_bucket{TokenBucket::Rate{}};
};

ScanAdmission::Permit::~Permit() {
    if (!merchant_) return;
    if (runs_) merchant_->running.fetch_sub(1, std::memory_order_relaxed);
    (refusal_ ? merchant_->repeating : merchant_->in_flight).fetch_sub(1, std::memory_order_relaxed);
}

ScanAdmission::Place::Place(Place&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)),
      merchant_(std::move(other.merchant_)),
      upstream_pass_(other.upstream_pass_),
      merchant_pass_(other.merchant_pass_),
      outcome_(other.outcome_) {}

ScanAdmission::Place::~Place() {
    if (admission_ == nullptr) return;
    admission_->conclude(*this);
    admission_->upstream_in_flight_.fetch_sub(1, std::memory_order_relaxed);
}

ScanAdmission::ScanAdmission(ScanLimits limits, const Clock& clock)
    : limits_(std::move(limits)),
      clock_(clock),
      upstream_breaker_(limits_.upstream_breaker,
                        [this](CircuitBreaker::State state) {
                            if (limits_.on_breaker_change) limits_.on_breaker_change({nullptr, state});
                        }),
      repeats_(limits_.repeats) {}

ScanAdmission::~ScanAdmission() = default;

Result<ScanAdmission::Permit> ScanAdmission::enter(const MerchantId& id, bool may_repeat) {
    auto found = merchantOf(id);
    Merchant& merchant = *found;
    const std::size_t before = merchant.in_flight.fetch_add(1, std::memory_order_relaxed);
    Permit permit{std::move(found)};
    const SteadyTime now = clock_.steady();
    noteVisit(merchant, now);
    const PlanTerms* const plan = limits_.plan_of ? limits_.plan_of(id) : nullptr;
    if (std::optional<Error> no_room = noRoomFor(merchant, plan, before, now)) {
        if (!may_repeat) return *std::move(no_room);
        const std::size_t repeating = merchant.repeating.fetch_add(1, std::memory_order_relaxed);
        merchant.in_flight.fetch_sub(1, std::memory_order_relaxed);
        permit.refusal_ = std::make_unique<const Error>(*std::move(no_room));
        if (repeating >= shareOf(limits_, kShareOfRepeats)) return *permit.refusal_;
    }
    if (auto kept = keepRates(merchant, plan, now); !kept) return std::move(kept).error();
    if (!permit.refusal_) repeats_.payIn();
    return permit;
}

std::optional<Error> ScanAdmission::noRoomFor(const Merchant& merchant, const PlanTerms* plan, std::size_t in_flight,
                                              SteadyTime now) const {
    if (in_flight >= std::min(limits_.merchant_in_flight_max, inFlightLimit(plan))) {
        return refusal(ErrorCode::kRateLimited, "Too many scans at once.", "merchant_in_flight_full",
                       now + kTryAgainAfter);
    }
    if (auto open = upstreamOpenTo(merchant); !open) return std::move(open).error();
    const std::size_t at_upstream = upstream_in_flight_.load(std::memory_order_relaxed);
    if (at_upstream >= std::min(kPlacesLeast, limits_.upstream_in_flight_max) && at_upstream >= placesNow()) {
        const bool late = at_upstream < limits_.upstream_in_flight_max;
        return refusal(ErrorCode::kUpstreamBusy, "Too many scans are under way.",
                       late ? "loops_late" : "upstream_in_flight_full", now + kTryAgainAfter);
    }
    return std::nullopt;
}

Result<Done> ScanAdmission::keepRates(Merchant& merchant, const PlanTerms* plan, SteadyTime now) const {
    const bool plan_has_rate = plan != nullptr && plan->per_second_limit;
    if (limits_.merchant_rate.per_second == 0 && !plan_has_rate) return Done{};
    const std::scoped_lock lock{merchant.mutex};
    // The plan's first: where it refuses, nothing was taken from the other one.
    if (plan_has_rate) merchant.plan_bucket.setRate(rateOf(*plan->per_second_limit));
    std::optional<SteadyTime> until = plan_has_rate ? merchant.plan_bucket.take(now) : std::nullopt;
    if (until) return refusal(ErrorCode::kRateLimited, "Too many scans a second.", "plan_rate", *until);
    until = merchant.bucket.take(now);
    if (until) return refusal(ErrorCode::kRateLimited, "Too many scans a second.", "merchant_rate", *until);
    return Done{};
}

void ScanAdmission::noteVisit(const Merchant& merchant, SteadyTime now) {
    if (last_visitor_.load(std::memory_order_relaxed) == &merchant) return;
    last_visitor_.store(&merchant, std::memory_order_relaxed);
    last_change_.store(now, std::memory_order_relaxed);
}

bool ScanAdmission::crowded() const {
    return limits_.lag && clock_.steady() - last_change_.load(std::memory_order_relaxed) < kOthersLingerFor &&
           limits_.lag() > kCrowdedLag;
}

/// As many fewer as the machine is later than it should be: where work is begun faster than it ends, the lag grows with what
/// is under way, so that both come to rest.
std::size_t ScanAdmission::placesNow() const {
    const std::size_t all = limits_.upstream_in_flight_max;
    const auto lag = limits_.lag ? limits_.lag() : std::chrono::microseconds{0};
    if (lag <= kLagWithAllPlaces) return all;
    const auto fitting =
        all * static_cast<std::size_t>(kLagWithAllPlaces.count()) / static_cast<std::size_t>(lag.count());
    return std::min(all, std::max({kPlacesLeast, all / kShareOfPlacesLeast, fitting}));
}

bool ScanAdmission::mayRun(Permit& permit) {
    if (permit.runs_ || permit.refusal_) return true;
    const std::size_t share = shareOf(limits_, kShareOfCrowded);
    std::atomic<std::size_t>& running = permit.merchant_->running;
    if (running.fetch_add(1, std::memory_order_relaxed) >= share && crowded()) {
        running.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    permit.runs_ = true;
    return true;
}

Result<ScanAdmission::Place> ScanAdmission::begin(const Permit& permit) {
    Merchant& merchant = *permit.merchant_;
    const SteadyTime now = clock_.steady();
    // First, so that a merchant that is refused anyway does not take the probe of all.
    if (auto open = upstreamOpenTo(merchant); !open) return std::move(open).error();
    if (upstream_in_flight_.fetch_add(1, std::memory_order_relaxed) >= limits_.upstream_in_flight_max) {
        upstream_in_flight_.fetch_sub(1, std::memory_order_relaxed);
        return refusal(ErrorCode::kUpstreamBusy, "Too many scans are under way.", "upstream_in_flight_full",
                       now + kTryAgainAfter);
    }
    Place place{*this, permit.merchant_};
    const auto upstream_pass = upstream_breaker_.begin(now);
    const auto merchant_pass = upstream_pass ? merchant.breaker.begin(now) : std::nullopt;
    if (upstream_pass) place.upstream_pass_ = *upstream_pass;
    if (merchant_pass) place.merchant_pass_ = *merchant_pass;
    if (!merchant_pass) {
        return refusal(ErrorCode::kUpstreamUnreachable, kNotTried, "breaker_probing", now + kTryAgainAfter);
    }
    return place;
}

/// Tells both breakers. One merchant's trouble is its own: once its breaker has opened, its failures say nothing about
/// WeChat as a whole, so that no merchant alone can stop the others.
void ScanAdmission::conclude(const Place& place) {
    const SteadyTime now = clock_.steady();
    CircuitBreaker& own = place.merchant_->breaker;
    switch (place.outcome_) {
        case Place::Outcome::kNone:
            own.abandoned(place.merchant_pass_);
            upstream_breaker_.abandoned(place.upstream_pass_);
            break;
        case Place::Outcome::kGood:
            own.succeeded(place.merchant_pass_, now);
            upstream_breaker_.succeeded(place.upstream_pass_, now);
            break;
        case Place::Outcome::kBad: {
            const bool counted = own.failed(place.merchant_pass_, now) && !place.merchant_pass_.probe;
            if (counted || place.upstream_pass_.probe) upstream_breaker_.failed(place.upstream_pass_, now);
            break;
        }
    }
}

Result<Done> ScanAdmission::upstreamOpenTo(const Merchant& merchant) const {
    const SteadyTime now = clock_.steady();
    const auto all_until = upstream_breaker_.refusedUntil(now);
    const auto own_until = merchant.breaker.refusedUntil(now);
    if (!all_until && !own_until) return Done{};
    return refusal(ErrorCode::kUpstreamUnreachable, kNotTried,
                   all_until ? "upstream_breaker_open" : "merchant_breaker_open",
                   std::max(all_until.value_or(now), own_until.value_or(now)));
}

std::shared_ptr<ScanAdmission::Merchant> ScanAdmission::merchantOf(const MerchantId& id) {
    Shard& shard = shards_[std::hash<MerchantId>{}(id) % kShards];
    const std::scoped_lock lock{shard.mutex};
    if (const auto known = shard.merchants.find(id); known != shard.merchants.end()) return known->second;
    if (shard.merchants.size() >= shard.tidy_at) {
        const SteadyTime now = clock_.steady();
        std::erase_if(shard.merchants, [now](const auto& entry) {
            if (entry.second.use_count() > 1) return false;
            Merchant& merchant = *entry.second;
            const std::scoped_lock quiet{merchant.mutex};
            return merchant.breaker.idle(now) && merchant.bucket.full(now) && merchant.plan_bucket.full(now);
        });
        // Tidied again when as many have come as stayed: the cost of it is shared by those who come.
        shard.tidy_at = std::max<std::size_t>(1024, 2 * shard.merchants.size());
    }
    return shard.merchants.emplace(id, std::make_shared<Merchant>(limits_, id)).first->second;
}

Error ScanAdmission::refusal(ErrorCode code, std::string_view text, std::string_view for_log, SteadyTime until) const {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - clock_.steady());
    return {.code = code,
            .for_caller = std::string{text},
            .for_log = std::string{for_log},
            .retry_at = clock_.now() + std::max(wait, std::chrono::milliseconds{0})};
}

ScanAdmission::Counts ScanAdmission::counts() const {
    Counts counts;
    counts.upstream_in_flight = upstream_in_flight_.load(std::memory_order_relaxed);
    counts.upstream = upstream_breaker_.state(clock_.steady());
    for (Shard& shard : shards_) {
        const std::scoped_lock lock{shard.mutex};
        counts.merchants += shard.merchants.size();
    }
    return counts;
}

}  // namespace tenants
