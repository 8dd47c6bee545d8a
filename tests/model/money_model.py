"""What must become of one merchant's history, computed from the documents alone.

Sources: docs/adr/0014-money.md, docs/statements.md, docs/ledger-format.md, docs/merchant-api.md and docs/admin-api.md, the
tables' comments in migrations/. Nothing here shares a line, a library or a way of computing with the program: months are
counted by Python's calendar, prices are summed from all entries each time, nothing is kept that can be worked out.

Not here: limits per second and at once. They are kept in memory, before there is a hold, on a clock that nobody sets, and what they refuse
leaves nothing in the books; tests/unit/tenants/scan/scan_admission_test.cpp has them, tests/integration/plans_test.cpp from outside.
WeChat's own quota is here as a count (docs/adr/0005-upstream-window.md); when WeChat is asked for it is the history's matter.
"""
import collections
import itertools
from dataclasses import dataclass, field

from beijing_calendar import (DAY, HOUR, MINUTE, SECOND, beijing, day_starts, month_ends, month_of, month_starts, month_text,
                              next_month)
import upstream_quota
from books import Assignment, Entry, Hold, Pack, Statement, Window, half_even_fen, price_of_count

HOLD_LIFE = 13 * SECOND      # the call's deadline and its margin: later the sweeper calls the hold abandoned
REPLY_LIFE = 10 * MINUTE     # how long an answer is kept for repeats
UNDECIDED_WAIT = 24 * HOUR   # after the end of its day; then an unknown scan is waived, in these words:
UNDECIDED_REASON = "no answer came and nobody decided by the end of the time for it: not billed"

# What WeChat can answer, and what becomes of the unit: (effect, the caller's code or the reason of an unknown hold).
ANSWERS = {
    "recognised": ("charge", None),
    "not_recognised": ("give_back_but_upstream", "not_recognised"),
    "busy": ("release", "upstream_busy"),
    "bad_picture": ("release", "image_invalid"),
    "too_fast": ("release", "rate_limited"),
    "quota_gone": ("release_and_fill", "upstream_quota_exceeded"),
    "not_connected": ("release", "upstream_unreachable"),
    "connect_timeout": ("release", "upstream_timeout"),
    "silent": ("unknown", "upstream_timeout"),
    "cut": ("unknown", "upstream_unreachable"),
    "incomplete": ("unknown", "answer_incomplete"),
}
# What a caller hears of a scan whose outcome nobody knows, by the hold's reason.
UNKNOWN_HEARD = {"upstream_timeout": "upstream_timeout", "upstream_unreachable": "upstream_unreachable",
                 "answer_incomplete": "upstream_unreachable", "abandoned": "upstream_timeout"}


