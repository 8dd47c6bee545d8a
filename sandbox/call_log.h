#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tenants/base/clock.h"

namespace sandbox {

/// WeChat's number, or a word: "pending" while the call is being answered, the name of a fault, "ok" or "page" where there
/// is no number, "http_412".
using CallAnswer = std::variant<std::int64_t, std::string>;

/// One request that arrived on the platform's listener.
struct Call {
    std::int64_t number = 0;  // from 1, in order of arrival
    tenants::UtcTime time;    // platform time
    std::string path;
    std::string appid;              // whose token it carried; empty for none or an unknown one
    std::string token_fingerprint;  // first 12 digits of the token's SHA-256; empty for none
    std::size_t body_bytes = 0;
    std::string picture_sha256;  // of the uploaded or the sample picture; empty where there was none
    CallAnswer answer = std::string{"pending"};
    bool scripted = false;  // the answer came from the control API: a fault, or a scripted answer
};

/// What arrived, in memory: the newest hundred thousand. Any thread.
class CallLog {
public:
    /// Notes a call at its arrival, its number given here. Returns the number.
    std::int64_t arrived(Call call);
    /// Notes what became of it. Of a call that was cleared meanwhile nothing is kept.
    void tellPicture(std::int64_t number, std::string picture_sha256);
    void answered(std::int64_t number, CallAnswer answer, bool scripted);

    /// Calls with a number above `since`, of `path` where that is not empty.
    std::vector<Call> list(std::string_view path, std::int64_t since) const;
    /// Forgets all; numbers go on.
    void clear();

private:
    Call* find(std::int64_t number);

    mutable std::mutex mutex_;
    std::deque<Call> calls_;
    std::int64_t last_number_ = 0;
};

}  // namespace sandbox
