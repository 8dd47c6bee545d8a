#pragma once

#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "tenants/base/clock.h"

namespace sandbox {

/// One JSON object a line. Callers never pass a token, a code, a ticket or a query: fingerprints at most. Any thread.
class Log {
public:
    using Value = std::variant<std::string, std::int64_t, bool>;
    using Field = std::pair<std::string_view, Value>;
    using Sink = std::function<void(const std::string& line)>;  // gets whole lines with their line end, one at a time

    Log(const tenants::Clock& clock, Sink sink) : clock_(clock), sink_(std::move(sink)) {}

    void info(std::string_view event, std::initializer_list<Field> fields = {}) { write("info", event, fields); }
    void warning(std::string_view event, std::initializer_list<Field> fields = {}) { write("warning", event, fields); }
    void error(std::string_view event, std::initializer_list<Field> fields = {}) { write("error", event, fields); }

private:
    void write(std::string_view level, std::string_view event, std::initializer_list<Field> fields);

    const tenants::Clock& clock_;
    std::mutex mutex_;
    Sink sink_;
};

/// Writes to stderr.
Log::Sink standardErrorSink();

/// The first 12 hexadecimal digits of the SHA-256: tells two secrets apart without showing them. Empty for an empty text.
std::string fingerprint(std::string_view secret);
/// The whole SHA-256 in lower-case hexadecimal digits.
std::string sha256Hex(std::string_view bytes);

}  // namespace sandbox
