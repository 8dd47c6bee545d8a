#pragma once

#include <optional>
#include <string>

#include <Poco/JSON/Object.h>

#include "sandbox/call_log.h"
#include "sandbox/refusal.h"

namespace sandbox {

/// What the platform's listener answers to one request, before a fault spoils it.
struct PlatformAnswer {
    int status = 200;
    std::string content_type;  // empty: one of the two that WeChat gives for JSON, in turn
    std::string location;      // for a redirect
    std::string body;
    std::optional<Refusal> refused;      // the body is made of it when the answer is finished
    bool errcode_as_text = false;        // as in old answers
    CallAnswer noted = std::int64_t{0};  // as it stands in the call log
    bool scripted = false;
};

/// A success: the object as it is. Component endpoints carry no errcode in it.
PlatformAnswer successAnswer(const Poco::JSON::Object::Ptr& object);
/// errcode 0 and "ok", of calls that have nothing else to tell.
PlatformAnswer doneAnswer();
/// HTTP 200 with errcode and errmsg.
PlatformAnswer refusalAnswer(const Refusal& refusal);

/// How the platform does a call.
struct CallContext {
    std::int64_t number = 0;    // in the call log
    bool answer_wanted = true;  // false: do the work and count it, but nobody will see the answer
};

}  // namespace sandbox
