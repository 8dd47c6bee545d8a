#include "gateway/log/log.h"

#include <Poco/JSONString.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace gateway::log {
namespace {

constexpr std::chrono::milliseconds kGatherTime{20};
constexpr std::size_t kGatheredBytesMax = 64 * 1024;

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

/// Poco knows all of JSON's and UTF-8's corners; nearly every text of a line has none of them.
void appendJson(std::string& line, std::string_view text) {
    const auto is_plain = [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; };
    if (!std::ranges::all_of(text, is_plain)) {
        line += Poco::toJSON(std::string{text});
        return;
    }
    line += '"';
    line += text;
    line += '"';
}

/// False where `redacted` would change nothing.
bool mayNameSecret(std::string_view text) {
    return text.find('=') != std::string_view::npos || text.find("tg") != std::string_view::npos;
}

void appendField(std::string& line, const Field& field) {
    line += ',';
    appendJson(line, field.name);
    line += ':';
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        appendJson(line, mayNameSecret(*text) ? redacted(*text) : *text);
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
    constexpr std::size_t kUsualBytes = 384;
    std::string line;
    line.reserve(kUsualBytes);
    line.append("{\"at\":\"").append(tenants::rfc3339(at)).append("\",\"level\":\"").append(levelText(level));
    line.append("\",\"event\":\"").append(event).append("\"");
    for (const Field& field : fields) appendField(line, field);
    line.append("}\n");
    return line;
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
    const std::string line = renderLine(clock_.now(), level, event, fields);
    bool wake = false;
    {
        const std::scoped_lock lock{mutex_};
        if (lines_ >= lines_max_) {
            ++dropped_;
            return;
        }
        waiting_ += line;
        ++lines_;
        const bool urgent = level >= Level::kWarning || waiting_.size() >= kGatheredBytesMax;
        wake = std::exchange(asleep_, false) || (urgent && !urgent_);
        urgent_ = urgent_ || urgent;
    }
    if (wake) wake_.notify_one();
}

void Log::flush() {
    std::unique_lock lock{mutex_};
    urgent_ = true;
    wake_.notify_one();
    written_.wait(lock, [this] { return lines_ == 0 && !writing_; });
}

/// Returns when there is something to write that shall wait no longer, or the log ends.
void Log::waitForLines(std::unique_lock<std::mutex>& lock) {
    asleep_ = lines_ == 0;
    wake_.wait(lock, [this] { return stopping_ || lines_ > 0; });
    asleep_ = false;
    wake_.wait_for(lock, kGatherTime, [this] { return stopping_ || urgent_; });
    urgent_ = false;
}

void Log::run() {
    ::pthread_setname_np(::pthread_self(), "log");
    std::string lines;
    std::unique_lock lock{mutex_};
    while (!stopping_ || lines_ > 0) {
        waitForLines(lock);
        lines.swap(waiting_);
        lines_ = 0;
        const std::uint64_t dropped = std::exchange(dropped_, 0);
        writing_ = true;
        lock.unlock();
        if (!lines.empty()) write_(lines);
        lines.clear();
        if (dropped != 0) {
            write_(renderLine(clock_.now(), Level::kWarning, "log_lines_dropped",
                              {{"count", static_cast<std::int64_t>(dropped)}}));
        }
        lock.lock();
        writing_ = false;
        written_.notify_all();
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
