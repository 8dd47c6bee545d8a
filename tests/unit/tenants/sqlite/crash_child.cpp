// crash_child FOLDER ROUND: opens the store of FOLDER and scans for ever, telling on its standard output each change
// that the store has acknowledged, until it is killed.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "tenants/base/key_ring.h"
#include "tenants/base/task.h"
#include "tenants/sqlite/sqlite_store.h"
#include "tests/support/fake_clock.h"

namespace {

using namespace tenants;

void tell(const std::string& line) {
    // One write a line: what the kernel has taken outlives the process.
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(3);
}

Task<void> scanForEver(UsageLedger& ledger, std::string prefix) {
    for (int number = 0;; ++number) {
        Reservation reservation;
        reservation.merchant = MerchantId{"mer_a"};
        reservation.request = RequestId{prefix + std::to_string(number)};
        reservation.key = KeyId{"key_1"};
        reservation.x_request_id = "x";
        reservation.at = test_support::beijingNoon();
        reservation.expires_at = reservation.at + std::chrono::seconds{13};
        reservation.day = beijingDay(reservation.at);
        reservation.upstream_day = beijingDay(reservation.at);
        const Settlement settlement{
            reservation.merchant, reservation.request, Outcome::kRecognised, reservation.at, nullptr, std::nullopt};
        const std::string request = reservation.request.text();
        const Result<ReserveOutcome> reserved = co_await ledger.reserve(std::move(reservation));
        if (!reserved || !std::holds_alternative<Reserved>(*reserved)) ::_exit(4);
        tell("reserved " + request + "\n");
        const Result<Settled> settled = co_await ledger.settle(settlement);
        if (!settled || !settled->charge) ::_exit(5);
        tell("settled " + request + "\n");
    }
}

/// An operator: each change has its line of the audit, or neither is there.
Task<void> makeKeysForEver(MerchantStore& merchants, std::string prefix) {
    for (int number = 0;; ++number) {
        ApiKey key;
        key.id = KeyId{"key_" + prefix + std::to_string(number)};
        key.merchant = MerchantId{"mer_a"};
        key.lookup = key.id.text();
        key.created_at = test_support::beijingNoon();
        const std::string id = key.id.text();
        AuditNote note;
        note.actor = KeyId{"adm_1"};
        const Result<Done> added = co_await merchants.addKey(std::move(key), std::move(note));
        if (!added) ::_exit(6);
        tell("made " + id + "\n");
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 2;
    const std::filesystem::path folder = arguments[1];
    const KeyRing keys = KeyRing::load(folder / "keys");
    const test_support::FakeClock clock{test_support::beijingNoon()};
    SqliteSettings settings;
    settings.checkpoint_bytes = 64 << 10;  // so that some are killed in the middle of a checkpoint
    const auto store =
        SqliteStore::open(folder / "tollgate.db", keys, {AppId{"wxcomponent"}}, clock, std::move(settings));
    for (int scanner = 0; scanner < 16; ++scanner) {
        spawn(scanForEver(store->ledger(), std::string{arguments[2]} + "-" + std::to_string(scanner) + "-"));
    }
    spawn(makeKeysForEver(store->merchants(), std::string{arguments[2]} + "-"));
    ::pause();
    return 0;
}
