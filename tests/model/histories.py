"""Random histories of one merchant each, repeatable from a seed.

A history is a list of operations in order of time, each a dict that the runner understands as it is (README.md). The
generator lives through the history with the model of its own, so that it knows what there is to correct, to decide, to
repeat; what it makes is nevertheless only a list, of which any part is a history too.
"""
import random

import beijing_calendar
import books
import money_model
from beijing_calendar import DAY, HOUR, MINUTE, SECOND

# First months: an ordinary one, the turn of a year, a leap year's February, a month of 31 days after one of 30.
FIRST_MONTHS = (202601, 202511, 202802, 202604)
MONTHS = 3
ANSWERS = ("recognised",) * 14 + ("not_recognised",) * 3 + ("busy", "bad_picture", "too_fast", "not_connected",
                                                            "connect_timeout", "quota_gone", "silent", "silent", "cut",
                                                            "incomplete")
EDGES = (-2 * SECOND, -1, 0, 1, 3 * SECOND, 20 * SECOND)
BUSY = 9 * HOUR, 9 * HOUR + 20 * MINUTE  # of a busy day, after its midnight in Beijing


class Frame:
    """What the histories of one database share: months, busy days, and when something happens to everybody."""

    def __init__(self, seed):
        chance = random.Random(f"tollgate {seed}")
        first = chance.choice(FIRST_MONTHS)
        self.seed = seed
        self.months = [first]
        while len(self.months) < MONTHS:
            self.months.append(beijing_calendar.next_month(self.months[-1]))
        self.starts = beijing_calendar.month_ends(first) - chance.randrange(5, 12) * DAY
        self.ends = beijing_calendar.month_starts(self.months[-1]) + 12 * DAY
        span = self.ends - self.starts
        ends = [beijing_calendar.month_ends(month) for month in self.months[:2]]
        self.days = [beijing_calendar.day_starts(self.starts + chance.randrange(span)) for _ in range(10)]
        self.days += ends + [end - DAY for end in ends]
        crashes = [self.starts + chance.randrange(span) for _ in range(2)] + [chance.choice(ends) + chance.choice(EDGES)]
        crashes += [chance.choice(self.days) + chance.randrange(*BUSY) for _ in range(4)]
        sweeps = [day + chance.randrange(*BUSY) for day in self.days for _ in range(3)]
        sweeps += [end + offset for end in ends for offset in (15 * SECOND, 60 * SECOND)]
        waivings = [self.starts + chance.randrange(span) for _ in range(6)] + [chance.choice(ends) + HOUR]
        self.operations = [{"at": at, "op": op} for op, moments in (("crash", crashes), ("sweep", sweeps),
                                                                    ("waive", waivings)) for at in moments]
        for month in self.months[:2]:
            if chance.random() < 0.7:
                at = beijing_calendar.month_ends(month) + chance.choice((0, 1, 2 * SECOND, 30 * HOUR, 4 * DAY))
                self.operations.append({"at": at, "op": "close_all", "period": beijing_calendar.month_text(month)})
        self.operations.sort(key=lambda operation: operation["at"])


def history(frame, number):
    """The operations of one merchant's history; of the frame's they are parted, and know when those come."""
    return Generator(frame, number).history()


