#include "gateway/log/log.h"

#include <Poco/JSONString.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace gateway::log {
namespace {

bool isCredentialCharacter(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/// Blanks what follows `marker` up to the first character for which `goes_on` is false.
template <class GoesOn>
void blankAfter(std::string& text, std::string_view marker, GoesOn goes_on) {
    static constexpr std::string_view kBlank = "REDACTED";
    for (std::size_t at = text.find(marker); at != std::string::npos; at = text.find(marker, at)) {
        const std::size_t begin = at + marker.size();
        std::size_t end = begin;
        while (end < text.size() && goes_on(text[end])) ++end;
        if (end > begin) text.replace(begin, end - begin, kBlank);
        at = begin + kBlank.size();
        if (at > text.size()) return;
    }
}

void appendField(std::string& line, const Field& field) {
    line += ',';
    line += Poco::toJSON(std::string{field.name});
    line += ':';
    if (const auto* text = std::get_if<std::string>(&field.value)) {
        line += Poco::toJSON(redacted(*text));
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        line += std::to_string(*number);
    } else {
        line += std::get<bool>(field.value) ? "true" : "false";
    }
}

}  // namespace

std::string_view levelText(Level level) {
    static constexpr std::array<std::string_view, 4> kTexts{"debug", "info", "warning", "error"};
    return kTexts.at(static_cast<std::size_t>(level));
}

Level levelFromText(std::string_view text) {
    for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
        if (levelText(level) == text) return level;
    }
    throw std::invalid_argument("unknown log level: " + std::string{text});
}

std::string redacted(std::string_view text) {
    std::string result{text};
    for (const std::string_view prefix : {"tgk_", "tga_"}) blankAfter(result, prefix, isCredentialCharacter);
    const auto in_value = [](char c) { return c != '&' && c != ' ' && c != '"' && c != '#'; };
    for (const std::string_view name : {"access_token=", "secret=", "img_url=", "auth_code="}) {
        blankAfter(result, name, in_value);
    }
    return result;
}

std::string renderLine(tenants::UtcTime at, Level level, std::string_view event, std::initializer_list<Field> fields) {
    std::string line = "{\"at\":\"" + tenants::rfc3339(at) + "\",\"level\":\"";
    line += levelText(level);
    line += "\",\"event\":\"";
    line += event;
    line += '"';
    for (const Field& field : fields) appendField(line, field);
    return line + "}\n";
}

Log::Log(const tenants::Clock& clock, Level level, std::function<void(std::string_view)> write, std::size_t lines_max)
    : clock_(clock), level_(level), write_(std::move(write)), lines_max_(lines_max), thread_([this] { run(); }) {}

Log::~Log() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Log::write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (level < level_.load(std::memory_order_relaxed)) return;
    std::string line = renderLine(clock_.now(), level, event, fields);
    {
        const std::scoped_lock lock{mutex_};
        if (lines_.size() >= lines_max_) {
            ++dropped_;
            return;
        }
        lines_.push_back(std::move(line));
    }
    wake_.notify_one();
}

void Log::run() {
    std::deque<std::string> batch;
    std::uint64_t dropped = 0;
    std::unique_lock lock{mutex_};
    while (!stopping_ || !lines_.empty()) {
        wake_.wait(lock, [this] { return stopping_ || !lines_.empty(); });
        batch.swap(lines_);
        dropped = std::exchange(dropped_, 0);
        lock.unlock();
        for (const std::string& line : batch) write_(line);
        batch.clear();
        if (dropped != 0) {
            write_(renderLine(clock_.now(), Level::kWarning, "log_lines_dropped",
                              {{"count", static_cast<std::int64_t>(dropped)}}));
        }
        lock.lock();
    }
}

void writeToStandardError(std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return;  // nobody reads any more: there is no second place to say so
        }
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace gateway::log
