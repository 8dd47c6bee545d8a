#pragma once

#include <string>
#include <vector>

namespace gateway::app {

/// `tollgate ledger verify`: recomputes the ledger and names what is wrong with it. Gives kExitDone where nothing is,
/// kExitLedgerFaulty where something is, and throws as the other commands do. Changes nothing but the export file.
int runLedgerVerify(const std::vector<std::string>& words);

}  // namespace gateway::app
