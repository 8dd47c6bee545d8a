// tollgate-recogniser: reads framed pictures on standard input, answers each with framed JSON on standard output, one
// after the other, until its input ends. A process of its own because Tesseract aborts on failed assertions, because
// decoders face foreign bytes, and because libgomp reads its thread limit when it is loaded.

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "recogniser/frame.h"
#include "recogniser/reader.h"
#include "recogniser/tesseract_line_reader.h"
#include "recogniser/wire.h"

namespace {

constexpr std::chrono::milliseconds kDefaultDeadline{5000};

/// Starts this program anew with OpenMP off if it is not: five times faster, and too late to set in this process.
void switchOpenMpOff(char** arguments) {
    constexpr const char* kLimit = "OMP_THREAD_LIMIT";
    // NOLINTBEGIN(concurrency-mt-unsafe): no threads yet
    const char* limit = std::getenv(kLimit);
    if (limit != nullptr && std::string_view{limit} == "1") return;
    if (::setenv(kLimit, "1", 1) != 0)
        throw std::system_error{errno, std::generic_category(), "setting OMP_THREAD_LIMIT"};
    // NOLINTEND(concurrency-mt-unsafe)
    ::execv("/proc/self/exe", arguments);
    throw std::system_error{errno, std::generic_category(), "starting anew with OMP_THREAD_LIMIT=1"};
}

void limitTo(int resource, rlim_t value, const char* name) {
    const rlimit limit{value, value};
    if (::setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) {
        throw std::system_error{errno, std::generic_category(), std::string{"limiting "} + name};
    }
}

void limitThisProcess() {
    limitTo(RLIMIT_CORE, 0, "core dumps");  // a dump would hold somebody's licence
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // The largest picture takes some 0.7 GiB while it is decoded, the models 0.1. Sanitizers reserve terabytes.
    limitTo(RLIMIT_AS, rlim_t{1536} * 1024 * 1024, "memory");
#endif
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        throw std::system_error{errno, std::generic_category(), "giving up new privileges"};
    std::signal(SIGPIPE, SIG_IGN);  // a reader that left ends the loop instead
}

/// The only option: --deadline-ms N, after how long the worker itself gives up on a picture.
std::chrono::milliseconds deadlineFrom(std::span<char*> arguments) {
    if (arguments.size() == 1) return kDefaultDeadline;
    const std::string_view number =
        arguments.size() == 3 && std::string_view{arguments[1]} == "--deadline-ms" ? arguments[2] : "";
    int milliseconds = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), milliseconds);
    if (error != std::errc{} || end != number.data() + number.size() || milliseconds <= 0) {
        throw std::invalid_argument{"usage: tollgate-recogniser [--deadline-ms N]"};
    }
    return std::chrono::milliseconds{milliseconds};
}

void serve(std::chrono::milliseconds deadline) {
    recogniser::TesseractLineReader line_reader;
    recogniser::LicenceReader reader{line_reader};
    std::string picture;
    while (true) {
        const recogniser::FrameResult received = recogniser::readFrame(STDIN_FILENO, picture);
        if (received == recogniser::FrameResult::kTooLong)
            throw std::length_error{"a picture longer than a frame may be"};
        if (received != recogniser::FrameResult::kDone) return;
        const std::string answer =
            recogniser::toJson(reader.read(picture, std::chrono::steady_clock::now() + deadline));
        if (recogniser::writeFrame(STDOUT_FILENO, answer) != recogniser::FrameResult::kDone) return;
    }
}

}  // namespace

int main(int count, char** arguments) {
    try {
        switchOpenMpOff(arguments);
        const auto deadline = deadlineFrom(std::span{arguments, static_cast<std::size_t>(count)});
        limitThisProcess();
        serve(deadline);
        return EXIT_SUCCESS;
    } catch (const std::exception& fault) {
        std::cerr << "tollgate-recogniser: " << fault.what() << '\n';
        return EXIT_FAILURE;
    }
}