class Generator:
    def __init__(self, frame, number):
        self.chance = random.Random(f"tollgate {frame.seed} {number}")
        self.frame = frame
        self.number = number
        self.name = name_of(number)
        self.model = None
        self.operations = []
        self.shared = list(frame.operations)
        self.versions = []
        self.made = 0
        self.keys = []  # (Idempotency-Key, content) used so far
        self.halves = self.chance.random() < 0.5  # money in odd halves of a fen, so that sums lie between two

    def history(self):
        for at in self.moments():
            self.pass_shared(at)
            self.step(at)
        self.pass_shared(self.frame.ends)
        for label in list(self.model.running):
            self.add(self.frame.ends, "finish", scan=label, answer=self.chance.choice(ANSWERS))
        return self.operations

    def moments(self):
        """Times at which something happens: around what changes the bill, and on a few busy days."""
        frame, chance = self.frame, self.chance
        edges = [beijing_calendar.month_ends(month) for month in frame.months[:2]]
        edges += [operation["at"] for operation in frame.operations if operation["op"] in ("crash", "close_all")]
        days = chance.sample(frame.days, 6) + frame.days[-4:]
        moments = []
        for _ in range(chance.randrange(25, 80)):
            luck = chance.random()
            if luck < 0.3:
                moments.append(chance.choice(edges) + chance.choice(EDGES))
            elif luck < 0.5:
                moments.append(chance.choice(days) + chance.choice(EDGES))
            elif luck < 0.9:
                moments.append(chance.choice(days) + chance.randrange(*BUSY))
            else:
                moments.append(frame.starts + chance.randrange(frame.ends - frame.starts))
        return sorted(min(max(at, frame.starts), frame.ends) for at in moments)

    def pass_shared(self, until):
        """What happens to everybody up to `until`, so that the model stands where the program will stand."""
        while self.shared and self.shared[0]["at"] <= until:
            operation = self.shared.pop(0)
            if self.model is not None:
                apply(self.model, operation)

    def add(self, at, op, **rest):
        operation = {"at": at, "op": op, "merchant": self.name, **rest}
        self.operations.append(operation)
        if self.model is None:
            self.model = first_of(operation)
            return None
        return apply(self.model, operation)

    def fresh(self, what):
        self.made += 1
        return f"{what}_{self.number:06d}_{self.made:03d}"

    # What can happen.

    def step(self, at):
        if self.model is None:
            self.begin(at)
            return
        chance = self.chance
        ways = ((60, self.scan), (6, self.show), (12, self.begin_scan), (25, self.finish_scan), (12, self.repeat), (7, self.correct), (4, self.correct_closed),
                (8, self.decide), (3, self.assign), (1, self.cancel), (2, self.pack), (1, self.end_pack),
                (2, self.day_limit), (5, self.close), (2, self.version), (2, self.upstream))
        chance.choices([way for _, way in ways], [weight for weight, _ in ways])[0](at)

    def begin(self, at):
        chance = self.chance
        self.add(at, "merchant", name=f"Merchant {self.number}", day_limit=chance.choice((3, 6, 10, 1000, 1000)),
                 upstream_day_free=chance.choice((None, None, 0, 3, 6, 100)), upstream_pack_units=chance.choice((0, 0, 2, 9)))
        for _ in range(self.chance.randrange(1, 4)):
            self.version(at)
        if self.chance.random() < 0.85:
            self.add(at, "assign", version=self.chance.choice(self.versions), starts_at=None)
        if self.chance.random() < 0.3:
            self.pack(at)

    def price(self):
        """Whole fen, fractions of a fen, halves of one for the rounding, nothing."""
        chance = self.chance
        if self.halves:
            return chance.choice((0, 10_000, 5_000, 15_000, 25_000, 35_000))
        return chance.choice((0, 10_000, 120_000, 5_000, 15_000, chance.randrange(1, 400_000), chance.randrange(1, 99)))

    def version(self, at):
        chance = self.chance
        plan = f"plan-{self.number:06d}"
        if not self.versions:
            self.add(at, "plan", plan=plan)
        if len(self.versions) == 6:
            return
        tiers, up_to = [], 0
        for _ in range(chance.choice((0, 0, 1, 2, 3))):
            up_to += chance.randrange(1, 6)
            tiers.append({"up_to_units": up_to, "price_micro_yuan": self.price()})
        tiers.append({"up_to_units": None, "price_micro_yuan": self.price()})
        version = f"{plan}@{len(self.versions) + 1}"
        self.versions.append(version)
        self.add(at, "version", version=version, included_units=chance.choice((0, 0, 1, 3, 5)), tiers=tiers,
                 monthly_minimum_micro_yuan=chance.choice((0, 0, 0, 25_000, 105_000) if self.halves else
                                                          (0, 0, 0, 123_456, 1_000_000, chance.randrange(3_000_000))),
                 day_limit=chance.choice((None, None, 0, 2, 5, 9)), month_limit=chance.choice((None, None, 4, 9, 20)),
                 packs_only=chance.random() < 0.1)

    def assign(self, at):
        starts = self.chance.choice((None, at, at + SECOND, self.edge_after(at), at + self.chance.randrange(20 * DAY), at - 1))
        self.add(at, "assign", version=self.chance.choice(self.versions + [None]), starts_at=starts)

    def cancel(self, at):
        if self.model.assignments:
            self.add(at, "cancel", assignment=self.chance.randrange(len(self.model.assignments) + 1))

    def edge_after(self, at):
        """The next end of a month or of a day."""
        month = beijing_calendar.month_ends(beijing_calendar.month_of(at))
        return self.chance.choice((month, beijing_calendar.day_starts(at) + DAY))

    def pack(self, at):
        chance = self.chance
        starts = chance.choice((at, at, at, self.edge_after(at)))
        expires = max(chance.choice((at + 5 * SECOND, self.edge_after(at), at + chance.randrange(40 * DAY))), starts + 1)
        self.add(at, "pack", pack=self.fresh("pack"), units=chance.randrange(1, 8), starts_at=starts, expires_at=expires,
                 price_micro_yuan=chance.choice((0, 990_000, 985_000 if self.halves else chance.randrange(2_000_000))))

    def end_pack(self, at):
        if self.model.packs:
            self.add(at, "expire_pack", pack=self.chance.choice(self.model.packs).id)

    def day_limit(self, at):
        self.add(at, "day_limit", limit=self.chance.choice((0, 2, 5, 12, 1000)))

    def upstream(self, at):
        """WeChat's own quota: the operator says what it is, WeChat says, or the operator opens the window."""
        chance = self.chance
        luck = chance.random()
        if luck < 0.4:
            given = {"day_free": chance.choice((None, 0, 2, 5, 100)), "pack_units": chance.choice((0, 3, 8))}
            self.add(at, "upstream", **{name: given[name] for name in chance.choice((["day_free"], ["pack_units"], list(given)))})
        elif luck < 0.8:
            self.add(at, "tell_upstream", day_free=chance.choice((2, 5, 100)), used=chance.randrange(8))
        else:
            self.add(at, "reopen_upstream")

    def scan(self, at, request=None, content=None):
        if request is None and self.chance.random() < 0.5:
            request, content = self.fresh("key"), self.chance.randrange(1, 3)
            self.keys.append((request, content))
        self.add(at, "scan", scan=self.fresh("scan"), request=request or self.fresh("req"), content=content,
                 answer=self.chance.choice(ANSWERS))

    def begin_scan(self, at):
        """A scan that goes on while other things happen."""
        request, content = self.fresh("key"), 1
        self.keys.append((request, content))
        self.add(at, "begin", scan=self.fresh("scan"), request=request, content=content)

    def finish_scan(self, at):
        if self.model.running:
            self.add(at, "finish", scan=self.chance.choice(list(self.model.running)), answer=self.chance.choice(ANSWERS))

    def repeat(self, at):
        if self.keys:
            request, content = self.chance.choice(self.keys[-6:])
            self.scan(at, request, content if self.chance.random() < 0.9 else content + 1)

    def correct(self, at):
        if self.model.entries:
            self.add(at, "correct", number=self.chance.choice(self.model.entries).number, reason=self.reason())

    def correct_closed(self, at):
        """Several charges of a month that is closed: what each gives back depends on those before it."""
        corrected = {entry.corrects for entry in self.model.entries}
        charges = [entry.number for entry in self.model.entries if entry.kind == "charge" and entry.period in self.model.statements
                   and entry.pack is None and entry.version is not None and entry.number not in corrected]
        for number in self.chance.sample(charges, min(len(charges), 3)):
            self.add(at, "correct", number=number, reason=self.reason())

    def decide(self, at):
        unknown = [hold.request for hold in self.model.holds.values() if hold.state == "unknown"]
        if self.chance.random() < 0.1:
            unknown = list(self.model.holds) + ["req_of_nobody"]
        if unknown:
            self.add(at, "decide", request=self.chance.choice(unknown), billed=self.chance.random() < 0.5,
                     reason=self.reason())

    def reason(self):
        return self.chance.choice(("the picture was ours", "测试, \"quoted\"", "=1+1", "asked for on the 3rd"))

    def show(self, at):
        self.add(at, "show_windows", of=at)
        self.add(at, "show_packs")
        self.add(at, "show_upstream")
        self.add(at, "show_usage", period=beijing_calendar.month_text(self.chance.choice(self.frame.months)))

    def close(self, at):
        ended = [month for month in self.frame.months if beijing_calendar.month_ends(month) <= at]
        months = ended if ended and self.chance.random() < 0.9 else self.frame.months
        self.add(at, "close", period=beijing_calendar.month_text(self.chance.choice(months)))


