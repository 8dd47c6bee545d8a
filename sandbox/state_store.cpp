#include "sandbox/state_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "gateway/net/descriptor.h"
#include "sandbox/state_json.h"

namespace sandbox {
namespace {

[[noreturn]] void failed(const std::string& what, const std::filesystem::path& file) {
    throw std::runtime_error(what + " " + file.string() + ": " + std::generic_category().message(errno));
}

gateway::net::Descriptor openFile(const std::filesystem::path& file, int flags) {
    gateway::net::Descriptor descriptor{::open(file.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    if (!descriptor) failed("cannot open", file);
    return descriptor;
}

State readState(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) return {};
    std::ifstream stream{file, std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{stream}, {}};
    if (!stream) throw std::runtime_error("cannot read " + file.string());
    try {
        return stateFromJson(content);
    } catch (const std::exception& failure) {
        throw std::runtime_error(file.string() + ": " + failure.what());
    }
}

}  // namespace

void writeFileAtomically(const std::filesystem::path& file, std::string_view content) {
    std::filesystem::path temporary = file;
    temporary += ".new";
    {
        const auto descriptor = openFile(temporary, O_WRONLY | O_CREAT | O_TRUNC);
        while (!content.empty()) {
            const ssize_t written = ::write(descriptor.number(), content.data(), content.size());
            if (written < 0 && errno != EINTR) failed("cannot write", temporary);
            if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
        }
        if (::fsync(descriptor.number()) != 0) failed("cannot sync", temporary);
    }
    if (::rename(temporary.c_str(), file.c_str()) != 0) failed("cannot replace", file);
    const auto folder =
        openFile(file.parent_path().empty() ? std::filesystem::path{"."} : file.parent_path(), O_RDONLY | O_DIRECTORY);
    if (::fsync(folder.number()) != 0) failed("cannot sync the folder of", file);
}

StateStore::StateStore(std::filesystem::path file, std::chrono::milliseconds write_delay, Log& log)
    : file_(std::move(file)), write_delay_(write_delay), log_(log), state_(readState(file_)), writer_([this] {
          writeInBackground();
      }) {}

StateStore::~StateStore() {
    {
        const std::scoped_lock lock{mutex_};
        closing_ = true;
    }
    changed_.notify_one();
    writer_.join();
    try {
        flush();
    } catch (const std::exception& failure) {
        log_.error("state_not_written", {{"reason", std::string{failure.what()}}});
    }
}

void StateStore::flush() {
    const std::scoped_lock file_lock{file_mutex_};
    std::string content;
    std::uint64_t changes = 0;
    {
        const std::scoped_lock lock{mutex_};
        if (changes_ == written_changes_) return;
        changes = changes_;
        content = stateToJson(state_);
    }
    writeFileAtomically(file_, content);
    written_changes_ = changes;
}

void StateStore::writeInBackground() {
    std::unique_lock lock{mutex_};
    std::uint64_t seen = 0;
    while (true) {
        changed_.wait(lock, [&] { return closing_ || changes_ != seen; });
        if (closing_) return;
        seen = changes_;
        // Changes come in bursts, so one write serves all that arrive within the delay.
        if (changed_.wait_for(lock, write_delay_, [this] { return closing_; })) return;
        lock.unlock();
        try {
            flush();
        } catch (const std::exception& failure) {
            log_.error("state_not_written", {{"reason", std::string{failure.what()}}});
        }
        lock.lock();
    }
}

}  // namespace sandbox
