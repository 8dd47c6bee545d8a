#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/exports/export_folder.h"
#include "gateway/log/log.h"
#include "gateway/net/slow_lane.h"
#include "tenants/base/result.h"

namespace gateway::admin {

/// What an export looks like from outside.
struct ExportView {
    std::string id;
    std::string state;    // pending, running, done, failed
    std::string request;  // JSON
    std::int64_t entries_read = 0, entries_total = 0, rows = 0;
    std::vector<std::string> files;  // below the export's own address; once it is done
    std::string error;
};

/// Runs exports, one at a time, behind everything else, each into a folder of its own below `root`, which also remembers
/// what was asked for: an export that a restart cut is gone on with. Safe from any thread; all but `stop` block on the disk.
class ExportDesk {
public:
    ExportDesk(exports::ExportSource source, std::filesystem::path root, net::SlowLane& lane, log::Log& log);

    /// For an export that shall begin: exp_….
    std::string newId() const;
    void begin(const std::string& id, const exports::ExportRequest& request);
    std::optional<ExportView> find(const std::string& id) const;
    /// Newest first.
    std::vector<ExportView> list() const;
    /// The bytes of one file of a finished export; empty where there is none of that name.
    std::optional<std::string> file(const std::string& id, const std::string& name) const;
    void resume();
    void stop();

private:
    struct Run {
        std::string id;
        exports::ExportRequest request;
        exports::ExportProgress progress;
        mutable std::mutex mutex;  // of what follows
        std::string state = "pending";
        std::string error;
    };

    void add(const std::shared_ptr<Run>& run);
    void run(Run& run);
    void end(Run& run, std::string state, std::string error) const;
    ExportView viewOf(const Run& run) const;
    std::vector<std::string> filesOf(const std::string& id) const;

    const exports::ExportSource source_;
    const std::filesystem::path root_;
    net::SlowLane& lane_;
    log::Log& log_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Run>> runs_;
    std::vector<std::string> order_;  // oldest first
    bool stopped_ = false;
};

}  // namespace gateway::admin
