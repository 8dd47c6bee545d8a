#include "tenants/scan/scan_licence.h"

#include <utility>

#include "tenants/scan/standing.h"

namespace tenants {

namespace {

Error credentialInvalid() {
    return {ErrorCode::kCredentialInvalid, "The credential is not valid."};
}

// Reasons of holds that nobody knows the outcome of, beside the stable code of the silence.
constexpr std::string_view kAnswerIncomplete = "answer_incomplete";

/// What a scan of unknown outcome is answered with, the first time and each time it is asked for again: read off the
/// hold's reason, so that both say the same.
Error outcomeUnknown(std::string_view reason) {
    if (reason == stableCode(ErrorCode::kUpstreamUnreachable) || reason == kAnswerIncomplete) {
        return {ErrorCode::kUpstreamUnreachable, "WeChat gave no usable answer; the scan's outcome is unknown."};
    }
    if (reason == stableCode(ErrorCode::kUpstreamTimeout)) {
        return {ErrorCode::kUpstreamTimeout, "WeChat did not answer in time; the scan's outcome is unknown."};
    }
    return {ErrorCode::kUpstreamTimeout, "The scan was interrupted; its outcome is unknown."};
}

Error deadlinePassed() {
    return {ErrorCode::kUpstreamTimeout, "WeChat did not answer in time.", "the deadline passed before the call"};
}

/// Whose scans WeChat's quota went to.
std::string whoHas(const UpstreamUse& use) {
    return "upstream quota: " + std::to_string(use.limit + use.used_elsewhere) + " in all, by us " +
           std::to_string(use.used) + " used and " + std::to_string(use.held) + " held, elsewhere " +
           std::to_string(use.used_elsewhere);
}

/// Whether the call went as calls should: WeChat answered whole, and is not busy.
bool inOrder(const std::variant<UpstreamAnswer, UpstreamSilence>& outcome) {
    const auto* answer = std::get_if<UpstreamAnswer>(&outcome);
    return answer != nullptr && judgeAnswer(*answer).code != ErrorCode::kUpstreamBusy;
}

bool wouldRunAgain(const Repeat& known) {
    return known.state == HoldState::kReleased;
}

void appendLog(Error& error, std::string_view what, const Error& also) {
    if (!error.for_log.empty()) error.for_log += "; ";
    error.for_log.append(what).append(": ").append(stableCode(also.code));
    if (!also.for_log.empty()) error.for_log.append(" ").append(also.for_log);
}

}  // namespace

ScanLicence::ScanLicence(const MerchantStore& merchants, const ComponentPlatforms& platforms, UsageLedger& ledger,
                         OcrUpstream& upstream, Patience& patience, const Clock& clock, ScanSettings settings)
    : merchants_(merchants),
      platforms_(platforms),
      ledger_(ledger),
      upstream_(upstream),
      patience_(patience),
      clock_(clock),
      settings_(settings),
      admission_(settings.limits, clock),
      inquiry_(ledger, upstream, clock) {}

Result<Done> ScanLicence::admit(const Caller& caller) const {
    return judge(caller, StaleGrants::kPass);
}

Result<ScanAdmission::Permit> ScanLicence::enter(const Caller& caller, bool may_repeat) {
    auto admitted = admit(caller);
    if (!admitted) return std::move(admitted).error();
    if (!ledger_.ready()) {
        return Error{ErrorCode::kStoreUnavailable, "The ledger cannot be written at the moment.", "store not ready"};
    }
    return admission_.enter(caller.merchant, may_repeat);
}

Task<Result<Done>> ScanLicence::mayBeRepeat(const ScanAdmission::Permit& permit, Caller caller,
                                            std::string idempotency_key) {
    if (permit.refusalUnlessRepeat() == nullptr) co_return Done{};
    ScanInput input;
    input.caller = std::move(caller);
    input.idempotency_key = std::move(idempotency_key);
    auto known = co_await ledger_.findRepeat(reservationOf(input, clock_.now()));
    if (!known) co_return std::move(known).error();
    if (!*known || wouldRunAgain(**known)) co_return *permit.refusalUnlessRepeat();
    co_return Done{};
}

/// What cannot be scanned now may be known already: that takes no call. Else `otherwise`.
Task<Result<ScanOutput>> ScanLicence::tellOr(Error otherwise, ScanInput input, Held held) {
    if (!input.idempotency_key) co_return otherwise;
    auto admitted = admit(input.caller);
    if (!admitted) co_return std::move(admitted).error();
    const Reservation reservation = reservationOf(input, held.at);
    held.request = reservation.request;
    auto known = co_await ledger_.findRepeat(reservation);
    if (!known) co_return std::move(known).error();
    if (!*known || wouldRunAgain(**known)) co_return otherwise;
    co_return tellAgain(**known, held);
}

ComponentPlatform& ScanLicence::platformOf(const MerchantId& merchant) const {
    return platforms_.of(*merchants_.find(merchant));
}

Result<Done> ScanLicence::judge(const Caller& caller, StaleGrants stale) const {
    const auto key = merchants_.findKey(caller.key_lookup);
    if (key == nullptr || key->id != caller.key || !key->usableAt(clock_.now())) return credentialInvalid();
    const auto merchant = merchants_.find(caller.merchant);
    if (merchant == nullptr) return credentialInvalid();
    const auto authorization = platforms_.of(*merchant).authorizations().find(caller.merchant);
    const Standing standing = standingOf(*merchant, authorization.get(), clock_.now());
    if (!standing.refusal) return Done{};
    const bool about_grants =
        standing.refusal == ErrorCode::kPermission117Missing || standing.refusal == ErrorCode::kAccountNotEligible;
    if (about_grants && authorization->grants_stale && stale == StaleGrants::kPass) return Done{};
    return refusalError(*standing.refusal);
}

Task<Result<ScanOutput>> ScanLicence::scan(ScanInput input) {
    if (input.permit != nullptr) {
        const ScanAdmission::Permit& permit = *input.permit;
        co_return co_await scanWith(permit, std::move(input));
    }
    const auto permit = enter(input.caller, input.idempotency_key.has_value());
    if (!permit) co_return permit.error();
    co_return co_await scanWith(*permit, std::move(input));
}

Task<Result<ScanOutput>> ScanLicence::scanWith(const ScanAdmission::Permit& permit, ScanInput input) {
    Held held;
    held.merchant = input.caller.merchant;
    held.at = clock_.now();
    held.deadline = clock_.steady() + settings_.call_deadline;
    // Without a key nobody can ask for the reply again: then what is on the licence is not kept either.
    held.keep_reply = input.idempotency_key && settings_.reply_lifetime.count() > 0;

    if (permit.refusalUnlessRepeat() != nullptr) {
        co_return co_await tellOr(*permit.refusalUnlessRepeat(), std::move(input), std::move(held));
    }
    auto trusted = co_await trustGrants(input.caller, held.deadline);
    if (!trusted) co_return std::move(trusted).error();
    auto token = co_await tokenOf(held.merchant, held.deadline);
    if (!token) co_return std::move(token).error();
    if (clock_.steady() >= held.deadline) co_return deadlinePassed();

    auto place = admission_.begin(permit);
    if (!place) co_return co_await tellOr(std::move(place).error(), std::move(input), std::move(held));

    auto reserved = co_await reserveAsTold(input, held, *token);
    if (!reserved) co_return std::move(reserved).error();
    if (const auto* full = std::get_if<WindowFull>(&*reserved)) co_return windowFull(*full);
    if (const auto* repeat = std::get_if<Repeat>(&*reserved)) co_return tellAgain(*repeat, held);

    Call called = co_await call(held, input.caller, input.picture, *std::move(token), *std::move(place));
    if (auto* refused = std::get_if<Error>(&called)) co_return co_await release(held, std::move(*refused), false);
    if (auto* silence = std::get_if<UpstreamSilence>(&called)) {
        co_return co_await concludeSilence(held, std::move(*silence));
    }
    co_return co_await conclude(held, std::move(std::get<UpstreamAnswer>(called)));
}

/// Ends well only where the merchant may scan by grants that nothing has called into question.
Task<Result<Done>> ScanLicence::trustGrants(const Caller& caller, SteadyTime deadline) {
    auto admitted = admit(caller);
    if (!admitted) co_return admitted;
    ComponentPlatform& platform = platformOf(caller.merchant);
    const auto authorization = platform.authorizations().find(caller.merchant);
    if (authorization == nullptr || !authorization->grants_stale) co_return admitted;
    auto refreshed = co_await untilDeadline(deadline, platform.grants().refreshGrants(caller.merchant));
    if (!refreshed) co_return refreshed;
    // As WeChat told a moment ago, even where a refusal that came meanwhile keeps them in doubt.
    co_return judge(caller, StaleGrants::kCount);
}

/// Without a wait where a token works, as nearly always.
Task<Result<LiveToken>> ScanLicence::tokenOf(MerchantId merchant, SteadyTime deadline) {
    TokenKeeper& tokens = platformOf(merchant).tokens();
    if (auto live = tokens.usableNow(merchant)) co_return *std::move(live);
    co_return co_await untilDeadline(deadline, tokens.usable(std::move(merchant)));
}

template <class T>
Task<Result<T>> ScanLicence::untilDeadline(SteadyTime deadline, Task<Result<T>> work) {
    auto ended = co_await within(patience_, deadline, std::move(work));
    if (!ended) co_return deadlinePassed();
    co_return *std::move(ended);
}

Reservation ScanLicence::reservationOf(const ScanInput& input, UtcTime at) const {
    Reservation reservation;
    reservation.merchant = input.caller.merchant;
    reservation.request = RequestId{input.idempotency_key.value_or(input.x_request_id)};
    reservation.key = input.caller.key;
    reservation.x_request_id = input.x_request_id;
    if (input.idempotency_key) reservation.fingerprint = input.fingerprint;
    reservation.at = at;
    reservation.expires_at = at + settings_.call_deadline + settings_.hold_margin;
    reservation.day = beijingDay(at);
    reservation.upstream_day = beijingDay(at, settings_.upstream_day_turns_at);
    return reservation;
}

/// Reserves, and once more where our own count of WeChat's quota stood in the way and WeChat tells another.
Task<Result<ReserveOutcome>> ScanLicence::reserveAsTold(const ScanInput& input, Held& held, const LiveToken& token) {
    const bool may_rename = !input.idempotency_key;
    const SteadyTime counted_at = clock_.steady();
    auto reserved = co_await reserve(reservationOf(input, held.at), may_rename, held.request);
    const auto* full = reserved ? std::get_if<WindowFull>(&*reserved) : nullptr;
    if (full == nullptr || full->policy != kUpstreamDayPolicy || !full->upstream) co_return reserved;
    const bool told =
        co_await inquiry_.ask(held.merchant, token.appid, token.token, counted_at, full->upstream->used, held.deadline);
    if (!told) co_return reserved;
    co_return co_await reserve(reservationOf(input, held.at), may_rename, held.request);
}

/// Gives the id under which the ledger has the hold. `may_rename`: the id is not the caller's word for "the same
/// request", so one that is taken already is no repeat, and a fresh one takes its place.
Task<Result<ReserveOutcome>> ScanLicence::reserve(Reservation reservation, bool may_rename, RequestId& request) {
    request = reservation.request;
    auto reserved = co_await ledger_.reserve(reservation);
    if (!may_rename || !reserved || !std::holds_alternative<Repeat>(*reserved)) co_return reserved;
    request = RequestId{timedIdText("req_", clock_.now())};
    reservation.request = request;
    auto renamed = co_await ledger_.reserve(std::move(reservation));
    if (renamed && std::holds_alternative<Repeat>(*renamed)) {
        co_return Error{ErrorCode::kConflict, "The request id is taken.", "a fresh random request id is taken"};
    }
    co_return renamed;
}

Error ScanLicence::windowFull(const WindowFull& full) const {
    if (full.policy == kUpstreamDayPolicy) {
        return {.code = ErrorCode::kUpstreamQuotaExceeded,
                .for_caller = std::string{verdictText(ErrorCode::kUpstreamQuotaExceeded)},
                .for_log = full.upstream ? whoHas(*full.upstream) : std::string{},
                .policy = std::string{full.policy},
                .retry_at = full.ends_at};
    }
    Error error{.code = ErrorCode::kMerchantQuotaExceeded,
                .for_caller = {},
                .policy = std::string{full.policy},
                .retry_at = full.ends_at};
    if (full.policy == kDayPolicy) error.for_caller = "The merchant's scans of the day are used or held.";
    if (full.policy == kMonthPolicy) error.for_caller = "The merchant's scans of the month are used or held.";
    if (full.policy == kPackPolicy) error.for_caller = "The merchant's prepaid scans are used, held or expired.";
    return error;
}

/// The answer to a request that the ledger knows already.
Result<ScanOutput> ScanLicence::tellAgain(const Repeat& repeat, const Held& held) const {
    Error error{.code = ErrorCode::kIdempotencyMismatch,
                .for_caller = "The Idempotency-Key was used for another request.",
                .request_id = held.request.text()};
    if (!repeat.same_request) return error;
    switch (repeat.state) {
        case HoldState::kHeld:
        case HoldState::kReleased:  // on its way to be reopened by somebody else's try
            error.code = ErrorCode::kIdempotencyInFlight;
            error.for_caller = "The request with this Idempotency-Key is still running.";
            error.retry_at = held.at + std::chrono::seconds{1};
            return error;
        case HoldState::kUnknown:
            error = outcomeUnknown(repeat.reason);
            error.request_id = held.request.text();
            error.replayed = true;
            return error;
        case HoldState::kSettled: break;
    }
    error.replayed = true;
    if (!repeat.reply) {
        error.code = ErrorCode::kIdempotencyReplyExpired;
        error.for_caller = repeat.charge ? "The reply is not kept any more; the scan is ledger entry " +
                                               std::to_string(repeat.charge->number) + "."
                                         : std::string{"The reply is not kept any more; the scan was not charged."};
        return error;
    }
    if (repeat.reply->outcome == Outcome::kNotRecognised) {
        error.code = ErrorCode::kNotRecognised;
        error.for_caller = verdictText(ErrorCode::kNotRecognised);
        return error;
    }
    return ScanOutput{repeat.reply->outcome, repeat.reply->body, held.request, repeat.charge, true};
}

/// Once, and once more with a newer token where WeChat explicitly refused this one; never more.
Task<ScanLicence::Call> ScanLicence::call(const Held& held, const Caller& caller, const Picture& picture,
                                          LiveToken token, ScanAdmission::Place place) {
    // The commit of the hold took its time: what was withdrawn or revoked in between counts.
    auto still_admitted = judge(caller, StaleGrants::kCount);
    if (!still_admitted) co_return std::move(still_admitted).error();
    auto first = co_await upstream_.recogniseDriving(token.appid, token.token, picture, held.deadline);
    place.note(inOrder(first));
    if (auto* silence = std::get_if<UpstreamSilence>(&first)) co_return std::move(*silence);
    auto& answer = std::get<UpstreamAnswer>(first);
    // Without a repeat in the budget the token is left to the next scan that has one.
    if (!judgeAnswer(answer).token_refused || !admission_.mayRepeat()) co_return std::move(answer);

    auto newer =
        co_await untilDeadline(held.deadline, platformOf(held.merchant).tokens().replace(held.merchant, token));
    if (!newer) co_return std::move(newer).error();
    if (clock_.steady() >= held.deadline) co_return deadlinePassed();
    still_admitted = judge(caller, StaleGrants::kCount);
    if (!still_admitted) co_return std::move(still_admitted).error();
    auto second = co_await upstream_.recogniseDriving(newer->appid, newer->token, picture, held.deadline);
    place.note(inOrder(second));
    if (auto* silence = std::get_if<UpstreamSilence>(&second)) co_return std::move(*silence);
    co_return std::move(std::get<UpstreamAnswer>(second));
}

Task<Result<ScanOutput>> ScanLicence::conclude(const Held& held, UpstreamAnswer answer) {
    const Verdict verdict = judgeAnswer(answer);
    switch (verdict.effect) {
        case Verdict::Effect::kRecognised:
        case Verdict::Effect::kNotRecognised: co_return co_await settle(held, std::move(answer), verdict);
        case Verdict::Effect::kUnknown: {
            Error error = outcomeUnknown(kAnswerIncomplete);
            error.upstream = UpstreamRefusal{answer.errcode, answer.rid};
            co_return co_await giveUp(held, std::string{kAnswerIncomplete}, std::move(error));
        }
        case Verdict::Effect::kNone: break;
    }
    Error error = errorOf(verdict, answer, held);
    if (verdict.grants_doubted) {
        auto doubted = co_await platformOf(held.merchant).grants().doubtGrants(held.merchant);
        if (!doubted) appendLog(error, "the doubt about the grants was not written down", doubted.error());
    }
    co_return co_await release(held, std::move(error), verdict.upstream_full);
}

Task<Result<ScanOutput>> ScanLicence::concludeSilence(const Held& held, UpstreamSilence silence) {
    const ErrorCode code = silence.timed_out ? ErrorCode::kUpstreamTimeout : ErrorCode::kUpstreamUnreachable;
    if (!silence.sent) {
        Error error{code, silence.timed_out ? "WeChat did not answer in time." : "WeChat could not be reached.",
                    std::move(silence.reason)};
        co_return co_await release(held, std::move(error), false);
    }
    Error error = outcomeUnknown(stableCode(code));
    error.for_log = std::move(silence.reason);
    co_return co_await giveUp(held, std::string{stableCode(code)}, std::move(error));
}

Task<Result<ScanOutput>> ScanLicence::settle(const Held& held, UpstreamAnswer answer, Verdict verdict) {
    const bool recognised = verdict.effect == Verdict::Effect::kRecognised;
    const SharedSecret body = shareSecret(answer.body);
    Settlement settlement;
    settlement.merchant = held.merchant;
    settlement.request = held.request;
    settlement.outcome = recognised ? Outcome::kRecognised : Outcome::kNotRecognised;
    settlement.now = clock_.now();
    if (held.keep_reply) {
        settlement.reply_body = body;
        settlement.reply_expires_at = settlement.now + settings_.reply_lifetime;
    }
    auto settled = co_await ledger_.settle(std::move(settlement));
    if (!settled) {
        // No answer without its line in the ledger. The hold stays, and the sweeper will call it unknown.
        Error error = std::move(settled).error();
        error.request_id = held.request.text();
        co_return error;
    }
    if (!recognised) co_return errorOf(verdict, answer, held);
    if (!settled
             ->charge) {  // the same request was settled otherwise meanwhile: nobody gets fields that nobody pays for
        Error error{ErrorCode::kConflict, "The request ended otherwise meanwhile.", "recognised after it was settled"};
        error.request_id = held.request.text();
        co_return error;
    }
    co_return ScanOutput{Outcome::kRecognised, body, held.request, settled->charge, false};
}

/// Gives the unit back; the error that the merchant gets.
Task<Error> ScanLicence::release(const Held& held, Error error, bool upstream_full) {
    Release release;
    release.merchant = held.merchant;
    release.request = held.request;
    release.reason = stableCode(error.code);
    release.upstream_full = upstream_full;
    if (upstream_full) inquiry_.noteRefusal(held.merchant, beijingDay(held.at, settings_.upstream_day_turns_at).ends);
    release.now = clock_.now();
    auto released = co_await ledger_.release(std::move(release));
    if (!released) appendLog(error, "the hold was not released", released.error());
    error.request_id = held.request.text();
    co_return error;
}

/// Nobody can know what became of it; the error that the merchant gets.
Task<Error> ScanLicence::giveUp(const Held& held, std::string reason, Error error) {
    const UtcTime now = clock_.now();
    auto marked = co_await ledger_.markUnknown(held.merchant, held.request, std::move(reason), now);
    // The sweeper does it otherwise: until then a repeat hears that the request is still running.
    if (!marked) appendLog(error, "the hold was not marked unknown", marked.error());
    error.request_id = held.request.text();
    co_return error;
}

Error ScanLicence::errorOf(const Verdict& verdict, const UpstreamAnswer& answer, const Held& held) const {
    Error error{.code = verdict.code,
                .for_caller = std::string{verdictText(verdict.code)},
                .upstream = UpstreamRefusal{answer.errcode, answer.rid},
                .request_id = held.request.text()};
    if (verdict.upstream_full) error.policy = kUpstreamDayPolicy;
    if (verdict.upstream_full) error.retry_at = beijingDay(held.at, settings_.upstream_day_turns_at).ends;
    if (verdict.code == ErrorCode::kRateLimited) error.retry_at = held.at + std::chrono::minutes{1};
    return error;
}

}  // namespace tenants
