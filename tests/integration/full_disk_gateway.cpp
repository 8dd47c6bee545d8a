#include <signal.h>
#include <sqlite3.h>

#include <iostream>
#include <thread>

#include "gateway/app/commands.h"
#include "tests/unit/tenants/sqlite/fault_vfs.h"

/// `tollgate`, all of it, on a disk that is full from SIGUSR1 to SIGUSR2.
int main(int argc, char** argv) {
    auto& disk = test_support::FaultVfs::instance();
    if (sqlite3_vfs_register(sqlite3_vfs_find(test_support::FaultVfs::kName), 1) != SQLITE_OK) {
        std::cerr << "cannot take the file system's place\n";
        return 1;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGUSR2);
    if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) return 1;
    std::thread{[&disk, signals] {
        for (int signal = 0; sigwait(&signals, &signal) == 0;) {
            disk.failWrites(signal == SIGUSR1 ? SQLITE_FULL : SQLITE_OK);
        }
    }}.detach();
    return gateway::app::runCommand({argv + 1, argv + argc});
}
