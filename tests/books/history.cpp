// Writes a seeded history of two months into a store, through the store's own ports and a clock that it moves. Usage:
//   books_history DATABASE KEY_RING COMPONENT_APPID MONTH SEED
// MONTH is the second one. The first is closed at its end; the second is left open, with scans that came late, corrections of
// both months, packs, plans that change, and scans that were not recognised, released, never answered and decided.
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "tenants/billing/closing.h"
#include "tenants/sqlite/sqlite_store.h"
#include "tests/support/fake_clock.h"

namespace {

using namespace tenants;

constexpr int kScansAMonth = 400;
constexpr int kMerchants = 5;

template <class T>
T need(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().for_caller + " " + result.error().for_log);
    return *std::move(result);
}

class History {
public:
    History(SqliteStore& store, test_support::FakeClock& clock, const StatementSigner& signer, std::uint64_t seed)
        : store_(store), clock_(clock), signer_(signer), random_(seed) {}

    void write(const AppId& component, Period second) {
        const Period first = second.previous();
        moveTo(first.starts());
        addPlans();
        for (int index = 0; index < kMerchants; ++index) addMerchant(component, index);
        writeMonth(first);
        for (const MerchantId& merchant : merchants_) leaveUndecided(merchant);
        moveTo(first.ends());
        close(first);
        writeMonth(second);
    }

private:
    struct Open {
        MerchantId merchant;
        RequestId request;
    };

