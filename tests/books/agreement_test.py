#!/usr/bin/env python3
"""Statement, CSV, JSON Lines and FOCUS agree to the micro-yuan over seeded histories, and with a pricing of our own here.
Usage: agreement_test.py TOLLGATE BOOKS_HISTORY CHECK_FOCUS [SEED…]"""
import csv
import gzip
import json
import subprocess
import sys
import tempfile
import unittest
from collections import defaultdict
from decimal import Decimal

from books import MERCHANTS, Books

TOLLGATE, HISTORY, CHECK_FOCUS = sys.argv[1:4]
SEEDS = [int(seed) for seed in sys.argv[4:]] or [1, 2]
TERMS = {"std@1": (10, [(20, 123457), (50, 99999), (None, 33333)], 7777777), "std@2": (0, [(None, 70001)], 0)}


def price_of_count(version, count):
    included, tiers, _ = TERMS[version]
    if count <= included:
        return 0, 0
    for number, (end, price) in enumerate(tiers, 1):
        if end is None or count - included <= end:
            return number, price
    raise AssertionError("a last tier with an end")


def prices_again(rows):
    """(tier, amount) of each entry's row, from the plans' terms alone."""
    counted = defaultdict(int)
    for row in rows:
        place = (row["merchant_id"], row["period"], row["plan_version"])
        if row["units"] == 0 or row["pack_id"] or not row["plan_version"]:
            yield 0, 0
        elif row["units"] < 0 and row["unit_price_given"] is not None:
            yield 0, -row["unit_price_given"]
        elif row["units"] > 0:
            counted[place] += 1
            tier, price = price_of_count(row["plan_version"], counted[place])
            yield tier, price
        else:
            tier, price = price_of_count(row["plan_version"], counted[place])
            counted[place] -= 1
            yield tier, -price


def rounded_to_fen(exact):
    return int((Decimal(exact) / 10000).quantize(Decimal(1), rounding="ROUND_HALF_EVEN")) * 10000


def csv_rows(folder):
    for part in sorted(folder.rglob("part-*.csv")):
        with open(part, newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)


