#include "gateway/app/commands.h"

#include <array>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string_view>

#include "gateway/app/book_commands.h"
#include "gateway/app/command_line.h"
#include "gateway/app/credentials.h"
#include "gateway/app/ledger_command.h"
#include "gateway/app/serve.h"
#include "gateway/app/settings.h"
#include "tenants/base/key_ring.h"
#include "tenants/base/sealing.h"
#include "tenants/merchant/api_key.h"
#include "tenants/sqlite/database_refused.h"
#include "tenants/sqlite/sqlite_store.h"

namespace gateway::app {
namespace {

using Words = std::vector<std::string>;

struct Command {
    std::string_view name;     // one or two words
    std::string_view options;  // as the help shows them
    std::string_view summary;
    int (*run)(const Words& words);
};

StoreSettings storeSettingsOf(const Options& options) {
    return loadStoreSettings(options.needed("config"), systemEnvironment);
}

/// The store, for a command that changes it while no gateway runs.
struct OpenStore {
    explicit OpenStore(const StoreSettings& settings)
        : ring(tenants::KeyRing::load(settings.key_ring_file)),
          store(tenants::SqliteStore::open(settings.database_file, ring, appIdsOf(settings.component_appids), clock,
                                           {})) {}

    static std::vector<tenants::AppId> appIdsOf(const std::vector<std::string>& texts) {
        return {texts.begin(), texts.end()};
    }

