#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandbox {

enum class FaultMode {
    kErrcode,     // answers `errcode` instead of doing the work
    kCut,         // does the work; sends the head and half of the body, then closes without goodbye
    kReset,       // reads the request, does the work; then resets the connection
    kEarlyReset,  // resets the connection as soon as the head has arrived
    kSilent,      // reads the request, does the work; never answers
    kDrip,        // does the work; sends one byte of the answer a second
    kHttp500,     // answers HTTP 500 with an HTML page
    kNotJson,     // answers HTTP 200 with an HTML page
    kDelay,       // does the work, waits, answers
};
/// "errcode", "cut", "reset", "early_reset", "silent", "drip", "http500", "not_json", "delay".
std::string_view faultModeName(FaultMode mode);
std::optional<FaultMode> faultModeOfName(std::string_view name);
/// True where the platform does the call's work, quota included, and only the answer suffers.
bool faultDoesTheWork(FaultMode mode);

/// What the next `count` calls of `path` meet.
struct Fault {
    std::string path;
    std::string appid = {};  // only calls with this account's token, or about this authorizer; empty: any
    FaultMode mode = FaultMode::kErrcode;
    std::int64_t errcode = 0;
    std::chrono::milliseconds delay{0};  // before the answer, or before whatever stands in its place
    std::int64_t count = 1;              // calls left
};

/// The faults that are planned, first come, first used. Any thread.
class FaultScript {
public:
    void add(Fault fault);
    /// The early reset that a call meets if that is the first fault for it; by its token alone, for nothing more is known
    /// when its head has arrived. It has one call less from then on.
    std::optional<Fault> takeEarlyReset(std::string_view path, std::string_view appid);
    /// The fault that a call meets which has arrived whole; it has one call less from then on.
    std::optional<Fault> take(std::string_view path, std::string_view appid, std::string_view authorizer_appid);
    std::vector<Fault> planned() const;
    void clear();

private:
    Fault use(std::vector<Fault>::iterator fault);

    mutable std::mutex mutex_;
    std::vector<Fault> faults_;
};

/// An exact answer instead of a reading.
struct ScriptedAnswer {
    std::string path;
    std::string body;
    std::optional<std::int64_t> count;  // calls left; empty: until it is cleared
};

/// One scripted answer for each path; a new one takes the place of the old. Any thread.
class AnswerScript {
public:
    void set(ScriptedAnswer answer);
    /// The body to answer, if there is one for that path.
    std::optional<std::string> take(std::string_view path);
    std::vector<ScriptedAnswer> planned() const;
    void clear();

private:
    mutable std::mutex mutex_;
    std::vector<ScriptedAnswer> answers_;
};

}  // namespace sandbox
