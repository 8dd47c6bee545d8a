#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include "tenants/base/clock.h"

namespace gateway::log {

enum class Level { kDebug, kInfo, kWarning, kError };
std::string_view levelText(Level level);
/// debug, info, warning, error; throws std::invalid_argument on anything else.
Level levelFromText(std::string_view text);

/// One named value of a log line, whose texts are borrowed for the call that it is an argument of. A `Secret` does not
/// convert to it, so a line cannot hold one by accident.
struct Field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, bool> value;

    Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const std::string& text) : name(field_name), value(std::string_view{text}) {}
    Field(std::string_view field_name, const char* text) : name(field_name), value(std::string_view{text}) {}
    Field(std::string_view field_name, std::int64_t number) : name(field_name), value(number) {}
    Field(std::string_view field_name, int number) : name(field_name), value(std::int64_t{number}) {}
    Field(std::string_view field_name, bool flag) : name(field_name), value(flag) {}
};

/// JSON lines, one object each, written by a thread of its own so that no caller waits for the disk or the terminal.
/// Lines below a warning may wait 20 ms for others to be written with: a busy gateway would wake that thread for each.
/// What does not fit into the bounded queue is dropped and counted, and the count is logged: a log must never stop the
/// gateway. Values that look like a credential of ours or stand in a URL as a token are blanked. Safe from any thread.
class Log {
public:
    /// `write`: receives one or more whole lines with their line feeds, from the log's thread only.
    Log(const tenants::Clock& clock, Level level, std::function<void(std::string_view)> write,
        std::size_t lines_max = 10'000);
    ~Log();  // writes out what is queued
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    /// From the next line on. Any thread.
    void setLevel(Level level) noexcept { level_.store(level, std::memory_order_relaxed); }
    /// Returns when everything logged before was handed to `write`: for who is about to end the process at once.
    void flush();

    /// `event`: a stable snake-case name to search for, such as `scan_answered`.
    void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});
    void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
        write(Level::kDebug, event, fields);
    }
    void info(std::string_view event, std::initializer_list<Field> fields = {}) { write(Level::kInfo, event, fields); }
    void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
        write(Level::kWarning, event, fields);
    }
    void error(std::string_view event, std::initializer_list<Field> fields = {}) {
        write(Level::kError, event, fields);
    }

private:
    void run();
    void waitForLines(std::unique_lock<std::mutex>& lock);

    const tenants::Clock& clock_;
    std::atomic<Level> level_;
    const std::function<void(std::string_view)> write_;
    const std::size_t lines_max_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable written_;
    std::string waiting_;  // whole lines
    std::size_t lines_ = 0;
    std::uint64_t dropped_ = 0;
    bool urgent_ = false;
    bool asleep_ = false;   // the thread, with nothing to write
    bool writing_ = false;  // the thread, outside the mutex
    bool stopping_ = false;
    std::thread thread_;
};

/// One line of the log with its line feed, for who cannot wait for the log's thread any more.
std::string renderLine(tenants::UtcTime at, Level level, std::string_view event, std::initializer_list<Field> fields);

/// Writes to standard error, whole lines, ignoring a reader that went away.
void writeToStandardError(std::string_view line);

/// `text` with every credential of ours (`tgk_…`, `tga_…`) and every value of a token-bearing query parameter replaced
/// by REDACTED: the last line of defence, for texts that come from libraries.
std::string redacted(std::string_view text);

}  // namespace gateway::log
