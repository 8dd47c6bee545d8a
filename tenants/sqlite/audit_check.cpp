#include "tenants/sqlite/audit_check.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tenants/base/audit.h"
#include "tenants/base/digest.h"
#include "tenants/sqlite/audit_row.h"
#include "tenants/sqlite/audited_rows.h"
#include "tenants/sqlite/entry_row.h"
#include "tenants/sqlite/query.h"

namespace tenants::sqlite {
namespace {

// Whatever somebody wrote there is no JSON: then the chain says so, and the last two columns are NULL.
constexpr const char* kSelectAudit =
    "SELECT number, at_ms, actor, action, merchant_id, target, reason, request_id, content, hash,"
    " iif(json_valid(content), json_extract(content, '$.entry'), NULL),"
    " iif(json_valid(content), json_extract(content, '$.hash'), NULL) FROM audit_entry ORDER BY number";
constexpr const char* kSelectSequence = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit_entry'";
constexpr const char* kSelectContent = "SELECT content FROM audit_entry WHERE number = :number";
constexpr char kBetween = '\n';  // in no merchant's id

std::string entryName(std::int64_t number) {
    return "audit entry " + std::to_string(number);
}

std::string keyOf(const std::string& merchant, const std::string& target) {
    return merchant + kBetween + target;
}

std::string nameOf(const std::string& target) {
    return target.empty() ? "the merchant" : target;
}

AuditEntry entryOf(const Query& row) {
    AuditEntry entry = auditEntryOf(row);
    const std::string_view hash = row.blob(9);
    if (hash.size() == entry.hash.size()) entry.hash = hashOf(hash);
    return entry;
}

/// The rows of these kinds have one target each; what else the audit names is a deed.
bool isRow(const std::string& target) {
    return std::ranges::any_of(auditedRows(), [&target](const AuditedRows& rows) {
        return rows.prefix.empty() ? target.empty() : target.starts_with(rows.prefix);
    });
}

}  // namespace

std::vector<KnownEntry> AuditCheck::walk(const std::vector<KnownEntry>& known) {
    std::multimap<std::int64_t, KnownEntry> expected;
    for (const KnownEntry& entry : known) expected.emplace(entry.number, entry);
    std::vector<KnownEntry> named;
    LedgerEnd& end = report_.audit_end;
    PreparedStatement select{database_, kSelectAudit};
    Query row{select};
    while (row.next()) {
        const AuditEntry entry = entryOf(row);
        if (entry.number != end.number + 1) {
            lose(end.number + 1, entry.number - 1, "");
        } else if (auditHash(end.hash, entry) != entry.hash) {
            fault(entryName(entry.number) + " (" + entry.note.action + ") was changed, or the one before it");
        }
        end = {entry.number, entry.hash};
        const auto [first, last] = expected.equal_range(entry.number);
        for (auto each = first; each != last; ++each) {
            if (each->second.hash == entry.hash) continue;
            fault("the audit up to " + entryName(entry.number) + " was changed: its hash is " + hexText(entry.hash) +
                  ", but " + each->second.source + " says " + hexText(each->second.hash));
        }
        if (!entry.content) continue;
        const auto hash = row.isNull(10) ? std::nullopt : chainHashFromHex(row.text(11));
        if (hash) {
            named.push_back({entry.note.merchant, row.number(10), *hash, entryName(entry.number)});
        } else if (isRow(entry.note.target)) {
            said_.insert_or_assign(keyOf(entry.note.merchant.text(), entry.note.target),
                                   Said{entry.number, linkHash({}, *entry.content)});
        }
    }
    const std::int64_t last = database_.execAndGet(kSelectSequence).getInt64();
    for (const auto& [number, entry] : expected) {
        if (number <= end.number) continue;
        fault(entryName(number) + " is missing, which " + entry.source +
              " names: the audit was cut off, or this is an older copy of it");
    }
    if (last > end.number) lose(end.number + 1, last, " at the end");
    return named;
}

void AuditCheck::lose(std::int64_t first, std::int64_t last, const std::string& where) {
    fault(first == last
              ? entryName(first) + " is missing" + where
              : "audit entries " + std::to_string(first) + " to " + std::to_string(last) + " are missing" + where);
}

void AuditCheck::compareRows(const std::optional<MerchantId>& merchant) {
    const auto asked = [&merchant](const std::string& whose) {
        return !merchant || whose.empty() || whose == merchant->text();
    };
    for (const AuditedRows& rows : auditedRows()) {
        PreparedStatement select{database_, rows.select};
        Query row{select};
        while (row.next()) {
            const std::string whose = row.text(0);
            const std::string target = row.text(1);
            if (!asked(whose)) continue;
            const auto said = said_.find(keyOf(whose, target));
            if (said == said_.end()) {
                if (rows.all) report_.add(whose, nameOf(target) + " was added or moved: no audit entry names it");
                continue;
            }
            if (linkHash({}, row.text(2)) != said->second.content) {
                report_.add(whose, nameOf(target) + " was changed: it is " + row.text(2) + ", but " +
                                       entryName(said->second.number) + " says " + contentAt(said->second.number));
            }
            said_.erase(said);
        }
    }
    for (const auto& [key, said] : said_) {
        const std::size_t between = key.find(kBetween);
        const std::string whose = key.substr(0, between);
        if (!asked(whose)) continue;
        report_.add(whose, nameOf(key.substr(between + 1)) + " is missing, which " + entryName(said.number) + " names");
    }
}

std::string AuditCheck::contentAt(std::int64_t number) {
    PreparedStatement select{database_, kSelectContent};
    Query row{select};
    row.bind(":number", number);
    return row.next() ? row.text(0) : std::string{};
}

}  // namespace tenants::sqlite
