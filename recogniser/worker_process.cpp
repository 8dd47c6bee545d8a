#include "recogniser/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "recogniser/frame.h"
#include "recogniser/wire.h"

namespace recogniser {
namespace {

constexpr int kEndWaitMs = 1000;

void check(int error, const char* what) {
    if (error != 0) throw std::system_error{error, std::generic_category(), what};
}

/// What posix_spawn does between fork and exec: the socket as standard input and output.
class SpawnActions {
public:
    explicit SpawnActions(int socket) {
        check(posix_spawn_file_actions_init(&actions_), "preparing a worker's descriptors");
        const int input = posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO);
        const int output = posix_spawn_file_actions_adddup2(&actions_, socket, STDOUT_FILENO);
        if (input == 0 && output == 0) return;
        posix_spawn_file_actions_destroy(&actions_);
        check(input != 0 ? input : output, "preparing a worker's descriptors");
    }
    ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;

    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

/// No blocked signals, default handlers, and a process group of its own: an interrupt typed at the terminal is for the
/// server, which then ends its workers.
class SpawnAttributes {
public:
    SpawnAttributes() {
        check(posix_spawnattr_init(&attributes_), "preparing a worker's attributes");
        sigset_t none;
        sigset_t defaults;
        sigemptyset(&none);
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &defaults);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;

    const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

/// All that a worker gets to see of the server's environment.
std::vector<std::string> workerEnvironment() {
    std::vector<std::string> environment = {"OMP_THREAD_LIMIT=1", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
    if (const char* models = std::getenv("TESSDATA_PREFIX"))
        environment.push_back(std::string{"TESSDATA_PREFIX="} + models);
    return environment;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

pid_t spawn(const std::filesystem::path& program, std::chrono::milliseconds deadline, int socket) {
    const auto own_deadline = deadline - deadline / 10;
    std::vector<std::string> arguments = {program.string(), "--deadline-ms", std::to_string(own_deadline.count())};
    std::vector<std::string> environment = workerEnvironment();
    const SpawnActions actions{socket};
    const SpawnAttributes attributes;
    pid_t process_id = -1;
    const int error = posix_spawn(&process_id, program.c_str(), actions.get(), attributes.get(),
                                  pointersTo(arguments).data(), pointersTo(environment).data());
    if (error != 0) throw std::system_error{error, std::generic_category(), "starting " + program.string()};
    return process_id;
}

/// A descriptor that becomes readable when the process ends; negative on failure. glibc 2.36 declares its own wrapper
/// without C linkage, so that C++ cannot link it.
int openProcess(pid_t process_id) {
    return static_cast<int>(::syscall(SYS_pidfd_open, process_id, 0));
}

/// Whether the child ended within the time given, in milliseconds.
bool endsWithin(int process, int wait_ms) {
    pollfd entry{process, POLLIN, 0};
    return ::poll(&entry, 1, wait_ms) > 0;
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        if (number_ >= 0) ::close(number_);
        number_ = other.release();
    }
    return *this;
}

int Descriptor::release() noexcept {
    return std::exchange(number_, -1);
}

WorkerProcess::WorkerProcess(const std::filesystem::path& program, std::chrono::milliseconds deadline)
    : deadline_(deadline) {
    // A socket instead of two pipes: writing to a worker that died then raises no SIGPIPE in the server.
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw std::system_error{errno, std::generic_category(), "making a worker's socket"};
    }
    socket_ = Descriptor{ends[0]};
    const Descriptor theirs{ends[1]};
    if (::fcntl(socket_.number(), F_SETFL, O_NONBLOCK) != 0)
        throw std::system_error{errno, std::generic_category(), "setting up a worker's socket"};
    process_id_ = spawn(program, deadline, theirs.number());
    process_ = Descriptor{openProcess(process_id_)};  // close-on-exec by itself
    if (process_.number() < 0) {
        const int error = errno;
        ::kill(process_id_, SIGKILL);
        ::waitpid(process_id_, nullptr, 0);
        throw std::system_error{error, std::generic_category(), "watching a worker"};
    }
}

WorkerProcess::~WorkerProcess() {
    socket_ = Descriptor{};
    if (!usable_ || !endsWithin(process_.number(), kEndWaitMs))
        ::kill(process_id_, SIGKILL);  // not waited for yet: the id is still its own
    ::waitpid(process_id_, nullptr, 0);
}

bool WorkerProcess::alive() const {
    return !endsWithin(process_.number(), 0);
}

Outcome WorkerProcess::ask(std::span<const char> picture) {
    const auto until = std::chrono::steady_clock::now() + deadline_;
    std::string answer;
    FrameResult result = writeFrame(socket_.number(), picture, until);
    if (result == FrameResult::kDone) result = readFrame(socket_.number(), answer, until);
    if (result == FrameResult::kDone) {
        if (const auto outcome = outcomeFromJson(answer)) return *outcome;
    }
    usable_ = false;
    return result == FrameResult::kTimedOut ? Failure::kDeadline : Failure::kCrashed;
}

}  // namespace recogniser
