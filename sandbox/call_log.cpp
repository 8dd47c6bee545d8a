#include "sandbox/call_log.h"

#include <utility>

namespace sandbox {
namespace {

constexpr std::size_t kCallsMax = 100'000;

}  // namespace

std::int64_t CallLog::arrived(Call call) {
    const std::scoped_lock lock{mutex_};
    call.number = ++last_number_;
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

/// Numbers have no gaps, so the place follows from the first one's.
Call* CallLog::find(std::int64_t number) {
    if (calls_.empty() || number < calls_.front().number || number > calls_.back().number) return nullptr;
    return &calls_[static_cast<std::size_t>(number - calls_.front().number)];
}

}  // namespace sandbox
