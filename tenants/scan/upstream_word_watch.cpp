#include "tenants/scan/upstream_word_watch.h"

#include <utility>

#include "tenants/base/concurrently.h"
#include "tenants/base/flag_scope.h"

namespace tenants {

struct UpstreamWordWatch::Step {
    std::vector<UnheardMerchant> merchants;
    std::atomic<std::size_t> next{0};
    std::atomic<std::int64_t> asked{0};
    std::atomic<std::int64_t> heard{0};
};

Task<Result<UpstreamWordWatch::Report>> UpstreamWordWatch::step() {
    const FlagScope stepping{stepping_};
    if (stopped_ || !stepping.entered() || !isDue(clock_.now())) co_return Report{};
    if (after_ == 0 && clock_.steady() < next_round_) co_return Report{};
    auto due = co_await days_.unheard(clock_.now(), settings_.lead, after_, settings_.per_step);
    if (!due) co_return std::move(due).error();
    after_ = due->next.value_or(0);
    if (!due->next) next_round_ = clock_.steady() + settings_.pause;
    Step step{std::move(due->merchants)};
    std::vector<Task<void>> askers;
    for (std::size_t i = 0; i < settings_.at_once; ++i) askers.push_back(askFrom(step));
    co_await concurrently(std::move(askers));
    co_return Report{step.asked, step.heard};
}

bool UpstreamWordWatch::isDue(UtcTime now) const {
    const UtcTime ends = beijingDay(now, settings_.turns_at).ends;
    return now >= ends - settings_.lead && now < ends - settings_.quiet;
}

Task<void> UpstreamWordWatch::askFrom(Step& step) {
    while (!stopped_ && isDue(clock_.now())) {
        const std::size_t mine = step.next++;
        if (mine >= step.merchants.size()) co_return;
        ++step.asked;
        if (co_await ask(step.merchants[mine])) ++step.heard;
    }
}

Task<bool> UpstreamWordWatch::ask(const UnheardMerchant& due) {
    const auto known = merchants_.find(due.merchant);
    if (known == nullptr) co_return false;
    auto token = co_await platforms_.of(*known).tokens().usable(due.merchant);
    if (!token) co_return false;
    auto told = co_await upstream_.drivingQuota(token->appid, token->token, clock_.steady() + settings_.call_max);
    if (!told) co_return false;
    told->ours = due.used;
    const auto kept = co_await days_.keepWord(due.merchant, *told, clock_.now());
    co_return static_cast<bool>(kept);
}

}  // namespace tenants
