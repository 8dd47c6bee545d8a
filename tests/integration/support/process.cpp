#include "tests/integration/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "tests/integration/support/eventually.h"
#include "tests/integration/support/temporary_folder.h"

namespace integration {
namespace {

class FileActions {
public:
    FileActions() { check(::posix_spawn_file_actions_init(&actions_)); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;

    void open(int descriptor, const std::string& file, int flags) {
        check(::posix_spawn_file_actions_addopen(&actions_, descriptor, file.c_str(), flags, S_IRUSR | S_IWUSR));
    }
    const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

    static void check(int error) {
        if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start a process");
    }

private:
    posix_spawn_file_actions_t actions_{};
};

std::vector<std::string> environmentWith(const std::map<std::string, std::string>& more) {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string text = *variable;
        if (!more.contains(text.substr(0, text.find('=')))) variables.push_back(text);
    }
    for (const auto& [name, value] : more) variables.push_back(name + "=" + value);
    return variables;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

Process::Process(const Command& command) {
    FileActions actions;
    constexpr int kAppend = O_WRONLY | O_CREAT | O_APPEND;
    const bool keep_output = !command.standard_output.empty();
    actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
    actions.open(STDOUT_FILENO, keep_output ? command.standard_output.string() : "/dev/null", kAppend);
    if (!command.standard_error.empty()) actions.open(STDERR_FILENO, command.standard_error.string(), kAppend);
    std::vector<std::string> words = command.words;
    std::vector<std::string> variables = environmentWith(command.environment);
    FileActions::check(::posix_spawn(&pid_, words.at(0).c_str(), actions.get(), nullptr, pointersTo(words).data(),
                                     pointersTo(variables).data()));
    // glibc 2.36 declares the wrapper without C linkage.
    descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (descriptor_ >= 0) return;
    const int error = errno;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "cannot watch a process");
}

Process::~Process() {
    if (!exit_code_) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ::close(descriptor_);
}

bool Process::running() {
    return !waitForExit(std::chrono::milliseconds{0});
}

void Process::signal(int number) const {
    if (exit_code_) return;  // the id may be another process's by now
    if (::kill(pid_, number) != 0) throw std::system_error(errno, std::generic_category(), "cannot signal a process");
}

std::optional<int> Process::waitForExit(std::chrono::milliseconds deadline) {
    if (exit_code_) return exit_code_;
    const auto until = std::chrono::steady_clock::now() + deadline;
    pollfd ended{.fd = descriptor_, .events = POLLIN, .revents = 0};
    int ready = 0;
    do {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        ready = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return std::nullopt;
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) throw std::system_error(errno, std::generic_category(), "waitpid");
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return exit_code_;
}

Finished runToEnd(std::vector<std::string> words, const std::map<std::string, std::string>& environment) {
    const TemporaryFolder folder;
    const auto output = folder.path() / "output";
    const auto error = folder.path() / "error";
    Process process{{std::move(words), environment, output, error}};
    const auto exit_code = process.waitForExit(kPatience);
    if (!exit_code) throw std::runtime_error("a command did not end: " + readFile(error));
    return {*exit_code, readFile(output), readFile(error)};
}

}  // namespace integration
