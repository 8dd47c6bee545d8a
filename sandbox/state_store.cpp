#include "sandbox/state_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "gateway/net/descriptor.h"
#include "sandbox/state_json.h"

namespace sandbox {
namespace {

// After a write, so many times what it took.
constexpr int kPauseFactor = 10;

[[noreturn]] void failed(const std::string& what, const std::filesystem::path& file) {
    throw std::runtime_error(what + " " + file.string() + ": " + std::generic_category().message(errno));
}

gateway::net::Descriptor openFile(const std::filesystem::path& file, int flags) {
    gateway::net::Descriptor descriptor{::open(file.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    if (!descriptor) failed("cannot open", file);
    return descriptor;
}

State readState(const std::filesystem::path& file, const std::vector<ComponentKeys>& components) {
    State state;
    if (!std::filesystem::exists(file)) {
        adoptComponents(state, components);
        return state;
    }
    std::ifstream stream{file, std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{stream}, {}};
    if (!stream) throw std::runtime_error("cannot read " + file.string());
    try {
        state = stateFromJson(content, components.front().appid);
        adoptComponents(state, components);
        return state;
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

StateStore::StateStore(std::filesystem::path file, const std::vector<ComponentKeys>& components,
                       std::chrono::milliseconds write_delay, Log& log)
    : file_(std::move(file)),
      write_delay_(write_delay),
      log_(log),
      state_(readState(file_, components)),
      writer_([this] { writeInBackground(); }) {}

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
    State copy;  // rendering takes far longer than copying, and calls wait for the lock
    std::uint64_t changes = 0;
    {
        const std::scoped_lock lock{mutex_};
        if (changes_ == written_changes_) return;
        changes = changes_;
        copy = state_;
    }
    writeFileAtomically(file_, stateToJson(copy));
    written_changes_ = changes;
}

void StateStore::writeInBackground() {
    std::unique_lock lock{mutex_};
    std::uint64_t seen = 0;
    std::chrono::steady_clock::duration delay = write_delay_;
    while (true) {
        changed_.wait(lock, [&] { return closing_ || changes_ != seen; });
        if (closing_) return;
        seen = changes_;
        // Changes come in bursts, so one write serves all that arrive within the delay.
        if (changed_.wait_for(lock, delay, [this] { return closing_; })) return;
        lock.unlock();
        const auto begin = std::chrono::steady_clock::now();
        try {
            flush();
        } catch (const std::exception& failure) {
            log_.error("state_not_written", {{"reason", std::string{failure.what()}}});
        }
        delay = std::max<std::chrono::steady_clock::duration>(
            write_delay_, kPauseFactor * (std::chrono::steady_clock::now() - begin));
        lock.lock();
    }
}

}  // namespace sandbox