def name_of(number):
    return f"mer_h{number:06d}"


def first_of(operation):
    return money_model.Merchant(operation["at"], operation["day_limit"], operation["upstream_day_free"],
                                operation["upstream_pack_units"])


def month_number(text):
    return int(text[:4]) * 100 + int(text[5:])


def apply(model, operation):
    """One operation upon the model; gives what the program has to say to it, None where it says that to nobody alone."""
    at, op = operation["at"], operation["op"]
    given = operation.get
    if op == "version":
        tiers = [(tier["up_to_units"], tier["price_micro_yuan"]) for tier in given("tiers")]
        terms = books.Terms(given("included_units"), tiers, given("monthly_minimum_micro_yuan"), given("day_limit"),
                                  given("month_limit"), given("packs_only"))
        return model.add_version(given("version"), terms)
    if op == "close_all":
        model.close(at, month_number(given("period")))
        return None
    if op == "crash":
        return model.crash()
    if op == "plan":
        return {"ok": True}
    doing = {
        "assign": lambda: model.assign(at, given("version"), given("starts_at")),
        "cancel": lambda: model.cancel(at, given("assignment")),
        "day_limit": lambda: model.set_day_limit(at, given("limit")),
        "pack": lambda: model.grant_pack(at, given("pack"), given("units"), given("price_micro_yuan"), given("starts_at"),
                                         given("expires_at")),
        "expire_pack": lambda: model.expire_pack(at, given("pack")),
        "scan": lambda: model.scan(at, given("scan"), given("request"), given("content"), given("answer")),
        "begin": lambda: model.begin(at, given("scan"), given("request"), given("content")),
        "finish": lambda: model.finish(at, given("scan"), given("answer")),
        "sweep": lambda: model.sweep(at),
        "waive": lambda: model.waive_undecided(at),
        "correct": lambda: model.correct(at, given("number"), given("reason")),
        "decide": lambda: model.decide(at, given("request"), given("billed"), given("reason")),
        "show_windows": lambda: model.show_windows(given("of")),
        "show_packs": lambda: model.show_packs(),
        "show_upstream": lambda: model.show_upstream(),
        "show_usage": lambda: {"usage": sorted(model.usage_lines(month_number(given("period"))), key=repr)},
        "upstream": lambda: model.set_upstream(at, {name: operation[name] for name in ("day_free", "pack_units")
                                                    if name in operation}),
        "tell_upstream": lambda: model.tell_upstream(at, given("day_free"), given("used")),
        "reopen_upstream": lambda: model.reopen_upstream(at),
        "close": lambda: model.close(at, month_number(given("period"))),
    }
    return doing[op]()
