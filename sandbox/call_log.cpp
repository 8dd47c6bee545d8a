#include "sandbox/call_log.h"

#include <utility>

namespace sandbox {
namespace {

constexpr std::size_t kCallsMax = 20'000;
constexpr std::size_t kCountersMax = 100'000;

std::string answerText(const CallAnswer& answer) {
    const auto* const errcode = std::get_if<std::int64_t>(&answer);
    return errcode == nullptr ? std::get<std::string>(answer) : std::to_string(*errcode);
}

}  // namespace

std::int64_t CallLog::arrived(Call call) {
    const std::scoped_lock lock{mutex_};
    call.number = ++last_number_;
    ++countOf(call).calls;
    calls_.push_back(std::move(call));
    if (calls_.size() > kCallsMax) calls_.pop_front();
    return last_number_;
}

void CallLog::tellPicture(std::int64_t number, std::string picture_sha256) {
    const std::scoped_lock lock{mutex_};
    if (Call* const call = find(number)) call->picture_sha256 = std::move(picture_sha256);
}

void CallLog::answered(std::int64_t number, CallAnswer answer, bool scripted) {
    const std::scoped_lock lock{mutex_};
    if (Call* const call = find(number)) {
        ++countOf(*call).answers[answerText(answer)];
        call->answer = std::move(answer);
        call->scripted = scripted;
    }
}

std::vector<Call> CallLog::list(std::string_view path, std::int64_t since) const {
    const std::scoped_lock lock{mutex_};
    std::vector<Call> listed;
    for (const Call& call : calls_) {
        if (call.number > since && (path.empty() || call.path == path)) listed.push_back(call);
    }
    return listed;
}

void CallLog::clear() {
    const std::scoped_lock lock{mutex_};
    calls_.clear();
}

std::vector<CallCounter> CallLog::counters(std::string_view path) const {
    const std::scoped_lock lock{mutex_};
    std::vector<CallCounter> listed;
    for (const auto& [kind, count] : counts_) {
        const auto& [counted_path, appid, authorizer_appid] = kind;
        if (!path.empty() && counted_path != path) continue;
        listed.push_back({.path = counted_path,
                          .appid = appid,
                          .authorizer_appid = authorizer_appid,
                          .calls = count.calls,
                          .answers = count.answers});
    }
    return listed;
}

void CallLog::clearCounters() {
    const std::scoped_lock lock{mutex_};
    counts_.clear();
}

CallLog::Count& CallLog::countOf(const Call& call) {
    Kind kind{call.path, call.appid, call.authorizer_appid};
    const auto found = counts_.find(kind);
    if (found != counts_.end()) return found->second;
    return counts_[counts_.size() < kCountersMax ? std::move(kind) : Kind{"…", {}, {}}];
}

/// Numbers have no gaps, so the place follows from the first one's.
Call* CallLog::find(std::int64_t number) {
    if (calls_.empty() || number < calls_.front().number || number > calls_.back().number) return nullptr;
    return &calls_[static_cast<std::size_t>(number - calls_.front().number)];
}

}  // namespace sandbox
