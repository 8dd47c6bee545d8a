#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
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
    std::string authorizer_appid;   // the account that the body of a component's call names
    std::string rid;                // as in errmsg and X-Request-Id
    std::string token_fingerprint;  // first 12 digits of the token's SHA-256; empty for none
    std::size_t body_bytes = 0;
    std::string picture_sha256;  // of the uploaded or the sample picture; empty where there was none
    CallAnswer answer = std::string{"pending"};
    bool scripted = false;  // the answer came from the control API: a fault, or a scripted answer
};

/// Calls of one path by one token's account about one authorizer, and how often each answer was given.
struct CallCounter {
    std::string path;
    std::string appid;
    std::string authorizer_appid;
    std::int64_t calls = 0;
    std::map<std::string, std::int64_t> answers;  // by errcode ("0") or word
};

/// What arrived, in memory: the newest twenty thousand calls one by one, all of them counted. Any thread.
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

    /// Of `path` where that is not empty, in order of path, appid and authorizer. Where more than a hundred thousand kinds
    /// of calls arrived, the later ones are counted under the path "…".
    std::vector<CallCounter> counters(std::string_view path) const;
    void clearCounters();

private:
    using Kind = std::tuple<std::string, std::string, std::string>;
    struct Count {
        std::int64_t calls = 0;
        std::map<std::string, std::int64_t> answers;
    };
    Call* find(std::int64_t number);
    Count& countOf(const Call& call);

    mutable std::mutex mutex_;
    std::deque<Call> calls_;
    std::map<Kind, Count> counts_;
    std::int64_t last_number_ = 0;
};

}  // namespace sandbox
