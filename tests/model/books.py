"""What a merchant's books consist of. Money is integers of micro-yuan."""
from dataclasses import dataclass

FEN = 10_000


def half_even_fen(exact):
    """To whole fen; of two that are equally near, the even one."""
    fen, rest = divmod(exact, FEN)
    if rest * 2 > FEN or (rest * 2 == FEN and fen % 2 == 1):
        fen += 1
    return fen * FEN


@dataclass
class Terms:
    included: int
    tiers: list  # [(up to this count after the included ones, or None; price)]
    minimum: int
    day_limit: int | None
    month_limit: int | None
    packs_only: bool


def price_of_count(terms, count):
    """(tier, price) of the unit that is the `count`th of its month in a plan version, from 1."""
    beyond = count - terms.included
    if beyond <= 0:
        return 0, 0
    for number, (up_to, price) in enumerate(terms.tiers, 1):
        if up_to is None or beyond <= up_to:
            return number, price
    raise AssertionError("the last tier has no end")


@dataclass
class Pack:
    id: str
    units: int
    price: int
    starts: int
    expires: int
    created: int
    used: int = 0
    held: int = 0


@dataclass
class Window:
    policy: str
    starts: int
    ends: int
    limit: int | None
    used: int = 0
    held: int = 0
    unknown: int = 0
    elsewhere: int = 0  # of WeChat's quota, without us

    def room(self):
        return self.limit is None or self.used + self.held < self.limit

    def limit_to(self, limit):
        """Never below what is used and held."""
        self.limit = None if limit is None else max(limit, self.used + self.held)


@dataclass
class Hold:
    request: str
    content: int | None
    at: int
    version: str | None
    pack: Pack | None
    windows: dict
    state: str = "held"
    reason: str = ""
    entry: int | None = None
    recognised: bool = False
    reply_until: int | None = None


@dataclass
class Entry:
    number: int
    kind: str
    units: int
    request: str
    at: int
    recorded: int
    period: int
    version: str | None
    pack: str | None
    corrects: int | None = None
    price: int | None = None
    reason: str = ""


@dataclass
class Statement:
    period: int
    closed_at: int
    last_number: int  # of the ledger at closing
    lines: list       # [(kind, version, pack, tier, unit price, units, amount)]
    entries: dict
    late: list
    holds: dict

    def payable(self):
        return sum(line[6] for line in self.lines)


@dataclass
class Assignment:
    version: str | None
    starts: int
    cancelled: bool = False
