#!/usr/bin/env python3
"""Checks FOCUS 1.2 usage files against the rules in docs/exports.md. Usage:

    check_focus.py FILE.csv[.gz]|FOLDER…      a folder stands for all CSV files below it, checked together

Prints each breach as file:line: rule N: what, and ends with 1 if there is one, with 2 where nothing could be checked.
It uses none of the program's code, and can be pointed at any file, whoever wrote it.
"""
import csv
import gzip
import io
import json
import pathlib
import re
import sys
from collections import defaultdict
from datetime import datetime
from decimal import Decimal, InvalidOperation

MANDATORY = """BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodStart BillingPeriodEnd
ChargeCategory ChargeClass ChargeDescription ChargePeriodStart ChargePeriodEnd ContractedCost EffectiveCost
InvoiceIssuerName ListCost PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName""".split()
KNOWN = set(MANDATORY) | set("""AvailabilityZone BillingAccountType CapacityReservationId CapacityReservationStatus ChargeFrequency
CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName CommitmentDiscountQuantity CommitmentDiscountStatus
CommitmentDiscountType CommitmentDiscountUnit ConsumedQuantity ConsumedUnit ContractedUnitPrice InvoiceId ListUnitPrice
PricingCategory PricingCurrency PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice
RegionId RegionName ResourceId ResourceName ResourceType ServiceSubcategory SkuId SkuMeter SkuPriceDetails SkuPriceId
SubAccountId SubAccountName SubAccountType Tags""".split())
NEVER_NULL = """BilledCost BillingAccountId BillingCurrency BillingPeriodStart BillingPeriodEnd ChargeCategory ChargePeriodStart
ChargePeriodEnd ContractedCost EffectiveCost InvoiceIssuerName ListCost ProviderName PublisherName ServiceCategory
ServiceName""".split()
COSTS = ["BilledCost", "EffectiveCost", "ContractedCost", "ListCost"]
NUMBERS = COSTS + ["PricingQuantity", "ConsumedQuantity", "ListUnitPrice", "ContractedUnitPrice"]
TIMES = ["BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"]
UNITS = ["PricingUnit", "ConsumedUnit"]
JSON_COLUMNS = ["SkuPriceDetails", "Tags"]
VALUES = {"ChargeCategory": {"Usage", "Purchase", "Credit", "Adjustment", "Tax"}, "ChargeClass": {"Correction"},
          "ChargeFrequency": {"Usage-Based", "Recurring", "One-Time"},
          "PricingCategory": {"Standard", "Committed", "Dynamic", "Other"}}
STAND_INS = {"not applicable", "n/a", "na", "none", "null", "-", "unknown", "undefined", "not specified"}
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE]-?\d+)?")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
CURRENCIES = set("""AED AUD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR JPY KRW KZT MOP MXN MYR NGN NOK NZD
PEN PHP PKR PLN QAR RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR""".split())
# A count and a plural, a plural, two of them joined, or a rate: 1000 Requests, Hours, GB-Hours, Requests/Day.
ABBREVIATED = r"(?:[KMGTPE]i?)?[bB]"
PLURAL = r"(?:" + ABBREVIATED + r"|[A-Z][A-Za-z]*s)"
UNIT = re.compile(r"(?:\d+ )?" + PLURAL + r"(?:-" + PLURAL + r")?(?:/[A-Z][A-Za-z]*)?")


def number(text):
    try:
        return Decimal(text) if text is not None and NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def time(text):
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ") if text and TIME.fullmatch(text) else None
    except ValueError:
        return None


class NullAwareReader:
    """CSV rows whose empty unquoted fields are None and whose quoted empty ones are '': the csv module cannot tell them."""

    QUOTED_EMPTY = "\x00quoted-empty\x00"

    def __init__(self, text):
        marked = self._mark(text)
        self._rows = csv.reader(io.StringIO(marked, newline=""), strict=True)

    def _mark(self, text):
        out, quoted, at = [], False, 0
        while at < len(text):
            if not quoted and text.startswith('""', at) and self._ends(text, at + 2) and self._begins(text, at):
                out.append(self.QUOTED_EMPTY)
                at += 2
                continue
            if text[at] == '"':
                quoted = not quoted
            next_quote = text.find('"', at + 1)
            end = len(text) if next_quote < 0 else next_quote
            out.append(text[at:end])
            at = end
        return "".join(out)

    @staticmethod
    def _begins(text, at):
        return at == 0 or text[at - 1] in ",\n\r"

    @staticmethod
    def _ends(text, at):
        return at == len(text) or text[at] in ",\n\r"

    def __iter__(self):
        for row in self._rows:
            yield self._rows.line_num, ["" if field == self.QUOTED_EMPTY else field or None for field in row]


