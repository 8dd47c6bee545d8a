#include "gateway/admin/export_desk.h"

#include <algorithm>
#include <exception>
#include <fstream>
#include <iterator>
#include <utility>

#include "tenants/base/ids.h"

namespace gateway::admin {
namespace {

constexpr const char* kRequest = "request.json";
constexpr const char* kManifest = "manifest.json";

std::string wholeFile(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

}  // namespace

ExportDesk::ExportDesk(exports::ExportSource source, std::filesystem::path root, net::SlowLane& lane, log::Log& log)
    : source_(std::move(source)), root_(std::move(root)), lane_(lane), log_(log) {}

std::string ExportDesk::newId() const {
    // In order of time, so that a list of names is a list of ages.
    return "exp_" + std::to_string(source_.clock.now().time_since_epoch().count()) + tenants::randomIdText("_");
}

void ExportDesk::begin(const std::string& id, const exports::ExportRequest& request) {
    const auto run = std::make_shared<Run>();
    run->id = id;
    run->request = request;
    std::filesystem::create_directories(root_ / run->id);
    exports::writeWhole(root_ / run->id / kRequest, exports::requestText(request) + "\n");
    add(run);
}

void ExportDesk::add(const std::shared_ptr<Run>& run) {
    const std::scoped_lock lock{mutex_};
    runs_.emplace(run->id, run);
    order_.push_back(run->id);
    if (std::filesystem::exists(root_ / run->id / kManifest)) {
        run->state = "done";
    } else {
        lane_.add([this, run] { this->run(*run); });
    }
}

void ExportDesk::run(Run& run) {
    {
        const std::scoped_lock lock{mutex_, run.mutex};
        if (stopped_) return;
        run.state = "running";
    }
    try {
        const exports::ExportEnd ended = exports::writeExport(source_, run.request, root_ / run.id, run.progress);
        if (ended == exports::ExportEnd::kStopped) return end(run, "pending", {});
        log_.info("export_done", {{"export", run.id}, {"rows", run.progress.rows.load()}});
        end(run, "done", {});
    } catch (const std::exception& failure) {
        log_.error("export_failed", {{"export", run.id}, {"detail", failure.what()}});
        end(run, "failed", "It failed inside; the log says why. A restart tries it again.");
    }
}

void ExportDesk::end(Run& run, std::string state, std::string error) const {
    const std::scoped_lock lock{run.mutex};
    run.state = std::move(state);
    run.error = std::move(error);
}

std::vector<std::string> ExportDesk::filesOf(const std::string& id) const {
    std::vector<std::string> files;
    for (const auto& file : std::filesystem::recursive_directory_iterator{root_ / id}) {
        if (!file.is_regular_file()) continue;
        std::string name = std::filesystem::relative(file.path(), root_ / id).string();
        if (name != kRequest) files.push_back(std::move(name));
    }
    std::sort(files.begin(), files.end());
    return files;
}

ExportView ExportDesk::viewOf(const Run& run) const {
    const std::scoped_lock lock{run.mutex};
    ExportView view{run.id,
                    run.state,
                    exports::requestText(run.request),
                    run.progress.entries_read,
                    run.progress.entries_total,
                    run.progress.rows,
                    {},
                    run.error};
    if (run.state == "done") view.files = filesOf(run.id);
    return view;
}

std::optional<ExportView> ExportDesk::find(const std::string& id) const {
    const std::scoped_lock lock{mutex_};
    const auto run = runs_.find(id);
    return run == runs_.end() ? std::nullopt : std::optional{viewOf(*run->second)};
}

std::vector<ExportView> ExportDesk::list() const {
    const std::scoped_lock lock{mutex_};
    std::vector<ExportView> views;
    for (auto id = order_.rbegin(); id != order_.rend(); ++id) views.push_back(viewOf(*runs_.at(*id)));
    return views;
}

std::optional<std::string> ExportDesk::file(const std::string& id, const std::string& name) const {
    const auto view = find(id);
    // Only a name that is on the list, so that no path leads out of the folder.
    if (!view || std::find(view->files.begin(), view->files.end(), name) == view->files.end()) return std::nullopt;
    return wholeFile(root_ / id / name);
}

void ExportDesk::resume() {
    if (!std::filesystem::is_directory(root_)) return;
    std::vector<std::string> ids;
    for (const auto& folder : std::filesystem::directory_iterator{root_}) {
        if (folder.is_directory()) ids.push_back(folder.path().filename().string());
    }
    std::sort(ids.begin(), ids.end());
    for (const std::string& id : ids) {
        const auto request = exports::readRequest(wholeFile(root_ / id / kRequest));
        if (!request) continue;  // not a folder of ours, or one whose making was cut before anybody heard of it
        const auto run = std::make_shared<Run>();
        run->id = id;
        run->request = *request;
        add(run);
    }
}

void ExportDesk::stop() {
    const std::scoped_lock lock{mutex_};
    stopped_ = true;
    for (const auto& [id, run] : runs_) run->progress.stop = true;
}

}  // namespace gateway::admin
