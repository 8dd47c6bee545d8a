#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tenants/scan/upstream.h"
#include "tests/support/gate.h"

namespace test_support {

/// WeChat's OCR endpoint: answers what the test planned, in order, and a recognised licence where nothing is planned.
/// Calls can be held open. Safe from any thread.
class FakeUpstream final : public tenants::OcrUpstream {
public:
    using Answer = std::variant<tenants::UpstreamAnswer, tenants::UpstreamSilence>;
    struct Call {
        tenants::AppId appid;
        std::string access_token;
        tenants::Picture picture;
        tenants::SteadyTime deadline;
    };

    tenants::Task<Answer> recogniseDriving(tenants::AppId appid, tenants::SharedSecret access_token,
                                           tenants::Picture picture, tenants::SteadyTime deadline) override;

    tenants::Task<std::optional<tenants::UpstreamQuotaTold>> drivingQuota(tenants::AppId appid,
                                                                          tenants::SharedSecret access_token,
                                                                          tenants::SteadyTime deadline) override;

    /// What WeChat tells of its quota from now on; empty, as at first: nothing.
    void tellQuota(std::optional<tenants::UpstreamQuotaTold> told);
    /// How often it was asked for it.
    int quotaQuestions() const;
    /// The next call is answered so; `meanwhile` runs while it is under way.
    void plan(Answer answer, std::function<void()> meanwhile = {});
    /// Every call from now on waits for the gate before it is answered.
    std::shared_ptr<Gate> holdCalls();
    std::vector<Call> calls() const;

    static tenants::UpstreamAnswer recognised();
    static tenants::UpstreamAnswer refused(int errcode, std::string errmsg = "refused");
    static tenants::UpstreamSilence silence(bool sent, bool timed_out);

private:
    struct Plan {
        Answer answer;
        std::function<void()> meanwhile;
    };

    mutable std::mutex mutex_;
    std::deque<Plan> plans_;
    std::shared_ptr<Gate> gate_;
    std::vector<Call> calls_;
    std::optional<tenants::UpstreamQuotaTold> quota_;
    int quota_questions_ = 0;
};

}  // namespace test_support
