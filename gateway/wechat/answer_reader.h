#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "gateway/net/stream.h"
#include "gateway/wechat/https_caller.h"
#include "tenants/base/clock.h"
#include "tenants/base/task.h"

namespace gateway::wechat {

/// What an upstream answer may measure. Bytes.
struct AnswerLimits {
    std::size_t head_bytes_max = 16 * 1024;
    std::size_t body_bytes_max = 256 * 1024;
    std::size_t interim_answers_max = 4;  // 1xx before the real one
};

/// A whole answer, and whether the connection may carry another request.
struct ReadAnswer {
    HttpsAnswer answer;
    bool reusable = false;
};

/// Why there is no whole answer.
struct AnswerFault {
    bool timed_out = false;
    std::string reason;  // stable, for the log; nothing of the answer's own text
};

/// Reads one answer to a request other than HEAD, strictly: its length is given and exact, or its last chunk was seen;
/// an answer that ends with the connection cannot be told from a cut one and counts as cut. Ends by `deadline` however
/// the peer spreads its bytes.
tenants::Task<std::variant<ReadAnswer, AnswerFault>> readAnswer(net::Stream& stream, AnswerLimits limits,
                                                                tenants::SteadyTime deadline);

}  // namespace gateway::wechat
