"""What the export files of one month must hold of a merchant, from the model; and reading the files themselves.

Sources: docs/exports.md for the columns; the FOCUS 1.2 specification for its own.
"""
import csv
import datetime
import json

import beijing_calendar
from beijing_calendar import DAY

FORMATS = ("csv", "jsonl", "focus")
OWN = ("purchase", "minimum", "rounding")  # lines of a statement that no entry stands behind
ENTRY_COLUMNS = ("entry_number", "kind", "units", "scanned_at", "recorded_at", "charge_day", "period", "late",
                 "plan_version", "tier", "unit_price_micro_yuan", "amount_micro_yuan", "pack_id", "corrects_number",
                 "reason", "request_id", "statement_number")
NUMBERS = {"entry_number", "units", "tier", "unit_price_micro_yuan", "amount_micro_yuan", "corrects_number"}
FOCUS_COLUMNS = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory",
                 "ChargeClass", "BilledCost", "EffectiveCost", "ContractedCost", "ListCost", "PricingQuantity",
                 "ConsumedQuantity", "ListUnitPrice", "ContractedUnitPrice", "InvoiceId", "x_EntryFirst", "x_EntryLast",
                 "x_PlanVersion", "x_PackId")


def utc_text(instant):
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=instant)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (".%03dZ" % (instant % 1000) if instant % 1000 else "Z")


def date_text(instant):
    return beijing_calendar.beijing(instant).strftime("%Y-%m-%d")


def yuan(micro_yuan):
    whole, rest = divmod(abs(micro_yuan), 1_000_000)
    return "%s%d.%06d" % ("-" if micro_yuan < 0 else "", whole, rest)


def statement_number(model, merchant, period):
    return f"st-{beijing_calendar.month_text(period)}-{merchant}" if period in model.statements else None


def own_lines(model, period):
    statement = model.statements.get(period)
    return [line for line in statement.lines if line[0] in OWN] if statement else []


def expected_entries(model, merchant, period):
    """The rows of CSV and JSON Lines, as tuples in the order of ENTRY_COLUMNS."""
    number = statement_number(model, merchant, period)
    prices = model.prices(period)
    rows = []
    for entry in model.entries:
        if entry.period != period:
            continue
        tier, price = prices[entry.number]
        rows.append((entry.number, entry.kind, entry.units, utc_text(entry.at), utc_text(entry.recorded),
                     date_text(entry.at), beijing_calendar.month_text(period), entry.at < beijing_calendar.month_starts(period),
                     entry.version, tier, price, price * entry.units, entry.pack, entry.corrects, entry.reason or None,
                     entry.request, number))
    last_day = date_text(beijing_calendar.month_ends(period) - 1)
    for kind, version, pack, _, _, _, amount in own_lines(model, period):
        rows.append((None, kind, 0, None, utc_text(model.statements[period].closed_at), last_day,
                     beijing_calendar.month_text(period), False, version, 0, 0, amount, pack, None, None, None, number))
    return rows


def expected_focus(model, merchant, period):
    """One row a charge day, a price and a kind of charge, as tuples in the order of FOCUS_COLUMNS."""
    number = statement_number(model, merchant, period)
    month = (utc_text(beijing_calendar.month_starts(period)), utc_text(beijing_calendar.month_ends(period)))
    groups = {}
    prices = model.prices(period)
    for entry in model.entries:
        if entry.period == period and entry.units != 0:
            day = beijing_calendar.day_starts(entry.at)
            key = (day, day < beijing_calendar.month_starts(period), entry.units < 0, entry.version, entry.pack,
                   *prices[entry.number])
            groups.setdefault(key, []).append(entry)
    rows = []
    for (day, of_closed, _, version, pack, _, price), entries in groups.items():
        units = sum(entry.units for entry in entries)
        cost = yuan(units * price)
        rows.append((*month, utc_text(day), utc_text(day + DAY), "Usage", "Correction" if of_closed else None, cost, cost,
                     cost, cost, units, units, yuan(price), yuan(price), number, entries[0].number, entries[-1].number,
                     version, pack))
    day = beijing_calendar.day_starts(beijing_calendar.month_ends(period) - 1)
    for kind, version, pack, _, _, _, amount in own_lines(model, period):
        cost = yuan(amount)
        sold = (1, None, cost, cost) if kind == "purchase" else (None,) * 4
        rows.append((*month, utc_text(day), utc_text(day + DAY), "Purchase" if kind == "purchase" else "Adjustment", None,
                     cost, cost, cost, cost, *sold, number, None, None, version, pack))
    return rows


def billed_for(rows, period):
    """What the rows of one merchant, of all months together, bill for a month: its usage and minimum, less what later
    months took back of it."""
    at = {name: ENTRY_COLUMNS.index(name) for name in ("entry_number", "kind", "period", "corrects_number", "amount_micro_yuan")}
    month = beijing_calendar.month_text(period)
    charges = {row[at["entry_number"]] for row in rows if row[at["kind"]] == "charge" and row[at["period"]] == month}
    return sum(row[at["amount_micro_yuan"]] for row in rows
               if row[at["entry_number"]] in charges or row[at["corrects_number"]] in charges
               or (row[at["kind"]] == "minimum" and row[at["period"]] == month))


def without_word(reason):
    """A waiver's reason without what WeChat's last word of the day adds to it: the model hears no words."""
    return reason and reason.partition("; WeChat counted ")[0]


def read_rows(format_name, files):
    """{merchant: its rows}, as the `expected_` functions have them; blank fields are None."""
    if format_name == "jsonl":
        rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
        for row in rows:
            row["reason"] = without_word(row["reason"])
        return by_merchant(rows, "merchant_id", ENTRY_COLUMNS)
    rows = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as text:
            rows += [{name: value or None for name, value in row.items()} for row in csv.DictReader(text, strict=True)]
    if format_name == "focus":
        for row in rows:
            for name in ("PricingQuantity", "ConsumedQuantity", "x_EntryFirst", "x_EntryLast"):
                row[name] = row[name] and int(row[name])
        return by_merchant(rows, "BillingAccountId", FOCUS_COLUMNS)
    for row in rows:
        for name in NUMBERS:
            row[name] = row[name] and int(row[name])
        row["late"] = {"true": True, "false": False}[row["late"]]
        if row["reason"] is not None:
            row["reason"] = without_word(row["reason"].removeprefix("'"))  # the guard against formulas, of spreadsheets
    return by_merchant(rows, "merchant_id", ENTRY_COLUMNS)


def by_merchant(rows, name, columns):
    parted = {}
    for row in rows:
        parted.setdefault(row[name], []).append(tuple(row[column] for column in columns))
    return parted


def micro_yuan_of(format_name, row):
    """What a row bills."""
    if format_name != "focus":
        return row[ENTRY_COLUMNS.index("amount_micro_yuan")]
    cost = row[FOCUS_COLUMNS.index("BilledCost")]
    return int(cost.replace(".", ""))
