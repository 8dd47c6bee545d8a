#pragma once

#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/wechat/https_caller.h"

namespace gateway::wechat {

/// An upstream that gives prepared answers in order and keeps what it was asked.
class ScriptedCaller final : public HttpsCaller {
public:
    using Outcome = std::variant<HttpsAnswer, HttpsFailure>;

    struct Call {
        std::string method;
        std::string target;
        std::string content_type;
        std::string body;
        std::vector<std::string_view> parts;  // as they were passed: for identity, not for reading later
        tenants::SteadyTime deadline;
    };

    void answer(Outcome outcome) { outcomes_.push_back(std::move(outcome)); }
    void answerJson(std::string body) { answer(HttpsAnswer{200, "application/json; encoding=utf-8", std::move(body)}); }
    const std::vector<Call>& calls() const { return calls_; }

    tenants::Task<Outcome> call(HttpsRequest request, tenants::SteadyTime deadline) override {
        Call seen{request.method, request.target, request.content_type, {}, {}, deadline};
        for (const std::string_view part : request.body_parts) {
            seen.body += part;
            seen.parts.push_back(part);
        }
        calls_.push_back(std::move(seen));
        if (outcomes_.empty()) throw std::logic_error("a call that no answer was prepared for");
        Outcome outcome = std::move(outcomes_.front());
        outcomes_.pop_front();
        co_return outcome;
    }

private:
    std::deque<Outcome> outcomes_;
    std::vector<Call> calls_;
};

}  // namespace gateway::wechat
