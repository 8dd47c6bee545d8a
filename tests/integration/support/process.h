#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace integration {

/// A child process. The destructor kills it where it still runs.
class Process {
public:
    struct Command {
        std::vector<std::string> words;                  // the program's path, then its arguments
        std::map<std::string, std::string> environment;  // on top of our own
        std::filesystem::path standard_output;           // appended to; empty: thrown away
        std::filesystem::path standard_error;            // appended to; empty: ours
    };

    /// Throws std::system_error where the program cannot be started.
    explicit Process(const Command& command);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const noexcept { return pid_; }
    bool running();
    void signal(int number) const;
    /// The exit code, or 128 + the signal that ended it; empty where it still runs at the deadline.
    std::optional<int> waitForExit(std::chrono::milliseconds deadline);

private:
    pid_t pid_ = -1;
    int descriptor_ = -1;  // becomes readable when the process ends
    std::optional<int> exit_code_;
};

/// Runs a command to its end: the exit code and what it wrote.
struct Finished {
    int exit_code = 0;
    std::string standard_output;
    std::string standard_error;
};
Finished runToEnd(std::vector<std::string> words, const std::map<std::string, std::string>& environment = {});

}  // namespace integration
