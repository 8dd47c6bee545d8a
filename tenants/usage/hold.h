#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tenants/base/clock.h"
#include "tenants/base/hash_chain.h"
#include "tenants/base/ids.h"
#include "tenants/base/period.h"
#include "tenants/base/secret.h"

namespace tenants {

/// A unit set aside before WeChat is called; also the idempotency record of its request.
enum class HoldState {
    kHeld,      // the call runs
    kSettled,   // the outcome is known and WeChat did the work: charged, or not recognised and given back
    kReleased,  // known to have had no effect: given back, the request may run again
    kUnknown,   // sent, but no answer; stays held until decided
};
std::string_view holdStateText(HoldState state);  // held, settled, released, unknown
std::optional<HoldState> holdStateFromText(std::string_view text);

/// How a scan ended that WeChat worked on.
enum class Outcome { kRecognised, kNotRecognised };
std::string_view outcomeText(Outcome outcome);  // billed, not_recognised

/// SHA-256 that tells whether a repeat is the same request; empty where the caller gave no Idempotency-Key.
using Fingerprint = std::optional<std::array<unsigned char, 32>>;

/// What proves to a merchant that its scan is in the ledger: with it a later ledger can be checked for exactly this entry.
struct Receipt {
    EntryId entry;
    std::int64_t number = 0;
    ChainHash hash{};
    Period period{UtcTime{}};  // that it is billed in

    auto operator<=>(const Receipt&) const = default;
};

/// Policy names, in the order in which windows are always taken. A new period is a new window, so nothing is ever reset.
inline constexpr std::string_view kDayPolicy = "day";      // the smaller one of the merchant's day limit and its plan's
inline constexpr std::string_view kMonthPolicy = "month";  // the plan's, of Beijing's months
inline constexpr std::string_view kPackPolicy = "pack";    // not a window: prepaid units, where a plan has no others
inline constexpr std::string_view kUpstreamDayPolicy = "upstream_day";  // WeChat's quota of the merchant's account

/// WeChat's quota of an account in one window of it, as far as we know.
struct UpstreamUse {
    std::int64_t limit = 0;           // that is left to us, what others used taken off
    std::int64_t used = 0;            // by us
    std::int64_t held = 0;            // by us
    std::int64_t used_elsewhere = 0;  // without us, as WeChat told
};

/// What WeChat says of its quota itself, when it is asked.
struct UpstreamQuotaTold {
    std::int64_t day_free = 0;  // calls of a day, 0 and more
    std::int64_t used = 0;      // of them, by whomever
    std::int64_t ours = 0;      // that we had settled when we asked: in `used` at least, as far as WeChat counts them
    bool operator==(const UpstreamQuotaTold&) const = default;
};

struct Reservation {
    MerchantId merchant;
    RequestId request;
    KeyId key;
    std::string x_request_id;  // for the logs of both sides; may differ from `request`
    Fingerprint fingerprint;
    std::int64_t units = 1;
    UtcTime at;
    UtcTime expires_at;  // call deadline and a margin: past it the sweeper may say unknown
    DaySpan day;         // the month is the Beijing month that `at` lies in
    DaySpan upstream_day;
};

/// The upstream's answer, kept encrypted for a while so that a repeat gets the same bytes.
struct KeptReply {
    Outcome outcome = Outcome::kRecognised;
    SharedSecret body;  // WeChat's own bytes
};

/// What reserving came to.
struct Reserved {};
struct Repeat {                          // the request is known already
    HoldState state = HoldState::kHeld;  // never kReleased with the same fingerprint: such a hold was reopened
    bool same_request = false;           // the fingerprints are there and equal
    std::optional<KeptReply> reply;      // settled and not yet expired
    std::optional<Receipt> charge;       // settled with a charge
    std::string x_request_id;            // of the first time
    std::string reason;                  // why unknown; empty otherwise
};
struct WindowFull {
    std::string_view policy;
    std::optional<UtcTime> ends_at;  // none: a pack, of which nobody knows when there is a next one
    // Of WeChat's quota, who has it: our scans used and held, and what others used; none where that is not known.
    std::optional<UpstreamUse> upstream = {};
};
using ReserveOutcome = std::variant<Reserved, Repeat, WindowFull>;

/// WeChat answered whole: charged if recognised, given back to the merchant (but used upstream) if not.
struct Settlement {
    MerchantId merchant;
    RequestId request;
    Outcome outcome = Outcome::kRecognised;
    UtcTime now;
    SharedSecret reply_body;  // null: keep no reply
    std::optional<UtcTime> reply_expires_at;
};
struct Settled {
    std::optional<Receipt> charge;  // none: not recognised
};

/// Known to have had no effect.
struct Release {
    MerchantId merchant;
    RequestId request;
    std::string reason;          // stable code
    bool upstream_full = false;  // WeChat said its quota is gone: no more calls until that window turns
    UtcTime now;
};

}  // namespace tenants
