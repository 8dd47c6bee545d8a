// Makes a store of a given size for script/bench-scale. Usage:
//   bench_make_store DATABASE KEY_RING COMPONENT_APPID MERCHANTS ENTRIES KEYS_FILE [MONTH]
// Merchants, keys and tokens are written by the store itself, into a file that it makes and migrates; the ledger is then
// filled with set-based SQL, because ten million scans one by one would take hours. KEYS_FILE gets one API key a line. With MONTH, such as 2026-10, the
// scans are spread over that month and billed by a plan with tiers.
#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenants/base/concurrently.h"
#include "tenants/base/period.h"
#include "tenants/sqlite/ledger_hash_function.h"
#include "tenants/sqlite/sqlite_store.h"

namespace {

using namespace tenants;

constexpr std::int64_t kDayLimit = 1'000'000'000;
constexpr std::int64_t kMerchantsAtOnce = 2'048;

std::int64_t numberFrom(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size() || number < 0) {
        throw std::invalid_argument("not a number: " + std::string{text});
    }
    return number;
}

template <class T>
T need(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().for_caller + " " + result.error().for_log);
    return *std::move(result);
}

struct Population {
    SqliteStore& store;
    const CredentialHasher& hasher;
    AppId component;
    UtcTime now;
    UtcTime created_at;
};

Authorization authorizationOf(const MerchantId& merchant, UtcTime now) {
    Authorization authorization;
    authorization.merchant = merchant;
    authorization.appid = AppId{"wx" + merchant.text().substr(merchant.text().size() - 16)};
    authorization.takeGrants({kOcrPermissionSet});
    authorization.account = {AccountKind::kMiniProgram, true, 1, "Bench"};
    authorization.event_at = now;
    authorization.changed_at = now;
    authorization.access_token = shareSecret(randomIdText("token_"));
    authorization.access_expires_at = now + std::chrono::hours{24};  // nobody renews it while we measure
    authorization.takeRefreshToken(shareSecret(randomIdText("refresh_")));
    return authorization;
}

Task<void> addMerchant(Population population, std::string* key_text) {
    const MerchantId id{randomIdText("mer_")};
    AuditNote by_bench;
    by_bench.actor = KeyId{"bench"};
    by_bench.at = population.now;
    Merchant merchant;
    merchant.id = id;
    merchant.name = "Bench";
    merchant.day_limit = kDayLimit;
    merchant.created_at = population.created_at;
    merchant.component = population.component;
    const auto added = co_await population.store.merchants().add(std::move(merchant), by_bench);
    need(added);

    MintedCredential minted = mintCredential(CredentialKind::kApiKey);
    *key_text = minted.text.expose();
    ApiKey key;
    key.id = KeyId{randomIdText("key_")};
    key.merchant = id;
    key.lookup = minted.lookup;
    key.hash = population.hasher.hash(*key_text);
    key.created_at = population.now;
    const auto key_added = co_await population.store.merchants().addKey(std::move(key), by_bench);
    need(key_added);

    const auto saved =
        co_await population.store.authorizations(population.component).save(authorizationOf(id, population.now));
    need(saved);
}

std::vector<std::string> addMerchants(const Population& population, std::int64_t count) {
    std::vector<std::string> keys(static_cast<std::size_t>(count));
    for (std::size_t begin = 0; begin < keys.size(); begin += kMerchantsAtOnce) {
        const std::size_t end = std::min(keys.size(), begin + kMerchantsAtOnce);
        std::vector<Task<void>> tasks;
        for (std::size_t at = begin; at < end; ++at) tasks.push_back(addMerchant(population, &keys[at]));
        runBlocking(concurrently(std::move(tasks)));
    }
    return keys;
}

constexpr const char* kPlan = "bench";

