#include "gateway/exports/export_folder.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace gateway::exports {
namespace {

constexpr const char* kManifest = "manifest.json";
constexpr const char* kState = "unfinished.json";
constexpr const char* kLedgers = "ledgers.jsonl";
constexpr const char* kFocusMetadata = "focus-metadata.json";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kTextBytesMax = 256 * 1024;  // that wait in memory before they are written

std::string wholeFile(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

std::string partFolder(const ExportRequest& request) {
    return request.scope.period ? "BILLING_PERIOD=" + request.scope.period->text() : std::string{"ENTRIES"};
}

std::string partName(const ExportRequest& request, std::string_view extension, std::size_t number) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "part-%05zu.", number);
    return partFolder(request) + "/" + digits.data() + std::string{extension} + (request.gzip ? ".gz" : "");
}

/// One export into one folder.
class Job {
public:
    Job(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& folder,
        ExportProgress& progress)
        : request_(request),
          folder_(folder),
          progress_(progress),
          accounts_(source.statements, request.scope, source.merchant_names(), source.issuer),
          earlier_(earlierTry()),
          rows_(source.scan, source.plans, accounts_, request.scope, request.format,
                earlier_ ? std::optional{earlier_->end} : std::nullopt) {
        std::filesystem::create_directories(folder_ / partFolder(request_));
        state_.end = rows_.end();
        state_.complete = accounts_.complete();
        state_.created_at = earlier_ ? earlier_->created_at : source.clock.now();
        if (const auto closed_at = accounts_.closedAt(); state_.complete && closed_at) state_.created_at = *closed_at;
    }

    ExportEnd run() {
        if (!earlier_) saveState();
        while (std::unique_ptr<PartFile> part = nextPart()) {
            if (!fill(*part)) return ExportEnd::kStopped;
        }
        finish();
        return ExportEnd::kDone;
    }

private:
    /// What an earlier try left; none where its files stand for something else than they would now.
    std::optional<ExportState> earlierTry() const {
        auto state = readState(wholeFile(folder_ / kState), request_);
        if (state && state->complete == accounts_.complete()) return state;
        return std::nullopt;
    }

    void saveState() const { writeWhole(folder_ / kState, stateText(request_, state_)); }

    /// The next file to write, after the rows of those that are there already have gone by; null: no row is left.
    std::unique_ptr<PartFile> nextPart() {
        const std::size_t number = state_.parts.size();
        if (earlier_ && number < earlier_->parts.size()) {
            passBy(earlier_->parts[number]);
            return nextPart();
        }
        if (ended_ && number > 0) return nullptr;
        auto part = std::make_unique<PartFile>(folder_, partName(request_, rows_.format().extension(), number + 1),
                                               request_.gzip);
        std::string begin;
        if (request_.byte_order_mark && rows_.format().extension() == "csv") begin = kByteOrderMark;
        rows_.format().header(begin);
        part->write(begin);
        return part;
    }

    void passBy(const PartFacts& part) {
        text_ = std::exchange(carried_, {});
        while (text_.rows < part.rows && more()) text_.bytes.clear();
        if (text_.rows != part.rows || text_.billed != part.billed) {
            throw std::runtime_error("the rows of " + part.name +
                                     " are not those of the ledger; remove the folder and begin anew");
        }
        lookForEnd();
        state_.parts.push_back(part);
    }

    /// False: told to stop.
    bool fill(PartFile& part) {
        text_ = std::exchange(carried_, {});
        while (text_.rows < request_.rows_per_part && more()) {
            if (progress_.stop) return false;
            if (text_.bytes.size() < kTextBytesMax) continue;
            part.write(text_.bytes);
            text_.bytes.clear();
        }
        part.write(text_.bytes);
        lookForEnd();
        state_.parts.push_back(part.finish(text_.rows, text_.billed));
        saveState();
        return true;
    }

    /// Adds the next portion to `text_`; false where nothing is left.
    bool more() {
        if (ended_) return false;
        const std::int64_t before = text_.rows;
        ended_ = !rows_.next(text_, request_.rows_per_part - text_.rows);
        const tenants::ScanProgress read = rows_.progress();
        progress_.entries_total = read.total;
        progress_.entries_read = read.done;
        progress_.rows += text_.rows - before;
        return !ended_;
    }

    /// Takes the next row ahead of its part, so that no empty part follows the last row.
    void lookForEnd() {
        while (!ended_ && carried_.rows == 0) ended_ = !rows_.next(carried_, 1);
        progress_.rows += carried_.rows;
    }

    void finish() {
        PartFile ledgers{folder_, kLedgers, false};
        ledgers.write(ledgersText(rows_.ledgers()));
        tenants::Money billed;
        for (const auto& [merchant, ledger] : rows_.ledgers()) billed = billed.plus(ledger.billed);
        const PartFacts facts = ledgers.finish(static_cast<std::int64_t>(rows_.ledgers().size()), billed);
        if (request_.format == tenants::ExportFormatName::kFocus) {
            writeWhole(folder_ / kFocusMetadata, focusMetadataText(state_, rows_.format()));
        }
        writeWhole(folder_ / kManifest, manifestText(request_, state_, rows_.format(), rows_.ledgers(), facts));
        std::filesystem::remove(folder_ / kState);
    }

    const ExportRequest& request_;
    const std::filesystem::path& folder_;
    ExportProgress& progress_;
    tenants::StatedAccounts accounts_;
    const std::optional<ExportState> earlier_;
    tenants::ExportRows rows_;
    ExportState state_;
    tenants::ExportText text_;
    tenants::ExportText carried_;
    bool ended_ = false;
};

}  // namespace

ExportEnd writeExport(const ExportSource& source, const ExportRequest& request, const std::filesystem::path& folder,
                      ExportProgress& progress) {
    if (std::filesystem::exists(folder / kManifest)) {
        if (isManifestOf(wholeFile(folder / kManifest), request)) return ExportEnd::kAlreadyDone;
        throw std::runtime_error(folder.string() + " has the manifest of another export");
    }
    return Job{source, request, folder, progress}.run();
}

}  // namespace gateway::exports
