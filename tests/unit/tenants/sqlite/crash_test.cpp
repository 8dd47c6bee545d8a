#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "tenants/sqlite/ledger_verifier.h"
#include "tests/unit/tenants/sqlite/ledger_audit.h"
#include "tests/unit/tenants/sqlite/store_fixture.h"

extern char** environ;

namespace test_support {
namespace {

using tenants::HoldState;
using tenants::MerchantId;
using tenants::runBlocking;

class CrashTest : public StoreFixture {
protected:
    /// What a child process was told before it was killed, whole lines only.
    std::string toldUntilKilled(int round, std::size_t lines) const {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        std::string program = CRASH_CHILD;
        std::string folder = folder_.path().string();
        std::string name = std::to_string(round);
        std::array<char*, 4> arguments{program.data(), folder.data(), name.data(), nullptr};
        ::pid_t child = 0;
        EXPECT_EQ(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);

        std::string told;
        bool killed = false;
        std::array<char, 4096> buffer{};
        for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
            told.append(buffer.data(), static_cast<std::size_t>(got));
            const auto whole_lines = static_cast<std::size_t>(std::count(told.begin(), told.end(), '\n'));
            if (!killed && whole_lines >= lines) {
                EXPECT_EQ(::kill(child, SIGKILL), 0);
                killed = true;
            }
        }
        ::close(ends[0]);
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
        return told.substr(0, told.rfind('\n') + 1);
    }
};

TEST_F(CrashTest, WhatWasAcknowledgedBeforeAKillIsThereOnce) {
    { addMerchant(*openStore(), "mer_a", 1'000'000); }
    std::mt19937 random{20261122};
    std::set<std::string> reserved;
    std::set<std::string> settled;
    std::set<std::string> made;

    for (int round = 0; round < 10; ++round) {
        std::string_view told_left;
        const std::string told = toldUntilKilled(round, 1 + random() % 400);
        for (told_left = told; !told_left.empty(); told_left.remove_prefix(told_left.find('\n') + 1)) {
            const std::string_view line = told_left.substr(0, told_left.find('\n'));
            const std::size_t space = line.find(' ');
            (line.starts_with("settled") ? settled
             : line.starts_with("made")  ? made
                                         : reserved)
                .emplace(line.substr(space + 1));
        }

        const auto store = openStore();  // the lock of the killed process is gone with it
        ASSERT_TRUE(runBlocking(store->ledger().sweep(tenants::UtcTime::max(), beijingNoon())));
        expectSoundLedger(databasePath());
        // Chains are whole, and no key is without its line of the audit, nor a line without its key.
        const auto report = tenants::verifyLedger(databasePath(), {});
        for (const auto& fault : report.faults) ADD_FAILURE() << fault.merchant << ": " << fault.text;
        std::set<std::string> keys;
        for (const auto& key : store->merchants().keysOf(MerchantId{"mer_a"})) keys.insert(key->id.text());
        EXPECT_TRUE(std::includes(keys.begin(), keys.end(), made.begin(), made.end()));
        EXPECT_TRUE(store->ledger().holds(MerchantId{"mer_a"}, HoldState::kHeld, std::nullopt, 10).empty());
        std::set<std::string> held;
        for (const auto& hold : store->ledger().holds(MerchantId{"mer_a"}, std::nullopt, std::nullopt, 1'000'000)) {
            EXPECT_TRUE(held.insert(hold.request.text()).second);
        }
        std::set<std::string> charged;
        for (const auto& entry : store->ledger().entries(MerchantId{"mer_a"}, std::nullopt, 1'000'000)) {
            EXPECT_TRUE(charged.insert(entry.request.text()).second);
        }
        EXPECT_TRUE(std::includes(held.begin(), held.end(), reserved.begin(), reserved.end()));
        EXPECT_TRUE(std::includes(charged.begin(), charged.end(), settled.begin(), settled.end()));
    }
    EXPECT_FALSE(settled.empty());
    EXPECT_FALSE(made.empty());
}

}  // namespace
}  // namespace test_support
