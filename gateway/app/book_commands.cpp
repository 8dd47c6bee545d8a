#include "gateway/app/book_commands.h"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>

#include "gateway/app/command_line.h"
#include "gateway/app/commands.h"
#include "gateway/app/settings.h"
#include "gateway/exports/export_folder.h"
#include "tenants/billing/closing.h"
#include "tenants/billing/shadow_price.h"
#include "tenants/billing/statement_text.h"
#include "tenants/billing/usage_reconciliation.h"
#include "tenants/sqlite/sqlite_books.h"
#include "tenants/sqlite/sqlite_store.h"

namespace gateway::app {
namespace {

using tenants::MerchantId;
using tenants::Period;

constexpr std::size_t kDaysAtOnce = 500;

StoreSettings settingsOf(const Options& options) {
    return loadStoreSettings(options.needed("config"), systemEnvironment);
}

/// `what`: the option, or the command whose word it is.
Period periodFrom(const std::string& text, const std::string& what = "--period") {
    const std::optional<Period> period = Period::parse(text);
    if (!period) throw UsageError(what + " needs a month such as 2026-11, not " + text);
    return *period;
}

std::optional<MerchantId> merchantOf(const Options& options) {
    const std::string id = options.value("merchant", "");
    return id.empty() ? std::nullopt : std::optional{MerchantId{id}};
}

std::optional<std::int64_t> numberOf(const Options& options, const std::string& name) {
    const std::string text = options.value(name, "");
    if (text.empty()) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size() || number < 1) {
        throw UsageError("--" + name + " needs a whole number from 1, not " + text);
    }
    return number;
}

int complain(const tenants::Error& error) {
    std::cerr << "error: " << error.for_caller << '\n';
    return kExitFailed;
}

/// The books, for a command that only reads.
struct OpenBooks {
    explicit OpenBooks(const StoreSettings& settings)
        : books(tenants::SqliteBooks::open(settings.database_file, clock)) {}

    tenants::SystemClock clock;
    std::unique_ptr<tenants::SqliteBooks> books;
};

/// Of a mistyped merchant there would be empty files and no lines, which look as if it had used nothing.
tenants::Result<tenants::Done> checkKnown(const std::optional<MerchantId>& merchant, const OpenBooks& open) {
    if (!merchant || open.books->merchantNames().count(*merchant) != 0) return tenants::Done{};
    return tenants::Error{tenants::ErrorCode::kNotFound, "there is no merchant " + merchant->text()};
}

tenants::ExportFormatName formatOf(const Options& options) {
    const auto format = tenants::exportFormatFromText(options.needed("format"));
    if (!format) throw UsageError("--format needs csv, jsonl or focus");
    return *format;
}

template <class Value>
void printJson(const Value& value) {
    std::string line;
    appendJson(line, value);
    std::cout << line << '\n';
}

}  // namespace

int runPeriodClose(const std::vector<std::string>& words) {
    if (words.empty() || words.front().starts_with("--"))
        throw UsageError("period close needs a month such as 2026-11");
    const Period period = periodFrom(words.front(), "period close");
    const Options options{{words.begin() + 1, words.end()}, {"config", "merchant"}};
    const StoreSettings settings = settingsOf(options);
    const tenants::SystemClock clock;
    const tenants::KeyRing ring = tenants::KeyRing::load(settings.key_ring_file);
    const auto store = tenants::SqliteStore::open(
        settings.database_file, ring, {settings.component_appids.begin(), settings.component_appids.end()}, clock, {});
    const tenants::StatementSigner signer{ring};
    tenants::PeriodClosing closing{
        {store->ledgerScan(), store->statements(), store->plans(), signer, clock, settings.issuer}};
    if (const auto merchant = merchantOf(options)) {
        const auto closed = closing.closeOne(*merchant, period, commandNote(clock.now()));
        if (!closed) return complain(closed.error());
        std::cout << tenants::signedText(*closed) << '\n';
        return kExitDone;
    }
    const auto known = store->statements().closing(period);
    if (known && known->finished_at) {
        std::cout << period.text() << " was closed for all merchants before, at "
                  << tenants::rfc3339(*known->finished_at) << '\n';
        return kExitDone;
    }
    tenants::ClosingProgress progress;
    const auto report = closing.closeAll(period, progress, commandNote(clock.now()));
    if (!report) return complain(report.error());
    std::cout << counted(report->closed, "statement", "statements") << " of " << period.text() << " from "
              << counted(progress.entries_read, "ledger row", "ledger rows") << '\n';
    for (const MerchantId& merchant : report->earlier_open) {
        std::cerr << "error: " << merchant.text() << " has an earlier period that has to be closed first\n";
    }
    return report->earlier_open.empty() ? kExitDone : kExitFailed;
}

int runStatementShow(const std::vector<std::string>& words) {
    const Options options{words, {"config", "period", "merchant"}};
    const Period period = periodFrom(options.needed("period"));
    const MerchantId merchant{options.needed("merchant")};
    const OpenBooks open{settingsOf(options)};
    const auto found = open.books->statements().find(merchant, period);
    if (!found) return complain({tenants::ErrorCode::kNotFound, "there is no statement of " + period.text()});
    std::cout << tenants::signedText(*found) << '\n';
    return kExitDone;
}