class Checker:
    """Takes files one after the other; `breaches` are (file, line, rule, text). Line 0: of the whole."""

    def __init__(self):
        self.breaches = []
        self.rows = 0
        self._invoices = defaultdict(Decimal)
        self._sku_of_price = {}

    def breach(self, line, rule, text):
        self.breaches.append((self._file, line, rule, text))

    def check_text(self, text, name):
        self._file = name
        rows = iter(NullAwareReader(text.removeprefix("\ufeff")))
        try:
            _, header = next(rows, (1, []))
            self._check_header(header)
            for line, values in rows:
                self.rows += 1
                if len(values) != len(header):
                    self.breach(line, 1, f"{len(values)} fields under {len(header)} columns")
                    continue
                self._check_row(line, dict(zip(header, values)))
        except csv.Error as failure:
            self.breach(0, 1, f"not CSV as RFC 4180 has it: {failure}")

    def finish(self):
        """What only the whole can show."""
        self._file = "all files"
        for invoice, total in sorted(self._invoices.items()):
            if total % Decimal("0.01") != 0:
                self.breach(0, 9, f"invoice {invoice} adds up to {total}, which is no amount of whole fen")

    def _check_header(self, header):
        for name in header:
            if name is None or not re.fullmatch(r"[A-Z][A-Za-z]*|x_[A-Za-z0-9]+", name):
                self.breach(1, 1, f"column {name!r} is neither PascalCase nor x_…")
            elif not name.startswith("x_") and name not in KNOWN:
                self.breach(1, 1, f"column {name} is none of FOCUS 1.2; a custom one begins with x_")
        for name in MANDATORY:
            if name not in header:
                self.breach(1, 1, f"column {name} is missing")
        for name in {name for name in header if header.count(name) > 1}:
            self.breach(1, 1, f"column {name} is there twice")
        custom = [str(name).startswith("x_") for name in header]
        if custom != sorted(custom):
            self.breach(1, 1, "custom columns come last")

    def _check_row(self, line, row):
        self._check_nulls(line, row)
        self._check_forms(line, row)
        self._check_prices(line, row)
        self._check_categories(line, row)
        self._check_periods(line, row)
        cost = number(row.get("BilledCost"))
        if row.get("InvoiceId") is not None and cost is not None:
            self._invoices[row["InvoiceId"]] += cost

    def _check_nulls(self, line, row):
        for name, value in row.items():
            if value is None:
                if name in NEVER_NULL:
                    self.breach(line, 4, f"{name} may not be null")
            elif value.strip() == "" or value.strip().lower() in STAND_INS:
                self.breach(line, 4, f"{name} is {value!r} in the place of null")

    def _check_forms(self, line, row):
        for name in TIMES:
            if row.get(name) is not None and time(row[name]) is None:
                self.breach(line, 2, f"{name} is {row[name]!r}, not YYYY-MM-DDTHH:mm:ssZ")
        for name in NUMBERS:
            if row.get(name) is not None and number(row[name]) is None:
                self.breach(line, 3, f"{name} is {row[name]!r}, which is no plain number")
        for name, values in VALUES.items():
            if row.get(name) is not None and row[name] not in values:
                self.breach(line, 12 if name == "ChargeClass" else 10, f"{name} cannot be {row[name]!r}")
        if row.get("BillingCurrency") is not None and row["BillingCurrency"] not in CURRENCIES:
            self.breach(line, 5, f"{row['BillingCurrency']!r} is no currency of ISO 4217")
        for name in UNITS:
            if row.get(name) is not None and not UNIT.fullmatch(row[name]):
                self.breach(line, 6, f"{name} is {row[name]!r}: units are capitalised plurals, such as Requests")
        for name in JSON_COLUMNS:
            if row.get(name) is not None and not is_flat_json(row[name]):
                self.breach(line, 7, f"{name} is no flat JSON object")

    def _check_prices(self, line, row):
        correction = row.get("ChargeClass") == "Correction"
        quantity = number(row.get("PricingQuantity"))
        for price_name, cost_name in (("ListUnitPrice", "ListCost"), ("ContractedUnitPrice", "ContractedCost")):
            price, cost = number(row.get(price_name)), number(row.get(cost_name))
            if price is not None and price < 0:
                self.breach(line, 8, f"{price_name} is negative")
            if price is not None and quantity is not None and cost is not None and not correction and price * quantity != cost:
                self.breach(line, 8, f"{price_name} × PricingQuantity is {price * quantity}, {cost_name} is {cost}")
        if (row.get("PricingQuantity") is None) != (row.get("PricingUnit") is None):
            self.breach(line, 8, "PricingQuantity and PricingUnit are null together or not at all")
        if (row.get("ConsumedQuantity") is None) != (row.get("ConsumedUnit") is None):
            self.breach(line, 8, "ConsumedQuantity and ConsumedUnit are null together or not at all")
        price_id, sku = row.get("SkuPriceId"), row.get("SkuId")
        if price_id is not None and self._sku_of_price.setdefault(price_id, sku) != sku:
            self.breach(line, 8, f"SkuPriceId {price_id} has two SkuIds")

    def _check_categories(self, line, row):
        category, charge_class = row.get("ChargeCategory"), row.get("ChargeClass")
        needs_price = category in ("Usage", "Purchase") and charge_class != "Correction"
        for name in ("PricingQuantity", "PricingUnit", "ListUnitPrice", "ContractedUnitPrice", "PricingCategory"):
            if name not in row:
                continue
            if needs_price and row[name] is None:
                self.breach(line, 8, f"{name} may not be null in a {category} row")
            if category == "Tax" and row[name] is not None:
                self.breach(line, 8, f"{name} is null in a Tax row")
        for name in ("ConsumedQuantity", "ConsumedUnit"):
            if category != "Usage" and row.get(name) is not None:
                self.breach(line, 10, f"{name} belongs to Usage rows alone")
        if category == "Purchase" and row.get("ChargeFrequency") == "Usage-Based":
            self.breach(line, 10, "a Purchase is never Usage-Based")
        costs = [number(row.get(name)) for name in COSTS]
        if category == "Credit" and len(set(costs)) > 1:
            self.breach(line, 10, "the four costs of a Credit are equal")
        if category == "Credit" and row.get("ConsumedQuantity") is None and "take" in (row.get("ChargeDescription") or "").lower():
            self.breach(line, 10, "a scan taken back is a negative Usage row, not a Credit")
        billed, quantity = costs[0], number(row.get("PricingQuantity"))
        if category == "Usage" and billed is not None and quantity is not None and billed * quantity < 0:
            self.breach(line, 10, "cost and quantity of a Usage row have different signs")

    def _check_periods(self, line, row):
        begin, end, day, day_end = (time(row.get(name)) for name in TIMES)
        if None in (begin, end, day, day_end):
            return
        if not begin < end or not day < day_end:
            self.breach(line, 11, "a period ends after it begins")
        inside = begin <= day and day_end <= end
        correction = row.get("ChargeClass") == "Correction"
        if not inside and not correction:
            self.breach(line, 11, "the charge day lies outside its billing period")
        if inside and correction:
            self.breach(line, 12, "ChargeClass is null inside the open period")


def is_flat_json(text):
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and not any(isinstance(member, (dict, list)) for member in value.values())


def text_of(path):
    opened = gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")
    with opened as file:
        return file.read().decode("utf-8")


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    checker = Checker()
    files = []
    for argument in map(pathlib.Path, sys.argv[1:]):
        files += sorted(argument.rglob("*.csv*")) if argument.is_dir() else [argument]
    for path in files:
        checker.check_text(text_of(path), str(path))
    checker.finish()
    for file, line, rule, text in checker.breaches:
        print(f"{file}:{line}: rule {rule}: {text}")
    print(f"{len(files)} files, {checker.rows} rows checked, {len(checker.breaches)} breaches")
    if not files:
        return 2
    return 1 if checker.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