    std::int64_t below(std::int64_t count) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(count));
    }
    bool oneIn(std::int64_t count) { return below(count) == 0; }
    const MerchantId& anyMerchant() { return merchants_[static_cast<std::size_t>(below(kMerchants))]; }
    void moveTo(UtcTime time) { clock_.jumpWall(time - clock_.now()); }

    AuditNote noteOf(const char* action, const MerchantId& merchant) const {
        return {KeyId{"adm_1"}, action, merchant, "test", "history", "req", clock_.now()};
    }

    void addPlans() {
        PlanTerms tiered;
        tiered.included_units = 10;
        tiered.tiers = {{20, Money{123'457}}, {50, Money{99'999}}, {std::nullopt, Money{33'333}}};
        tiered.monthly_minimum = Money{4'111'111};
        need(runBlocking(store_.plans().addPlan(PlanId{"std"}, "Standard", tiered, clock_.now())));
        PlanTerms flat;
        flat.tiers = {{std::nullopt, Money{70'001}}};
        need(runBlocking(store_.plans().addVersion(PlanId{"std"}, flat, clock_.now())));
    }

    void addMerchant(const AppId& component, int index) {
        Merchant merchant;
        merchant.id = MerchantId{"mer_" + std::to_string(index)};
        merchant.name = "Shop \"" + std::to_string(index) + "\", Ltd";
        merchant.day_limit = 1'000'000;
        merchant.created_at = clock_.now();
        merchant.component = component;
        merchants_.push_back(merchant.id);
        need(runBlocking(store_.merchants().add(merchant)));
        if (index > 0) assign(merchant.id, 1);  // the first one has no plan
    }

    void assign(const MerchantId& merchant, std::int64_t version) {
        need(runBlocking(
            store_.plans().assign(merchant, PlanVersionId{PlanId{"std"}, version}, std::nullopt, clock_.now())));
    }

    void grantPack() {
        Pack pack;
        pack.id = PackId{"pack_" + std::to_string(++packs_)};
        pack.merchant = merchants_[static_cast<std::size_t>(1 + below(kMerchants - 1))];
        pack.units = 1 + below(15);
        pack.price = Money{1'000'001 * pack.units};
        pack.starts_at = clock_.now();
        pack.created_at = clock_.now();
        pack.expires_at = clock_.now() + std::chrono::hours{24 * (1 + below(20))};
        need(runBlocking(store_.plans().grantPack(pack)));
    }

    void writeMonth(Period period) {
        const auto step = (period.ends() - period.starts()) / (kScansAMonth + 1);
        for (int scan = 1; scan <= kScansAMonth; ++scan) {
            moveTo(period.starts() + step * scan);
            if (oneIn(60)) grantPack();
            if (oneIn(80)) assign(merchants_[static_cast<std::size_t>(1 + below(kMerchants - 1))], 1 + below(2));
            begin();
            if (oneIn(3) && !open_.empty()) end();
            if (oneIn(12)) correct();
            if (oneIn(25)) decide();
        }
        while (open_.size() > 5) end();
    }

    /// An unknown scan that is there for whoever reads the history.
    void leaveUndecided(const MerchantId& merchant) {
        const auto held = hold(merchant);
        if (!held) throw std::runtime_error("no room for a scan that stays unknown");
        need(runBlocking(store_.ledger().markUnknown(held->merchant, held->request, "upstream_timeout", clock_.now())));
    }

    /// Scans end in another order than they began, some in the next month.
    void begin() {
        const auto held = hold(anyMerchant());
        if (!held) return;
        open_.push_back(*held);
        if (!oneIn(6)) {
            std::swap(open_.front(), open_.back());
            end();
        }
    }

    std::optional<Open> hold(const MerchantId& merchant) {
        Reservation held;
        held.merchant = merchant;
        held.request = RequestId{(oneIn(10) ? "=1+" : "req-") + std::to_string(++requests_)};
        held.key = KeyId{"key_1"};
        held.x_request_id = "x,\"" + std::to_string(requests_);
        held.at = clock_.now();
        held.expires_at = held.at + std::chrono::seconds{10};
        held.day = beijingDay(held.at);
        held.upstream_day = beijingDay(held.at);
        if (!std::holds_alternative<Reserved>(need(runBlocking(store_.ledger().reserve(held))))) return std::nullopt;
        return Open{held.merchant, held.request};
    }

    void end() {
        const Open one = open_.front();
        open_.pop_front();
        if (oneIn(15)) {
            need(runBlocking(
                store_.ledger().release({one.merchant, one.request, "upstream_busy", false, clock_.now()})));
        } else if (oneIn(15)) {
            need(runBlocking(store_.ledger().markUnknown(one.merchant, one.request, "upstream_timeout", clock_.now())));
            unknown_.push_back(one);
        } else {
            const Outcome outcome = oneIn(10) ? Outcome::kNotRecognised : Outcome::kRecognised;
            const auto settled = need(runBlocking(
                store_.ledger().settle({one.merchant, one.request, outcome, clock_.now(), nullptr, std::nullopt})));
            if (settled.charge) charges_.push_back({one.merchant, settled.charge->number});
        }
    }

    void correct() {
        if (charges_.empty()) return;
        const auto at = static_cast<std::size_t>(below(static_cast<std::int64_t>(charges_.size())));
        const Charge charge = charges_[at];
        charges_.erase(charges_.begin() + static_cast<std::ptrdiff_t>(at));
        Correction correction;
        correction.merchant = charge.merchant;
        correction.number = charge.number;
        correction.reason = "-the wrong picture";
        correction.now = clock_.now();
        correction.note = noteOf("usage_entry.correct", charge.merchant);
        need(runBlocking(store_.ledger().correct(correction)));
    }

    void decide() {
        if (unknown_.empty()) return;
        const Open one = unknown_.front();
        unknown_.pop_front();
        Decision decision;
        decision.merchant = one.merchant;
        decision.request = one.request;
        decision.billed = oneIn(2);
        decision.reason = "WeChat's own count says so";
        decision.now = clock_.now();
        decision.note = noteOf("hold.decide", one.merchant);
        need(runBlocking(store_.ledger().decide(decision)));
    }

    void close(Period period) {
        PeriodClosing closing{
            {store_.ledgerScan(), store_.statements(), store_.plans(), signer_, clock_, "Provider, Ltd"}};
        ClosingProgress progress;
        if (!need(closing.closeAll(period, progress)).earlier_open.empty())
            throw std::runtime_error("not all are closed");
    }

    struct Charge {
        MerchantId merchant;
        std::int64_t number;
    };

    SqliteStore& store_;
    test_support::FakeClock& clock_;
    const StatementSigner& signer_;
    std::mt19937_64 random_;
    std::vector<MerchantId> merchants_;
    std::deque<Open> open_;
    std::deque<Open> unknown_;
    std::vector<Charge> charges_;
    int requests_ = 0;
    int packs_ = 0;
};

}  // namespace

int main(int count, char** texts) {
    try {
        const std::vector<std::string> arguments{texts + 1, texts + count};
        if (arguments.size() != 5) throw std::invalid_argument("needs DATABASE KEY_RING COMPONENT_APPID MONTH SEED");
        const auto month = Period::parse(arguments[3]);
        if (!month) throw std::invalid_argument("MONTH is one such as 2026-10");
        const KeyRing ring = KeyRing::load(arguments[1]);
        const StatementSigner signer{ring};
        test_support::FakeClock clock{month->previous().starts()};
        const AppId component{arguments[2]};
        const auto store = SqliteStore::open(arguments[0], ring, {component}, clock, {});
        History{*store, clock, signer, std::stoull(arguments[4])}.write(component, *month);
        return 0;
    } catch (const std::exception& failure) {
        std::cerr << "books_history: " << failure.what() << '\n';
        return 1;
    }
}
