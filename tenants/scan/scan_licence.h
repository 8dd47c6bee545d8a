#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tenants/authorization/component_platform.h"
#include "tenants/base/patience.h"
#include "tenants/base/result.h"
#include "tenants/base/task.h"
#include "tenants/merchant/authenticator.h"
#include "tenants/merchant/merchant_store.h"
#include "tenants/scan/scan_admission.h"
#include "tenants/scan/upstream.h"
#include "tenants/scan/upstream_quota_inquiry.h"
#include "tenants/scan/upstream_verdict.h"
#include "tenants/usage/usage_ledger.h"

namespace tenants {

struct ScanInput {
    Caller caller;
    Picture picture;
    std::optional<std::string> idempotency_key;  // well-formed; none: every call is a scan of its own
    Fingerprint fingerprint;                     // there exactly where the key is
    std::string x_request_id;                    // well-formed
    /// From `enter`, and outlives the scan. Null: the scan asks for one of its own.
    const ScanAdmission::Permit* permit = nullptr;
};

struct ScanOutput {
    Outcome outcome = Outcome::kRecognised;  // kNotRecognised never leaves scan(): it is the error kNotRecognised
    SharedSecret body;                       // WeChat's answer, byte for byte
    RequestId request;                       // under which the ledger has it
    std::optional<Receipt> receipt;          // of the charge: there, unless the outcome is another
    bool replayed = false;
};

struct ScanSettings {
    std::chrono::milliseconds call_deadline{
        8000};                                    // grants, token, upstream and its one repeat together, locks included
    std::chrono::milliseconds hold_margin{5000};  // past the deadline, before the sweeper may say unknown
    std::chrono::milliseconds reply_lifetime{600'000};  // of the kept reply; 0: never kept
    std::chrono::hours upstream_day_turns_at{0};        // Beijing hour at which WeChat's quota turns: not documented
    ScanLimits limits = {};
};

/// The use case: one scan from key to ledger entry. Every rule about rights and money on the way is here.
/// Safe from any thread; a scan resumes on the executor it was started on.
class ScanLicence {
public:
    ScanLicence(const MerchantStore& merchants, const ComponentPlatforms& platforms, UsageLedger& ledger,
                OcrUpstream& upstream, Patience& patience, const Clock& clock, ScanSettings settings);

    /// Whether this merchant may scan now: kMerchantSuspended, kMerchantNotAuthorized, kPermission117Missing,
    /// kAccountNotEligible; kCredentialInvalid where the key was revoked since. Grants that an event called stale are
    /// not judged here: scan() re-reads them first.
    Result<Done> admit(const Caller& caller) const;
    /// Lets a request in, before its body is read: what `admit` refuses, what ScanAdmission does, and kStoreUnavailable where
    /// the ledger cannot be written. The permit counts until it ends. `may_repeat`: it has an Idempotency-Key. Then the permit
    /// may be for a repeat alone, of which mayBeRepeat tells more.
    Result<ScanAdmission::Permit> enter(const Caller& caller, bool may_repeat = false);
    /// Whether the ledger has an outcome to tell under that key, for a permit that is for a repeat alone; else its refusal.
    Task<Result<Done>> mayBeRepeat(const ScanAdmission::Permit& permit, Caller caller, std::string idempotency_key);
    bool mayRun(ScanAdmission::Permit& permit) { return admission_.mayRun(permit); }
    /// Scans one licence and books it. Every code of the drop-in error table can come back, the ones about form apart;
    /// `upstream` is set where WeChat said no, `request_id` where the ledger has a hold behind the error, `replayed`
    /// where an earlier outcome is told again.
    /// The answer is there only when it is durable. Never throws for a silent or refusing upstream.
    Task<Result<ScanOutput>> scan(ScanInput input);

    ScanAdmission::Counts load() const { return admission_.counts(); }

private:
    using Call = std::variant<UpstreamAnswer, UpstreamSilence, Error>;  // Error: refused by us between two tries
    /// One scan under way: set aside in the ledger, not yet concluded.
    struct Held {
        MerchantId merchant;
        RequestId request;
        UtcTime at;
        SteadyTime deadline;
        bool keep_reply = false;
    };

    /// Of a merchant that there is.
    ComponentPlatform& platformOf(const MerchantId& merchant) const;
    enum class StaleGrants { kPass, kCount };  // whether grants in doubt may refuse
    Result<Done> judge(const Caller& caller, StaleGrants stale) const;
    Task<Result<Done>> trustGrants(const Caller& caller, SteadyTime deadline);
    Task<Result<LiveToken>> tokenOf(MerchantId merchant, SteadyTime deadline);
    /// Work that others need as well: it goes on where the scan's deadline comes first.
    template <class T>
    Task<Result<T>> untilDeadline(SteadyTime deadline, Task<Result<T>> work);
    Reservation reservationOf(const ScanInput& input, UtcTime at) const;
    Task<Result<ReserveOutcome>> reserveAsTold(const ScanInput& input, Held& held, const LiveToken& token);
    Task<Result<ReserveOutcome>> reserve(Reservation reservation, bool may_rename, RequestId& request);
    Result<ScanOutput> tellAgain(const Repeat& repeat, const Held& held) const;
    Error windowFull(const WindowFull& full) const;

    Task<Result<ScanOutput>> tellOr(Error otherwise, ScanInput input, Held held);
    Task<Result<ScanOutput>> scanWith(const ScanAdmission::Permit& permit, ScanInput input);
    Task<Call> call(const Held& held, const Caller& caller, const Picture& picture, LiveToken token,
                    ScanAdmission::Place place);
    Task<Result<ScanOutput>> conclude(const Held& held, UpstreamAnswer answer);
    Task<Result<ScanOutput>> concludeSilence(const Held& held, UpstreamSilence silence);
    Task<Result<ScanOutput>> settle(const Held& held, UpstreamAnswer answer, Verdict verdict);
    Task<Error> release(const Held& held, Error error, bool upstream_full);
    Task<Error> giveUp(const Held& held, std::string reason, Error error);
    Error errorOf(const Verdict& verdict, const UpstreamAnswer& answer, const Held& held) const;

    const MerchantStore& merchants_;
    const ComponentPlatforms& platforms_;
    UsageLedger& ledger_;
    OcrUpstream& upstream_;
    Patience& patience_;
    const Clock& clock_;
    const ScanSettings settings_;
    ScanAdmission admission_;
    UpstreamQuotaInquiry inquiry_;
};

}  // namespace tenants