/// Two merchants of each three get it, so that there are some without one.
void addPlan(SqliteStore& store, UtcTime from) {
    PlanTerms terms;
    terms.included_units = 100;
    terms.monthly_minimum = Money{5'000'000};
    terms.tiers = {{400, Money{120'000}}, {1000, Money{99'500}}, {std::nullopt, Money{66'667}}};
    need(runBlocking(store.plans().addPlan(PlanId{kPlan}, "Bench", terms, from)));
    std::size_t at = 0;
    for (const auto& merchant : store.merchants().list(MerchantId{}, std::numeric_limits<std::size_t>::max())) {
        if (++at % 3 == 0) continue;
        need(runBlocking(store.plans().assign(merchant->id, PlanVersionId{PlanId{kPlan}, 1}, from, from)));
    }
}

// Scan i of E is that of merchant row (i - 1) mod M + 1, and its entry's number is (i - 1) / M + 1. All were made yesterday
// or in MONTH, in a window each of merchant m: 2m - 1 of the day, 2m of WeChat's. Ids are as random as real ones.
constexpr const char* kInsertWindows =
    "INSERT INTO quota_window (row, merchant_row, policy, starts_ms, ends_ms, limit_units, used, held, unknown,"
    " used_elsewhere, warned_percent) SELECT 2 * m.row - (p.policy = 'day'), m.row, p.policy, :starts, :ends, NULL,"
    " :entries / :merchants + (m.row <= :entries % :merchants), 0, 0, 0, 0 "
    "FROM merchant AS m, (SELECT 'day' AS policy UNION ALL SELECT 'upstream_day') AS p ORDER BY 1";
constexpr const char* kInsertHolds =
    "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
    "INSERT INTO hold (row, merchant_row, previous_row, request_id, key_id, x_request_id, fingerprint, units, state,"
    " reason, outcome, entry_row, plan_version_row, day_window_row, upstream_window_row, at_ms, expires_ms, "
    "changed_ms) "
    "SELECT i, (i - 1) % :merchants + 1, iif(i > :merchants, i - :merchants, NULL), id, 'key_' || substr(id, 5), id, "
    "NULL,"
    " 1, 'settled', '', 'billed', i, (SELECT plan_version_row FROM plan_assignment WHERE merchant_row = (i - 1) % "
    ":merchants + 1), 2 * ((i - 1) % :merchants) + 1, 2 * ((i - 1) % :merchants) + 2,"
    " at, at + 10000, at + 5 "
    // As ids of ours are: they begin with the time.
    "FROM (SELECT i, at, 'req_' || printf('%010X', at) || hex(randomblob(8)) AS id FROM"
    " (SELECT i, :starts + i * :span / (:entries + 1) AS at FROM n))";
// In order of row, so that the entries of each merchant come to ledger_hash in order of number.
constexpr const char* kInsertEntries =
    "INSERT INTO usage_entry (row, merchant_row, previous_row, number, id, kind, units, request_id, key_id, "
    "x_request_id,"
    " outcome, at_ms, recorded_ms, period, plan_version_row, reason, hash) "
    "SELECT hold.row, merchant_row, previous_row, (hold.row - 1) / :merchants + 1, 'ent_' || substr(request_id, 5),"
    " 'charge', 1, request_id, key_id, x_request_id, 'billed', at_ms, changed_ms, :period, plan_version_row, '',"
    " ledger_hash(merchant.id, (hold.row - 1) / :merchants + 1, 'ent_' || substr(request_id, 5), 'charge', 1, "
    "request_id,"
    "  key_id, x_request_id, 'billed', at_ms, changed_ms, :period, iif(plan_version_row, 'bench@1', NULL)) "
    "FROM hold CROSS JOIN merchant ON merchant.row = merchant_row WHERE hold.row BETWEEN :first AND :last "
    "ORDER BY hold.row";
constexpr const char* kInsertHeads =
    "INSERT INTO ledger_head (merchant_row, last_number, last_entry_row, last_hash, closed_through, last_hold_row) "
    "SELECT merchant_row, number, row, hash, 0, row FROM usage_entry WHERE row > :entries - :merchants";

/// Binds the names that the statement has and leaves out the others.
class Numbers {
public:
    std::vector<std::pair<const char*, std::int64_t>> values;

    void run(SQLite::Database& database, const char* sql) const {
        SQLite::Statement statement{database, sql};
        for (const auto& [name, value] : values) {
            if (statement.getIndex(name) > 0) statement.bind(name, value);
        }
        statement.exec();
    }
};

constexpr const char* kInsertPeriods =
    "INSERT INTO ledger_period (period, first_row) SELECT :period, min(row) FROM usage_entry";

void addEntries(const std::string& path, std::int64_t merchants, std::int64_t entries, const DaySpan& span) {
    if (entries == 0) return;
    constexpr std::int64_t kRowsAtOnce = 1'000'000;
    const auto millis = [](UtcTime time) { return std::int64_t{time.time_since_epoch().count()}; };
    SQLite::Database database{path, SQLite::OPEN_READWRITE};
    // A file that is lost with a crash is made again.
    database.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000");
    const sqlite::LedgerHashFunction ledger_hash{database};
    const Numbers numbers{{{":merchants", merchants},
                           {":entries", entries},
                           {":starts", millis(span.starts)},
                           {":ends", millis(span.ends)},
                           {":span", millis(span.ends) - millis(span.starts)},
                           {":period", Period{span.starts}.number()}}};
    const auto in_transaction = [&](auto work) {
        SQLite::Transaction transaction{database, SQLite::TransactionBehavior::IMMEDIATE};
        work();
        transaction.commit();
    };
    in_transaction([&] { numbers.run(database, kInsertWindows); });
    for (std::int64_t first = 1; first <= entries; first += kRowsAtOnce) {
        Numbers part = numbers;
        part.values.emplace_back(":first", first);
        part.values.emplace_back(":last", std::min(entries, first + kRowsAtOnce - 1));
        in_transaction([&] {
            part.run(database, kInsertHolds);
            part.run(database, kInsertEntries);
        });
    }
    in_transaction([&] {
        numbers.run(database, kInsertHeads);
        numbers.run(database, kInsertPeriods);
    });
    database.exec("PRAGMA journal_mode = WAL");
}

void makeStore(const std::vector<std::string>& arguments) {
    if (arguments.size() != 6 && arguments.size() != 7) {
        throw std::invalid_argument("needs DATABASE KEY_RING COMPONENT_APPID MERCHANTS ENTRIES KEYS_FILE [MONTH]");
    }
    const std::string& path = arguments[0];
    const AppId component{arguments[2]};
    const std::int64_t merchants = numberFrom(arguments[3]);
    const std::int64_t entries = numberFrom(arguments[4]);
    if (merchants == 0) throw std::invalid_argument("a store without merchants has no use");
    const SystemClock clock;
    const UtcTime now = clock.now();
    std::optional<Period> month;
    if (arguments.size() == 7) {
        month = Period::parse(arguments[6]);
        if (!month || month->ends() > now) throw std::invalid_argument("MONTH is one that is over, such as 2026-10");
    }
    const KeyRing ring = KeyRing::load(arguments[1]);
    {
        const CredentialHasher hasher{ring.derive("credential hash")};
        const auto store = SqliteStore::open(path, ring, {component}, clock, {});
        const auto keys = addMerchants({*store, hasher, component, now, month ? month->starts() : now}, merchants);
        if (month) addPlan(*store, month->starts());
        std::ofstream file{arguments[5]};
        for (const std::string& key : keys) file << key << '\n';
        if (!file.flush()) throw std::runtime_error("cannot write " + arguments[5]);
    }
    const DaySpan span = month ? DaySpan{month->starts(), month->ends()} : beijingDay(now - std::chrono::hours{24});
    addEntries(path, merchants, entries, span);
}

}  // namespace

int main(int count, char** texts) {
    try {
        makeStore({texts + 1, texts + count});
        return 0;
    } catch (const std::exception& failure) {
        std::cerr << "bench_make_store: " << failure.what() << '\n';
        return 1;
    }
}
