#pragma once

#include <string>
#include <vector>

namespace gateway::app {

/// The commands about money: docs/statements.md, docs/exports.md and docs/reconciliation.md. Each gives an exit code and throws as the other
/// commands do. `runPeriodClose` changes the store and needs the gateway to be stopped; the others only read, beside a
/// running gateway too.
int runPeriodClose(const std::vector<std::string>& words);
int runStatementShow(const std::vector<std::string>& words);
int runStatementVerify(const std::vector<std::string>& words);
int runExport(const std::vector<std::string>& words);
int runPriceCompare(const std::vector<std::string>& words);
int runUsageReconcile(const std::vector<std::string>& words);

}  // namespace gateway::app