    tenants::SystemClock clock;
    tenants::KeyRing ring;
    std::unique_ptr<tenants::SqliteStore> store;
};

int complain(const tenants::Error& error) {
    std::cerr << "error: " << error.for_caller << '\n';
    return kExitFailed;
}

int runServe(const Words& words) {
    const Options options{words, {"config"}};
    const std::string file = options.needed("config");
    return serve([&file] { return loadSettings(file, systemEnvironment); }, tenants::SystemClock{});
}

int runMigrate(const Words& words) {
    const Options options{words, {"config"}};
    const OpenStore open{storeSettingsOf(options)};  // opening migrates
    std::cout << "the database has this version's schema\n";
    return kExitDone;
}

int runSecretsInit(const Words& words) {
    const Options options{words, {"config"}};
    const StoreSettings settings = storeSettingsOf(options);
    tenants::KeyRing::create(settings.key_ring_file);
    std::cerr << "key ring created: " << settings.key_ring_file.string()
              << "\nKeep a copy apart from the database's backups: without it nothing that is encrypted opens again.\n";
    return kExitDone;
}

int runAdminTokenCreate(const Words& words) {
    const Options options{words, {"config", "label"}};
    const OpenStore open{storeSettingsOf(options)};
    const tenants::CredentialHasher hasher = credentialHasher(open.ring);
    const auto minted = tenants::mintCredential(tenants::CredentialKind::kAdminToken);
    tenants::AdminToken token;
    token.id = tenants::KeyId{tenants::randomIdText("adm_")};
    token.lookup = minted.lookup;
    token.hash = hasher.hash(minted.text.expose());
    token.label = options.value("label", "");
    token.created_at = open.clock.now();
    const auto added =
        tenants::runBlocking(open.store->merchants().addAdminToken(token, commandNote(token.created_at)));
    if (!added) return complain(added.error());
    std::cout << minted.text.expose() << '\n';  // shown this once, and alone, so that a script can take it
    return kExitDone;
}

int runAdminTokenList(const Words& words) {
    const Options options{words, {"config"}};
    const OpenStore open{storeSettingsOf(options)};
    for (const auto& token : open.store->merchants().adminTokens()) {
        std::cout << token->id.text() << '\t' << token->lookup << '\t' << tenants::rfc3339(token->created_at) << '\t'
                  << (token->revoked_at ? "revoked" : "active") << '\t' << token->label << '\n';
    }
    return kExitDone;
}

int runAdminTokenRevoke(const Words& words) {
    const Options options{words, {"config", "id"}};
    const OpenStore open{storeSettingsOf(options)};
    const tenants::UtcTime now = open.clock.now();
    const auto revoked = tenants::runBlocking(
        open.store->merchants().revokeAdminToken(tenants::KeyId{options.needed("id")}, now, commandNote(now)));
    return revoked ? kExitDone : complain(revoked.error());
}

constexpr std::array<Command, 13> kCommands{{
    {"serve", "--config FILE", "run the gateway until SIGTERM or SIGINT; SIGHUP reloads certificates and log level",
     runServe},
    {"migrate", "--config FILE", "bring the database to this version's schema", runMigrate},
    {"secrets init", "--config FILE", "make the key ring file that everything is encrypted under", runSecretsInit},
    {"admin-token create", "--config FILE [--label TEXT]", "print a new token for the admin API", runAdminTokenCreate},
    {"admin-token list", "--config FILE", "list admin tokens, without their secrets", runAdminTokenList},
    {"admin-token revoke", "--config FILE --id ID", "revoke an admin token", runAdminTokenRevoke},
    {"ledger verify", "--config FILE|--database FILE|both [--merchant ID] [--export FILE] [--expect ID=NUMBER:HASH …]",
     "recompute the ledger and name what was changed; prints each merchant's head, beside a running gateway too",
     runLedgerVerify},
    {"period close", "PERIOD --config FILE [--merchant ID]",
     "freeze the statements of a month that has ended, of all merchants or of one", runPeriodClose},
    {"statement show", "--config FILE --period PERIOD --merchant ID", "print a signed statement as JSON",
     runStatementShow},
    {"statement verify", "--config FILE --period PERIOD", "check the signature of every statement of a month",
     runStatementVerify},
    {"export",
     "--config FILE --format csv|jsonl|focus --out FOLDER (--period PERIOD [--merchant ID] | --merchant ID\n"
     "      --first-number N --last-number N) [--gzip] [--byte-order-mark]",
     "write the ledger's rows with their prices; goes on where an earlier try was cut", runExport},
    {"price compare", "--config FILE --period PERIOD --plan-version PLAN@N [--merchant ID]",
     "what a month would have cost under another plan version; one line of JSON a merchant", runPriceCompare},
    {"usage reconcile", "--config FILE --period PERIOD|--day DATE [--merchant ID]",
     "ledger, WeChat's word and statement side by side; one line of JSON a merchant and day, then their totals",
     runUsageReconcile},
}};

void printHelp(std::ostream& out) {
    out << "usage: tollgate COMMAND [OPTIONS]\n\n";
    for (const Command& command : kCommands) {
        out << "  tollgate " << command.name << ' ' << command.options << "\n      " << command.summary << '\n';
    }
    out << "\nMerchants and their keys are managed by the admin API while the gateway runs.\n"
           "Commands that change the store need the gateway to be stopped: one process owns it. The commands ledger, "
           "statement,\n"
           "export, price and usage only read, beside a running gateway too.\n"
           "FILE is a property file; TOLLGATE_A_B overrides its key a.b. See docs/tollgate.sample.properties.\n\n"
           "exit codes: 0 done; 1 tried and failed; 2 wrong command line; 3 a setting, the key ring or a file that a\n"
           "setting names is missing or wrong; 4 the database is in use, newer, foreign or damaged; 5 serve stopped "
           "with\n"
           "work that did not finish in time; 6 ledger verify found faults, and named them on standard error\n";
}

/// The command that `arguments` begins with, and what follows it.
const Command* findCommand(const Words& arguments, Words& rest) {
    for (const Command& command : kCommands) {
        const bool two_words = command.name.find(' ') != std::string_view::npos;
        const std::size_t count = two_words ? 2 : 1;
        if (arguments.size() < count) continue;
        const std::string name = two_words ? arguments[0] + " " + arguments[1] : arguments[0];
        if (name != command.name) continue;
        rest.assign(arguments.begin() + static_cast<std::ptrdiff_t>(count), arguments.end());
        return &command;
    }
    return nullptr;
}

int run(const Words& arguments) {
    if (arguments.empty()) throw UsageError("a command is needed");
    if (arguments[0] == "--help" || arguments[0] == "-h") {
        printHelp(std::cout);
        return kExitDone;
    }
    if (arguments[0] == "--version") {
        std::cout << "tollgate " << TOLLGATE_VERSION << '\n';
        return kExitDone;
    }
    Words rest;
    const Command* command = findCommand(arguments, rest);
    if (command == nullptr) throw UsageError("unknown command: " + arguments[0]);
    if (!rest.empty() && (rest[0] == "--help" || rest[0] == "-h")) {
        std::cout << "usage: tollgate " << command->name << ' ' << command->options << "\n" << command->summary << '\n';
        return kExitDone;
    }
    return command->run(rest);
}

}  // namespace

int runCommand(const std::vector<std::string>& arguments) {
    try {
        return run(arguments);
    } catch (const UsageError& error) {
        std::cerr << "error: " << error.what() << "\nsee: tollgate --help\n";
        return kExitUsage;
    } catch (const SettingsError& error) {
        std::cerr << "error: " << error.what() << '\n';
        return kExitSettings;
    } catch (const tenants::KeyRingError& error) {
        std::cerr << "error: " << error.what()
                  << "\nA new installation makes one with: tollgate secrets init --config FILE\n";
        return kExitSettings;
    } catch (const tenants::SealBroken& error) {
        std::cerr << "error: " << error.what()
                  << "\nThe database was written under another key ring, or was changed by somebody else.\n";
        return kExitStore;
    } catch (const tenants::sqlite::DatabaseRefused& error) {
        std::cerr << "error: " << error.what() << '\n';
        return kExitStore;
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        return kExitFailed;
    }
}

}  // namespace gateway::app