def json_rows(folder):
    for part in sorted(folder.rglob("part-*.jsonl.gz")):
        with gzip.open(part, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def bytes_of(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


class Agreement(unittest.TestCase):
    def check_seed(self, seed, folder):
        books = Books(TOLLGATE, HISTORY, folder, seed)
        self.check_open_month(books)
        for period in (books.before, books.period):
            self.check_period(books, period)
            self.check_reconciliation(books, period)
        self.check_shadow(books)
        self.assertIn("0 faulty", books.run("statement", "verify", "--period", books.period))
        books.run("ledger", "verify")

    def check_period(self, books, period):
        payable = {merchant: books.statement(merchant, period)["payable_micro_yuan"] for merchant in MERCHANTS}
        plain = books.export(f"csv-{period}", "--format", "csv", "--period", period)
        lines = books.export(f"jsonl-{period}", "--format", "jsonl", "--period", period, "--gzip")
        focus = books.export(f"focus-{period}", "--format", "focus", "--period", period)

        for name, rows, amount in (
                ("csv", csv_rows(plain), lambda row: (row["merchant_id"], int(row["amount_micro_yuan"]))),
                ("jsonl", json_rows(lines), lambda row: (row["merchant_id"], row["amount_micro_yuan"])),
                ("focus", csv_rows(focus), lambda row: (row["BillingAccountId"], int(Decimal(row["BilledCost"]) * 1000000)))):
            sums = defaultdict(int)
            for row in rows:
                merchant, micro_yuan = amount(row)
                sums[merchant] += micro_yuan
            self.assertEqual({merchant: sums[merchant] for merchant in MERCHANTS}, payable, name)
        for folder in (plain, lines, focus):
            manifest = json.loads((folder / "manifest.json").read_text())
            self.assertTrue(manifest["complete"])
            self.assertEqual(manifest["billed_micro_yuan"], sum(payable.values()))
        checked = subprocess.run([sys.executable, CHECK_FOCUS, focus], capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        again = books.export(f"again-{period}", "--format", "jsonl", "--period", period, "--gzip")
        self.assertEqual(bytes_of(lines), bytes_of(again))
        self.check_prices(books, period, list(json_rows(lines)))

    def check_prices(self, books, period, rows):
        entries = [row for row in rows if row["entry_number"] is not None]
        billed_here = {(row["merchant_id"], row["entry_number"]) for row in entries}
        for row in entries:
            closed = row["kind"] == "correction" and (row["merchant_id"], row["corrects_number"]) not in billed_here
            row["unit_price_given"] = row["unit_price_micro_yuan"] if closed else None
        for row, (tier, amount) in zip(entries, prices_again(entries)):
            self.assertEqual((row["tier"], row["amount_micro_yuan"]), (tier, amount), row)
        for merchant in MERCHANTS:
            statement = books.statement(merchant, period)
            own = [row for row in entries if row["merchant_id"] == merchant]
            self.assertEqual(statement["entries"]["count"], len(own))
            self.assertEqual(statement["entries"]["last_number"], own[-1]["entry_number"] if own else None)
            self.assertEqual(statement["entries"]["chain_hash"], own[-1]["chain_hash"] if own else None)
            charged = sum(line["amount_micro_yuan"] for line in statement["lines"] if line["kind"] != "rounding")
            self.assertEqual(statement["payable_micro_yuan"], rounded_to_fen(charged))
            late = [row for row in own if row["late"] and row["kind"] != "correction"]
            self.assertEqual(sum(day["entries"] for day in statement["late"]), len(late))

    def check_shadow(self, books):
        lines = books.run("price", "compare", "--period", books.period, "--plan-version", "std@2").splitlines()
        shadow = {line["merchant_id"]: line for line in map(json.loads, lines)}
        for merchant in MERCHANTS:
            statement = books.statement(merchant, books.period)
            kept = sum(line["amount_micro_yuan"] for line in statement["lines"] if line["kind"] in ("purchase", "correction"))
            units = sum(line["units"] for line in statement["lines"] if line["kind"] == "usage" and not line["pack_id"])
            self.assertEqual(shadow[merchant]["payable_micro_yuan"], statement["payable_micro_yuan"])
            self.assertEqual(shadow[merchant]["shadow_payable_micro_yuan"], rounded_to_fen(kept + 70001 * units))

    def check_open_month(self, books):
        """What the comparison says of a month that is open is what its statement says once it is closed."""
        def compared():
            lines = books.run("price", "compare", "--period", books.period, "--plan-version", "std@2").splitlines()
            return {line["merchant_id"]: line for line in map(json.loads, lines)}
        opened = compared()
        books.run("period", "close", books.period)
        closed = compared()
        self.assertEqual(set(opened), set(MERCHANTS))
        self.assertFalse(any(line.pop("closed") for line in opened.values()))
        self.assertTrue(all(line.pop("closed") for line in closed.values()))
        self.assertEqual(opened, closed)

    def check_reconciliation(self, books, period):
        """Nobody was asked in these histories; ledger and statement are side by side all the same."""
        lines = [json.loads(line) for line in books.run("usage", "reconcile", "--period", period).splitlines()]
        days, totals = lines[:-1], lines[-1]
        rows = [row for row in json_rows(books.folder / f"jsonl-{period}") if row["entry_number"] is not None]
        self.assertEqual(totals["days"], {"all": len(days), "last_word": 0, "open": 0, "stale": 0, "missing": len(days)})
        self.assertEqual(sum(day["statement"]["units"] for day in days), totals["statement"]["units"])
        stated = sum(row["units"] for row in rows if not row["late"])
        self.assertEqual(totals["statement"]["units"], stated)
        self.assertEqual(totals["statement"]["days_not_agreeing"], 0)
        for side in [totals["statement"]] + [day["statement"] for day in days]:
            self.assertEqual(side["difference"], sum(side["causes"].values()))
            self.assertEqual(side["causes"]["unexplained"], 0)
        for merchant in MERCHANTS:
            own = json.loads(books.run("usage", "reconcile", "--period", period, "--merchant", merchant).splitlines()[-1])
            charges = sum(day["ledger"]["charges"] for day in days if day["merchant"] == merchant)
            self.assertEqual(own["ledger"]["charges"], charges)

    def test_seeded_histories(self):
        for seed in SEEDS:
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                self.check_seed(seed, folder)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