int runStatementVerify(const std::vector<std::string>& words) {
    const Options options{words, {"config", "period"}};
    const Period period = periodFrom(options.needed("period"));
    const StoreSettings settings = settingsOf(options);
    const tenants::KeyRing ring = tenants::KeyRing::load(settings.key_ring_file);
    const OpenBooks open{settings};
    // A forger can put a key of his own into the database, but not into the key ring.
    const std::vector<tenants::StatementPublicKey> ours = tenants::statementKeysOf(ring);
    std::int64_t checked = 0;
    std::int64_t broken = 0;
    std::optional<MerchantId> after;
    for (;;) {
        const auto page = open.books->statements().ofPeriod(period, after, 256);
        if (page.empty()) break;
        after = page.back().statement.merchant;
        for (const tenants::SignedStatement& one : page) {
            ++checked;
            const std::string text = tenants::canonicalText(one.statement);
            const bool known = std::find(ours.begin(), ours.end(), one.key) != ours.end();
            if (known && tenants::isSignedBy(one.key, text, one.signature)) continue;
            ++broken;
            std::cerr << "fault: " << one.statement.number() << ": "
                      << (known ? "its signature does not fit" : "it is signed by a key that is not of this key ring")
                      << '\n';
        }
    }
    std::cout << counted(checked, "statement", "statements") << " of " << period.text() << " checked, " << broken
              << " faulty\n";
    return broken == 0 ? kExitDone : kExitLedgerFaulty;
}

int runExport(const std::vector<std::string>& words) {
    const Options options{words,
                          {"config", "format", "period", "out", "merchant", "first-number", "last-number"},
                          {},
                          {"gzip", "byte-order-mark"}};
    exports::ExportRequest request;
    request.format = formatOf(options);
    if (const std::string period = options.value("period", ""); !period.empty())
        request.scope.period = periodFrom(period);
    request.scope.merchant = merchantOf(options);
    request.scope.first_number = numberOf(options, "first-number");
    request.scope.last_number = numberOf(options, "last-number");
    request.gzip = options.flag("gzip");
    request.byte_order_mark = options.flag("byte-order-mark");
    if (const auto sound = tenants::checkScope(request.scope); !sound) throw UsageError(sound.error().for_caller);
    const std::filesystem::path folder = options.needed("out");
    const StoreSettings settings = settingsOf(options);
    const OpenBooks open{settings};
    if (const auto known = checkKnown(request.scope.merchant, open); !known) return complain(known.error());
    const exports::ExportSource source{open.books->ledgerScan(), open.books->plans(),
                                       open.books->statements(), [&open] { return open.books->merchantNames(); },
                                       settings.issuer,          open.clock};
    exports::ExportProgress progress;
    if (exports::writeExport(source, request, folder, progress) == exports::ExportEnd::kAlreadyDone) {
        std::cout << folder.string() << " has this export already\n";
    } else {
        std::cout << counted(progress.rows, "row", "rows") << ", see " << (folder / "manifest.json").string() << '\n';
    }
    return kExitDone;
}

int runPriceCompare(const std::vector<std::string>& words) {
    const Options options{words, {"config", "period", "plan-version", "merchant"}};
    const Period period = periodFrom(options.needed("period"));
    const auto version = tenants::planVersionFromText(options.needed("plan-version"));
    if (!version) throw UsageError("--plan-version needs a plan and a number such as std@2");
    const OpenBooks open{settingsOf(options)};
    const std::optional<MerchantId> merchant = merchantOf(options);
    if (const auto known = checkKnown(merchant, open); !known) return complain(known.error());
    const tenants::ShadowSource source{open.books->ledgerScan(), open.books->plans(), open.books->statements()};
    const auto pricing = tenants::ShadowPricing::of(source, period, *version);
    if (!pricing) return complain(pricing.error());
    for (const tenants::ShadowPrice& price : pricing->prices(merchant)) printJson(price);
    return kExitDone;
}

int runUsageReconcile(const std::vector<std::string>& words) {
    const Options options{words, {"config", "period", "day", "merchant"}};
    const std::string day = options.value("day", "");
    const std::string month = options.value("period", "");
    if (day.empty() == month.empty()) throw UsageError("usage reconcile needs --period or --day");
    const std::optional<tenants::DaySpan> span =
        day.empty() ? tenants::DaySpan{periodFrom(month).starts(), periodFrom(month).ends()}
                    : tenants::beijingDayNamed(day);
    if (!span) throw UsageError("--day needs a date such as 2026-11-28, not " + day);
    const OpenBooks open{settingsOf(options)};
    const std::optional<MerchantId> merchant = merchantOf(options);
    if (const auto known = checkKnown(merchant, open); !known) return complain(known.error());
    const tenants::UsageReconciliationSource source{open.books->upstreamDays(), open.books->ledgerScan(),
                                                    open.books->statements()};
    tenants::UsageReconciliationTotals totals;
    std::optional<tenants::UpstreamDayPlace> after;
    do {
        const auto page =
            tenants::reconcileUsage(source, {span->starts, span->ends, merchant}, after, kDaysAtOnce, open.clock.now());
        for (const tenants::ReconciledDay& one : page.days) {
            totals.add(one);
            printJson(one);
        }
        after = page.next;
    } while (after);
    printJson(totals);
    return kExitDone;
}

}  // namespace gateway::app
