#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>

#include "recogniser/reading.h"

namespace recogniser {

/// A file descriptor with one owner, closed with it.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const noexcept { return number_; }
    int release() noexcept;

private:
    int number_ = -1;
};

/// One running worker: a child process with a socket as its standard input and output. Not for two threads at once.
class WorkerProcess {
public:
    /// Starts the program with an environment of its own (OMP_THREAD_LIMIT=1) and `--deadline-ms` somewhat under
    /// `deadline`, so that a slow picture usually costs no restart. Throws std::system_error if it cannot be started.
    WorkerProcess(const std::filesystem::path& program, std::chrono::milliseconds deadline);

    /// Closes the socket, which ends a sound worker, and kills it by its process id if it has not ended after 1 s.
    ~WorkerProcess();

    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    pid_t processId() const noexcept { return process_id_; }

    /// Whether the process has not ended.
    bool alive() const;

    /// Sends one picture and waits for the answer. After kDeadline or kCrashed given by the pool side the worker is of no
    /// more use; `usable()` tells.
    Outcome ask(std::span<const char> picture);

    /// False once an answer did not come or could not be understood: the next answer could belong to that picture.
    bool usable() const noexcept { return usable_; }

private:
    std::chrono::milliseconds deadline_;
    Descriptor socket_;
    Descriptor process_;  ///< becomes readable when the child ends
    pid_t process_id_ = -1;
    bool usable_ = true;
};

}  // namespace recogniser
