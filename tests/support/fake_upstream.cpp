#include "tests/support/fake_upstream.h"

#include <utility>

namespace test_support {

using namespace tenants;

Task<FakeUpstream::Answer> FakeUpstream::recogniseDriving(AppId appid, SharedSecret access_token, Picture picture,
                                                          SteadyTime deadline) {
    Plan plan{recognised(), {}};
    std::shared_ptr<Gate> gate;
    {
        const std::scoped_lock lock{mutex_};
        calls_.push_back({std::move(appid), std::string{access_token->expose()}, std::move(picture), deadline});
        gate = gate_;
        if (!plans_.empty()) {
            plan = std::move(plans_.front());
            plans_.pop_front();
        }
    }
    if (plan.meanwhile) plan.meanwhile();
    if (gate) co_await gate->pass();
    co_return std::move(plan.answer);
}

/// Held calls hold these too: a question takes its time like any other.
Task<std::optional<UpstreamQuotaTold>> FakeUpstream::drivingQuota(AppId, SharedSecret, SteadyTime) {
    std::shared_ptr<Gate> gate;
    {
        const std::scoped_lock lock{mutex_};
        ++quota_questions_;
        gate = gate_;
    }
    if (gate) co_await gate->pass();
    const std::scoped_lock lock{mutex_};
    co_return quota_;
}

void FakeUpstream::tellQuota(std::optional<UpstreamQuotaTold> told) {
    const std::scoped_lock lock{mutex_};
    quota_ = told;
}

int FakeUpstream::quotaQuestions() const {
    const std::scoped_lock lock{mutex_};
    return quota_questions_;
}

void FakeUpstream::plan(Answer answer, std::function<void()> meanwhile) {
    const std::scoped_lock lock{mutex_};
    plans_.push_back({std::move(answer), std::move(meanwhile)});
}

std::shared_ptr<Gate> FakeUpstream::holdCalls() {
    const std::scoped_lock lock{mutex_};
    gate_ = std::make_shared<Gate>();
    return gate_;
}

std::vector<FakeUpstream::Call> FakeUpstream::calls() const {
    const std::scoped_lock lock{mutex_};
    return calls_;
}

UpstreamAnswer FakeUpstream::recognised() {
    return {.errcode = 0,
            .errmsg = "ok",
            .rid = "",
            .body = R"({"errcode":0,"errmsg":"ok","plate_num":"TEST-PLATE"})",
            .has_licence = true};
}

UpstreamAnswer FakeUpstream::refused(int errcode, std::string errmsg) {
    return {.errcode = errcode,
            .errmsg = std::move(errmsg),
            .rid = "11111111-22222222-33333333",
            .body = R"({"errcode":)" + std::to_string(errcode) + "}"};
}

UpstreamSilence FakeUpstream::silence(bool sent, bool timed_out) {
    return {.sent = sent, .timed_out = timed_out, .reason = "scripted"};
}

}  // namespace test_support