@dataclass
class Merchant(upstream_quota.UpstreamQuota):
    created: int
    day_limit: int
    upstream_free: int | None
    upstream_packs: int
    terms: dict = field(default_factory=dict)  # plan version: its terms
    assignments: list = field(default_factory=list)
    packs: list = field(default_factory=list)
    windows: dict = field(default_factory=dict)
    holds: dict = field(default_factory=dict)
    running: dict = field(default_factory=dict)  # label of a scan under way: its hold
    entries: list = field(default_factory=list)
    statements: dict = field(default_factory=dict)

    # Plans, limits, packs.

    def version_at(self, instant):
        """Of those that have begun the one that begins last; of two that begin together the one made last."""
        begun = [each for each in self.assignments if not each.cancelled and each.starts <= instant]
        if not begun:
            return None
        newest = max(each.starts for each in begun)
        return [each for each in begun if each.starts == newest][-1].version

    def limits_at(self, instant):
        terms = self.terms.get(self.version_at(instant))
        if terms is None:
            return self.day_limit, None
        return min(self.day_limit, self.day_limit if terms.day_limit is None else terms.day_limit), terms.month_limit

    def take_limits(self, instant):
        day, month = self.limits_at(instant)
        if window := self.windows.get(("day", day_starts(instant))):
            window.limit_to(day)
        if window := self.windows.get(("month", month_starts(month_of(instant)))):
            window.limit_to(month)

    def add_version(self, version, terms):
        self.terms[version] = terms
        return {"ok": True}

    def assign(self, now, version, starts):
        starts = now if starts is None else starts
        if starts < now:
            return {"error": "invalid_input"}
        if version is not None and version not in self.terms:
            return {"error": "not_found"}
        self.assignments.append(Assignment(version, starts))
        self.take_limits(now)
        return {"ok": True}

    def cancel(self, now, index):
        if index >= len(self.assignments):
            return {"error": "not_found"}
        assignment = self.assignments[index]
        if not assignment.cancelled and assignment.starts <= now:
            return {"error": "conflict"}
        if not assignment.cancelled:
            assignment.cancelled = True
            self.take_limits(now)
        return {"ok": True}

    def set_day_limit(self, now, limit):
        self.day_limit = limit
        self.take_limits(now)
        return {"ok": True}

    def grant_pack(self, now, pack, units, price, starts, expires):
        self.packs.append(Pack(pack, units, price, starts, expires, now))
        return {"ok": True}

    def expire_pack(self, now, pack):
        found = [each for each in self.packs if each.id == pack]
        if not found:
            return {"error": "not_found"}
        if found[0].expires > now:
            given_back = [entry.recorded for entry in self.entries if entry.kind == "correction" and entry.pack == pack
                          and entry.recorded < found[0].expires]
            found[0].expires = max(now, found[0].starts + 1, *(recorded + 1 for recorded in given_back))
        return {"ok": True}

    def show_windows(self, instant):
        return {window.policy: {"starts": window.starts, "ends": window.ends, "limit": window.limit, "used": window.used,
                                "held": window.held, "unknown": window.unknown, "used_elsewhere": window.elsewhere}
                for window in self.windows.values() if window.starts <= instant < window.ends}

    def show_packs(self):
        return {pack.id: {"expires": pack.expires, "used": pack.used, "held": pack.held} for pack in self.packs}

    # Scans.

    def spans(self, at):
        month = month_of(at)
        day = (day_starts(at), day_starts(at) + DAY)
        return {"day": day, "month": (month_starts(month), month_ends(month)), "upstream_day": day}

    def begin(self, now, label, request, content):
        """Whether the call to WeChat runs now, or what the caller hears at once."""
        day, month = self.limits_at(now)
        self.take_limits(now)
        known = self.holds.get(request)
        if known is not None and not (known.state == "released" and known.content == content):
            return self.tell_again(known, now, content)

        limits = {"day": day, "month": month, "upstream_day": None}
        windows = {}
        for policy, (starts, ends) in self.spans(now).items():
            windows[policy] = self.windows.get((policy, starts)) or Window(policy, starts, ends, limits[policy])
        if ("upstream_day", windows["upstream_day"].starts) not in self.windows:
            windows["upstream_day"].limit = self.counted(windows["upstream_day"])
        version = self.version_at(now)
        pack = self.pack_at(now)
        if not windows["day"].room() or not windows["month"].room():
            return {"error": "merchant_quota_exceeded"}
        if pack is None and version is not None and self.terms[version].packs_only:
            return {"error": "merchant_quota_exceeded"}
        if not self.upstream_room(windows["upstream_day"]):
            return {"error": "upstream_quota_exceeded"}

        for window in windows.values():
            self.windows[(window.policy, window.starts)] = window
            if window.policy == "upstream_day":
                self.hold_upstream(window, 1)
            else:
                window.held += 1
        if pack is not None:
            pack.held += 1
        self.running[label] = request
        self.holds[request] = Hold(request, content, now, version, pack, windows)
        return {"running": True}

    def pack_at(self, now):
        """First-expiring first; of two that expire together the one granted first."""
        offers = [pack for pack in self.packs if pack.starts <= now < pack.expires and pack.used + pack.held < pack.units]
        return min(offers, key=lambda pack: pack.expires, default=None)

    def finish(self, now, label, answer):
        request = self.running.pop(label, None)
        if request is None:
            return {"error": "not_running"}
        hold = self.holds[request]
        effect, word = ANSWERS[answer]
        if effect == "unknown":
            if hold.state == "held":
                self.turn_unknown(hold, word)
            return {"error": UNKNOWN_HEARD[word]}
        if effect.startswith("release"):
            if hold.state == "held":  # else the sweeper was faster: unknown it stays
                self.give_back(hold, upstream=True)
                hold.state = "released"
                if effect == "release_and_fill":
                    self.fill_upstream(hold.windows["upstream_day"])
            return {"error": word}
        return self.settle(now, hold, word)

    def settle(self, now, hold, word):
        """WeChat did the work. `word`: what the caller hears where there was no licence; None: there was."""
        if hold.state == "released":  # waived meanwhile
            return {"error": "conflict"}
        if hold.state != "settled":
            hold.recognised = word is None
            hold.reply_until = now + REPLY_LIFE if hold.content is not None else None
            if hold.recognised:
                self.charge(hold, now, "")
            else:
                self.give_back(hold, upstream=False)
                hold.state = "settled"
        if word is None and hold.entry is None:  # settled without a charge by a later try
            return {"error": "conflict"}
        return {"error": word} if word else self.receipt(self.entries[hold.entry - 1])

    def scan(self, now, label, request, content, answer):
        heard = self.begin(now, label, request, content)
        return self.finish(now, label, answer) if heard == {"running": True} else heard

    def tell_again(self, hold, now, content):
        if content is None or hold.content != content:
            return {"error": "idempotency_mismatch"}
        if hold.state == "held":
            return {"error": "idempotency_in_flight"}
        if hold.state == "unknown":
            return {"error": UNKNOWN_HEARD[hold.reason], "replayed": True}
        if hold.reply_until is None or hold.reply_until <= now:
            return {"error": "idempotency_reply_expired", "replayed": True}
        if not hold.recognised:
            return {"error": "not_recognised", "replayed": True}
        return {**self.receipt(self.entries[hold.entry - 1]), "replayed": True}

    def charge(self, hold, now, reason):
        for window in hold.windows.values():
            window.held -= 1
            window.used += 1
            window.unknown -= hold.state == "unknown"
        if hold.pack is not None:
            hold.pack.held -= 1
            hold.pack.used += 1
        hold.state = "settled"
        entry = self.append("charge", 1, hold.request, hold.at, now, self.billed_in(month_of(hold.at)), hold.version,
                            hold.pack.id if hold.pack else None, reason=reason)
        hold.entry = entry.number
        return self.receipt(entry)

    def give_back(self, hold, upstream):
        """`upstream`: WeChat did no work either."""
        for window in hold.windows.values():
            window.unknown -= hold.state == "unknown"
            if window.policy == "upstream_day" and upstream:
                self.hold_upstream(window, -1)
            else:
                window.held -= 1
                window.used += window.policy == "upstream_day"
        if hold.pack is not None:
            hold.pack.held -= 1

    def turn_unknown(self, hold, reason):
        hold.state = "unknown"
        hold.reason = reason
        for window in hold.windows.values():
            window.unknown += 1

    def sweep(self, now):
        for hold in self.holds.values():
            if hold.state == "held" and hold.at + HOLD_LIFE < now:
                self.turn_unknown(hold, "abandoned")
            if hold.reply_until is not None and hold.reply_until < now:
                hold.reply_until = None
        return {"ok": True}

    def crash(self):
        """The process is killed and started again: nothing that was held can still be running."""
        self.running.clear()
        for hold in self.holds.values():
            if hold.state == "held":
                self.turn_unknown(hold, "abandoned")

    # The ledger.

    def receipt(self, entry):
        return {"entry": entry.number, "period": month_text(entry.period)}

    def correct(self, now, number, reason):
        if number > len(self.entries):
            return {"error": "not_found"}
        charge = self.entries[number - 1]
        if charge.kind != "charge":
            return {"error": "conflict"}
        for earlier in self.entries:
            if earlier.corrects == number:
                return self.receipt(earlier) if earlier.reason == reason else {"error": "conflict"}
        period = self.billed_in(charge.period)
        price = None
        if period != charge.period:
            price = self.cost(charge.period) - self.cost(charge.period, taken_back=number)
        hold = self.holds[charge.request]
        for window in hold.windows.values():
            window.used -= window.policy != "upstream_day" and now < window.ends
        if hold.pack is not None and now < hold.pack.expires:
            hold.pack.used -= 1
        return self.receipt(self.append("correction", -1, charge.request, charge.at, now, period, charge.version,
                                        charge.pack, number, price, reason))

    def decide(self, now, request, billed, reason):
        hold = self.holds.get(request)
        if hold is None:
            return {"error": "not_found"}
        if hold.state != "unknown":
            return self.decided(hold, billed, reason)
        if billed:
            hold.recognised = True
            return self.charge(hold, now, reason)
        self.give_back(hold, upstream=True)
        hold.state = "released"
        return self.receipt(self.append("waiver", 0, request, hold.at, now, self.billed_in(month_of(hold.at)), hold.version,
                                        hold.pack.id if hold.pack else None, reason=reason))

    def waive_undecided(self, now):
        """What nobody decided is not billed, a day after the end of the scan's own day; in the order of the first tries."""
        for hold in list(self.holds.values()):
            if hold.state == "unknown" and hold.at < day_starts(now - UNDECIDED_WAIT):
                self.decide(now, hold.request, False, UNDECIDED_REASON)

    def decided(self, hold, billed, reason):
        """The same decision again tells the first one's receipt."""
        made = self.entries[hold.entry - 1] if billed and hold.entry else None
        if not billed and hold.state == "released":
            waivers = [entry for entry in self.entries if entry.kind == "waiver" and entry.request == hold.request]
            made = waivers[-1] if waivers else None
        return self.receipt(made) if made is not None and made.reason == reason else {"error": "conflict"}

    def billed_in(self, month):
        """The month itself, or the first that is not closed, whichever is later."""
        return max(month, self.first_open())

    def append(self, kind, units, request, at, now, period, version, pack, corrects=None, price=None, reason=""):
        entry = Entry(len(self.entries) + 1, kind, units, request, at, now, period, version, pack, corrects, price, reason)
        self.entries.append(entry)
        return entry

    def prices(self, period):
        """(tier, unit price) of each entry of a month, by number."""
        counted = {}
        priced = {}
        for entry in self.entries:
            if entry.period != period:
                continue
            if entry.units == 0 or entry.pack is not None or entry.version is None:
                priced[entry.number] = (0, 0)
            elif entry.price is not None:
                priced[entry.number] = (0, entry.price)
            else:
                count = counted.get(entry.version, 0)
                priced[entry.number] = price_of_count(self.terms[entry.version], count + (entry.units > 0))
                counted[entry.version] = count + entry.units
        return priced

    def cost(self, period, taken_back=None):
        """What a month costs: a function of the charges billed in it and not taken back, whenever that was or will be."""
        corrected = {entry.corrects for entry in self.entries} | {taken_back}
        counts = collections.Counter(
            entry.version for entry in self.entries if entry.kind == "charge" and entry.period == period
            and entry.version is not None and entry.pack is None and entry.number not in corrected)
        usage = sum(price_of_count(self.terms[version], nth)[1] for version, count in counts.items()
                    for nth in range(1, count + 1))
        return max(usage, self.minimum(period))

    def minimum(self, period):
        version = self.version_at(month_ends(period) - 1)
        return 0 if version is None else self.terms[version].minimum

    # Periods.

    def first_open(self):
        return next_month(max(self.statements)) if self.statements else month_of(self.created)

    def close(self, now, period):
        if now < month_ends(period):
            return {"error": "conflict"}
        if period not in self.statements:
            if period < month_of(self.created):
                return {"error": "not_found"}
            if self.first_open() != period:
                return {"error": "conflict"}
            self.statements[period] = self.sum_up(now, period)
        return {"payable": self.statements[period].payable()}

    def sum_up(self, now, period):
        entries = [entry for entry in self.entries if entry.period == period]
        lines = self.usage_lines(period)
        usage = sum(line[6] for line in lines if line[0] == "usage")
        billed_packs = {line[2] for each in self.statements.values() for line in each.lines if line[0] == "purchase"}
        for pack in self.packs:
            if pack.created < month_ends(period) and pack.id not in billed_packs:
                lines.append(("purchase", None, pack.id, 0, 0, 0, pack.price))
        if usage < self.minimum(period):
            version = self.version_at(month_ends(period) - 1)
            lines.append(("minimum", version, None, 0, 0, 0, self.minimum(period) - usage))
        exact = sum(line[6] for line in lines)
        if half_even_fen(exact) != exact:
            lines.append(("rounding", None, None, 0, 0, 0, half_even_fen(exact) - exact))

        kinds = [entry.kind for entry in entries]
        numbers = [entry.number for entry in entries]
        return Statement(period, now, len(self.entries), lines,
                         {"charges": kinds.count("charge"), "corrections": kinds.count("correction"),
                          "waivers": kinds.count("waiver"), "first": min(numbers, default=None),
                          "last": max(numbers, default=None)},
                         self.late_days(entries, period), self.hold_tally(period))

    def usage_lines(self, period):
        """What the entries of a month come to by price, also while it is open."""
        prices = self.prices(period)
        sums = {}
        for entry in self.entries:
            if entry.period == period and entry.units != 0:
                kind = "correction" if self.corrects_closed(entry) else "usage"
                key = (kind, entry.version, entry.pack, *prices[entry.number])
                sums[key] = sums.get(key, 0) + entry.units
        return [(*key, units, key[4] * units) for key, units in sums.items() if units != 0]

    def corrects_closed(self, entry):
        return entry.corrects is not None and self.entries[entry.corrects - 1].period != entry.period

    def late_days(self, entries, period):
        """Charges and waivers whose scan lies before the month; corrections name their entry themselves."""
        late = [entry for entry in entries if entry.at < month_starts(period) and entry.kind != "correction"]
        days = []
        for day, of_day in itertools.groupby(sorted(late, key=lambda entry: (day_starts(entry.at), entry.number)),
                                             key=lambda entry: day_starts(entry.at)):
            of_day = list(of_day)
            days.append((beijing(day).strftime("%Y-%m-%d"), len(of_day), sum(entry.units for entry in of_day),
                         of_day[0].number, of_day[-1].number))
        return days

    def hold_tally(self, period):
        holds = [hold for hold in self.holds.values() if month_of(hold.at) == period]
        pending = sorted((hold.at, hold.request, hold.state) for hold in holds if hold.state in ("held", "unknown"))
        return {"released": sum(hold.state == "released" for hold in holds), "pending": pending}
