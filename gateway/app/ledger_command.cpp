#include "gateway/app/ledger_command.h"

#include <Poco/JSONString.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "gateway/app/command_line.h"
#include "gateway/app/commands.h"
#include "gateway/app/settings.h"
#include "tenants/base/digest.h"
#include "tenants/base/key_ring.h"
#include "tenants/sqlite/ledger_verifier.h"

namespace gateway::app {
namespace {

using tenants::KnownEntry;
using tenants::LedgerReport;
using tenants::MerchantId;
using tenants::UsageEntry;

constexpr const char* kExpectForm = "--expect needs MERCHANT=NUMBER:HASH, the hash in 64 hex digits";

KnownEntry expectationOf(const std::string& text) {
    const std::size_t equals = text.rfind('=');
    const std::size_t colon = text.rfind(':');
    if (equals == std::string::npos || colon == std::string::npos || colon < equals) throw UsageError(kExpectForm);
    KnownEntry known;
    known.merchant = MerchantId{text.substr(0, equals)};
    const char* const end = text.data() + colon;
    const auto [read, failure] = std::from_chars(text.data() + equals + 1, end, known.number);
    const auto hash = tenants::chainHashFromHex(std::string_view{text}.substr(colon + 1));
    if (failure != std::errc{} || read != end || known.number < 0 || !hash || known.merchant.empty()) {
        throw UsageError(kExpectForm);
    }
    known.hash = *hash;
    known.source = "--expect";
    return known;
}

/// One line of an exported ledger: the fields of docs/ledger-format.md by their names, and the hash.
std::string exportLine(const UsageEntry& entry) {
    std::string line = "{";
    const auto add = [&line](const char* name, const std::string& value) {
        if (line.size() > 1) line += ',';
        line += '"';
        line += name;
        line += "\":";
        line += value;
    };
    const auto text = [](std::string_view value) { return Poco::toJSON(std::string{value}); };
    const auto time = [](tenants::UtcTime value) { return std::to_string(value.time_since_epoch().count()); };
    add("merchant", text(entry.merchant.text()));
    add("number", std::to_string(entry.number));
    add("id", text(entry.id.text()));
    add("kind", text(tenants::entryKindText(entry.kind)));
    add("units", std::to_string(entry.units));
    add("request_id", text(entry.request.text()));
    add("key_id", text(entry.key.text()));
    add("x_request_id", text(entry.x_request_id));
    add("outcome", text(tenants::entryOutcomeText(entry.kind)));
    add("at_ms", time(entry.at));
    add("recorded_ms", time(entry.recorded_at));
    add("period", text(entry.period.text()));
    add("plan_version", entry.plan_version ? text(entry.plan_version->text()) : "null");
    add("pack", entry.pack ? text(entry.pack->text()) : "null");
    add("corrects", entry.corrects ? std::to_string(*entry.corrects) : "null");
    add("price_micro_yuan", entry.price ? std::to_string(entry.price->microYuan()) : "null");
    add("reason", text(entry.reason));
    add("hash", text(tenants::hexText(entry.hash)));
    return line + "}\n";
}

void print(const LedgerReport& report) {
    for (const auto& [merchant, end] : report.ends) {
        std::cout << merchant.text() << '=' << end.number << ':' << tenants::hexText(end.hash) << '\n';
    }
    if (report.audit_end.number > 0) {
        std::cout << tenants::kAuditChain << '=' << report.audit_end.number << ':'
                  << tenants::hexText(report.audit_end.hash) << '\n';
    }
    for (const tenants::LedgerFault& fault : report.faults) {
        std::cerr << "fault: " << (fault.merchant.empty() ? "-" : fault.merchant) << ": " << fault.text << '\n';
    }
    std::cerr << counted(report.entries, "entry", "entries") << " of "
              << counted(static_cast<std::int64_t>(report.ends.size()), "merchant", "merchants") << ", "
              << counted(report.fault_count, "fault", "faults");
    if (report.fault_count > static_cast<std::int64_t>(report.faults.size())) {
        std::cerr << ", of which the first " << report.faults.size() << " are named";
    }
    std::cerr << '\n';
}

/// A file of entries that takes its name when it is whole: what has that name stays as it is until then.
class EntryFile {
public:
    /// `database`: whose files are not overwritten. Throws UsageError, std::runtime_error.
    EntryFile(std::filesystem::path path, const std::filesystem::path& database)
        : path_(std::move(path)), part_(path_.string() + ".part") {
        const std::filesystem::path target = std::filesystem::weakly_canonical(path_);
        for (const char* suffix : {"", "-wal", "-shm", ".lock", ".damaged"}) {
            if (target == std::filesystem::weakly_canonical(database.string() + suffix))
                throw UsageError("--export " + path_.string() + " is a file of the database");
        }
        file_.open(part_, std::ios::binary | std::ios::trunc);
        if (!file_) throw std::runtime_error("cannot write " + part_.string());
    }
    EntryFile(const EntryFile&) = delete;
    EntryFile& operator=(const EntryFile&) = delete;
    ~EntryFile() {
        std::error_code gone_already;
        std::filesystem::remove(part_, gone_already);
    }

    void add(const UsageEntry& entry) { file_ << exportLine(entry); }
    void finish() {
        file_.close();
        if (!file_) throw std::runtime_error("cannot write " + part_.string());
        std::filesystem::rename(part_, path_);
    }

private:
    const std::filesystem::path path_, part_;
    std::ofstream file_;
};

}  // namespace

int runLedgerVerify(const std::vector<std::string>& words) {
    const Options options{words, {"config", "database", "merchant", "export"}, {"expect"}};
    tenants::LedgerVerification asked;
    std::string database = options.value("database", "");
    const std::string config = options.value("config", "");
    if (database.empty() || !config.empty()) {
        const StoreSettings settings = loadStoreSettings(options.needed("config"), systemEnvironment);
        if (database.empty()) database = settings.database_file.string();
        // A forger can put a key of his own into the database, but not into the key ring.
        asked.statement_keys = tenants::statementKeysOf(tenants::KeyRing::load(settings.key_ring_file));
    }
    if (const std::string merchant = options.value("merchant", ""); !merchant.empty())
        asked.merchant = MerchantId{merchant};
    for (const std::string& expected : options.values("expect")) asked.known.push_back(expectationOf(expected));
    std::optional<EntryFile> file;
    if (const std::string path = options.value("export", ""); !path.empty()) {
        file.emplace(path, database);
        asked.each = [&file](const UsageEntry& entry) { file->add(entry); };
    }
    const LedgerReport report = tenants::verifyLedger(database, asked);
    if (report.merchant_unknown) throw UsageError("--merchant: there is no merchant " + asked.merchant->text());
    if (file) file->finish();
    print(report);
    return report.fault_count == 0 ? kExitDone : kExitLedgerFaulty;
}

}  // namespace gateway::app
