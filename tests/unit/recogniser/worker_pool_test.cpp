#include "recogniser/worker_pool.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace recogniser {
namespace {

using namespace std::chrono_literals;

/// A worker in a few lines of shell. A picture of three letters tells it what to do: "ok." answers no_card, "die" ends,
/// "hng" never answers, "bad" answers nonsense, "lng" announces more than a frame holds, "wt." answers once another worker was told "go.".
constexpr std::string_view kScript = R"shell(#!/bin/sh
folder=${0%/*}
echo $$ >> "$folder/started"
answer() { printf '\000\000\000\025{"failure":"no_card"}'; }
while :; do
    head -c 4 > /dev/null
    case "$(head -c 3)" in
        ok.) answer ;;
        die) exit 3 ;;
        hng) exec head -c 1000 > /dev/null ;;
        bad) printf '\000\000\000\003abc' ;;
        lng) printf '\377\000\000\000' ;;
        wt.) read line < "$folder/meeting"; answer ;;
        go.) echo go > "$folder/meeting"; answer ;;
        env) test "$OMP_THREAD_LIMIT" = 1 && test -z "$TOLLGATE_TEST_SECRET" && answer ;;
        *) exit 0 ;;
    esac
done
)shell";

class WorkerPoolTest : public ::testing::Test {
protected:
    WorkerPoolTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "worker-pool-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error{errno, std::generic_category(), "mkdtemp"};
        folder_ = pattern;
        std::ofstream{program()} << kScript;
        std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
        if (::mkfifo((folder_ / "meeting").c_str(), 0600) != 0)
            throw std::system_error{errno, std::generic_category(), "mkfifo"};
    }
    ~WorkerPoolTest() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path program() const { return folder_ / "worker"; }

    /// The process ids of all workers that were started so far.
    std::vector<pid_t> started() const {
        std::ifstream file{folder_ / "started"};
        std::vector<pid_t> ids;
        for (pid_t id = 0; file >> id;) ids.push_back(id);
        return ids;
    }

private:
    std::filesystem::path folder_;
};

Failure failureOf(WorkerPool& pool, std::string_view picture) {
    const Outcome outcome = pool.read(picture);
    const auto* failure = std::get_if<Failure>(&outcome);
    if (failure == nullptr) throw std::logic_error{"the scripted worker never gives a reading"};
    return *failure;
}

TEST_F(WorkerPoolTest, AnswersOneAfterTheOtherFromOneProcess) {
    WorkerPool pool{program(), 1};

    EXPECT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
    EXPECT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
    EXPECT_EQ(started().size(), 1U);
}

TEST_F(WorkerPoolTest, WorkerThatDiesIsReplacedAndTheNextPictureIsRead) {
    WorkerPool pool{program(), 1};

    EXPECT_EQ(failureOf(pool, "die"), Failure::kCrashed);
    EXPECT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
    EXPECT_EQ(started().size(), 2U);
}

TEST_F(WorkerPoolTest, SilentWorkerIsKilledAtTheDeadlineAndReplaced) {
    WorkerPool pool{program(), 1, 2s};
    ASSERT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
    const pid_t silent = started().front();

    EXPECT_EQ(failureOf(pool, "hng"), Failure::kDeadline);

    EXPECT_EQ(::kill(silent, 0), -1);
    EXPECT_EQ(errno, ESRCH);
    EXPECT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
}

TEST_F(WorkerPoolTest, AnswerThatCannotBeUnderstoodCostsTheWorkerItsPlace) {
    WorkerPool pool{program(), 1};

    EXPECT_EQ(failureOf(pool, "bad"), Failure::kCrashed);
    EXPECT_EQ(failureOf(pool, "lng"), Failure::kCrashed);
    EXPECT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
    EXPECT_EQ(started().size(), 3U);
}

TEST_F(WorkerPoolTest, WorkerThatDiedWhileIdleCostsNoPicture) {
    WorkerPool pool{program(), 1};
    ASSERT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
    const pid_t idle = started().front();
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, idle, 0));
    ASSERT_GE(process, 0);
    ASSERT_EQ(::kill(idle, SIGKILL), 0);
    pollfd ended{process, POLLIN, 0};
    ASSERT_EQ(::poll(&ended, 1, -1), 1);
    ::close(process);

    EXPECT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
}

TEST_F(WorkerPoolTest, TwoWorkersReadAtTheSameTime) {
    WorkerPool pool{program(), 2, 30s};
    std::atomic<int> answered{0};

    std::thread waiting{
        [&] { answered += failureOf(pool, "wt.") == Failure::kNoCard ? 1 : 0; }};  // needs the other to be answered
    std::thread waking{[&] { answered += failureOf(pool, "go.") == Failure::kNoCard ? 1 : 0; }};
    waiting.join();
    waking.join();

    EXPECT_EQ(answered, 2);
}

TEST_F(WorkerPoolTest, ManyCallersShareFewWorkers) {
    constexpr int kCallers = 8;
    WorkerPool pool{program(), 2, 30s};
    std::atomic<int> answered{0};

    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
        callers.emplace_back([&, dies = i % 4 == 0] {
            answered += failureOf(pool, dies ? "die" : "ok.") == (dies ? Failure::kCrashed : Failure::kNoCard) ? 1 : 0;
        });
    }
    for (std::thread& caller : callers) caller.join();

    EXPECT_EQ(answered, kCallers);
}

TEST_F(WorkerPoolTest, NoWorkerOutlivesThePool) {
    {
        WorkerPool pool{program(), 1};
        ASSERT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
    }

    ASSERT_EQ(started().size(), 1U);
    EXPECT_EQ(::kill(started().front(), 0), -1);
    EXPECT_EQ(errno, ESRCH);
}

TEST_F(WorkerPoolTest, WorkersSeeTheirOwnEnvironmentOnly) {
    ASSERT_EQ(::setenv("TOLLGATE_TEST_SECRET", "of the server", 1), 0);
    WorkerPool pool{program(), 1};

    EXPECT_EQ(failureOf(pool, "env"), Failure::kNoCard);

    ::unsetenv("TOLLGATE_TEST_SECRET");
}

TEST_F(WorkerPoolTest, PictureAboveTheFrameLimitIsTooLargeUnread) {
    WorkerPool pool{program(), 1};

    EXPECT_EQ(failureOf(pool, std::string(16 * 1024 * 1024 + 1, 'x')), Failure::kTooLarge);
    EXPECT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
}

TEST_F(WorkerPoolTest, RefusesAProgramThatIsNotThereAndEmptyPools) {
    EXPECT_THROW((WorkerPool{"/nonexistent/worker", 1}), std::system_error);
    EXPECT_THROW((WorkerPool{program(), 0}), std::invalid_argument);
    EXPECT_THROW((WorkerPool{program(), 1, 0ms}), std::invalid_argument);
}

TEST_F(WorkerPoolTest, WorkerThatCannotBeReplacedIsTriedAgainNextTime) {
    WorkerPool pool{program(), 1};
    const auto hidden = program().string() + ".away";
    std::filesystem::rename(program(), hidden);

    EXPECT_THROW((void)pool.read(std::string_view{"die"}), std::system_error);
    std::filesystem::rename(hidden, program());

    EXPECT_EQ(failureOf(pool, "ok."), Failure::kNoCard);
}

}  // namespace
}  // namespace recogniser
