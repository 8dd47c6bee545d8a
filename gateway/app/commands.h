#pragma once

#include <string>
#include <vector>

#include "tenants/base/audit.h"

namespace gateway::app {

/// Exit codes of every command, documented in `tollgate --help`.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;        // it was tried and did not work: standard error says why
inline constexpr int kExitUsage = 2;         // the command line is wrong
inline constexpr int kExitSettings = 3;      // a setting, the key ring or a file named by a setting is missing or wrong
inline constexpr int kExitStore = 4;         // the database is in use, newer, foreign or damaged
inline constexpr int kExitUnfinished = 5;    // serve: stopped with work that did not finish in time
inline constexpr int kExitLedgerFaulty = 6;  // ledger verify: the ledger is not as it was written

/// Who the audit names for what a command changes: whoever may run it on this machine.
inline tenants::AuditNote commandNote(tenants::UtcTime now) {
    tenants::AuditNote note;
    note.actor = tenants::KeyId{"cli"};
    note.at = now;
    return note;
}

/// Runs one command line (without the program's name) and gives the exit code. Blocks until the command is done; `serve`
/// until SIGTERM or SIGINT.
int runCommand(const std::vector<std::string>& arguments);

}  // namespace gateway::app
