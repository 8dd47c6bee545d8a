#!/usr/bin/env python3
"""Statement, CSV, JSON Lines, FOCUS and /v1/usage agree to the micro-yuan over seeded histories, while a period is open and once
it is closed, and with a pricing of our own here.
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

from books import MERCHANTS, Books, cost, price_of_count

TOLLGATE, HISTORY, CHECK_FOCUS = sys.argv[1:4]
SEEDS = [int(seed) for seed in sys.argv[4:]] or [1, 2]


def prices_again(rows, minimums):
    """(tier, amount) of each entry's row of all periods, in the ledger's order, from the plans' terms alone. `minimums`: of the
    merchants' periods that cost at least so much."""
    counts = defaultdict(lambda: defaultdict(int))  # (merchant, period): plan version: units left
    period_of = {}
    for row in sorted(rows, key=lambda row: (row["merchant_id"], row["entry_number"])):
        merchant = row["merchant_id"]
        period_of[merchant, row["entry_number"]] = row["period"]
        corrected = period_of.get((merchant, row["corrects_number"]))
        place = (merchant, corrected or row["period"])
        count = counts[place]
        if row["units"] == 0 or row["pack_id"] or not row["plan_version"]:
            yield row, 0, 0
        elif row["units"] > 0:
            count[row["plan_version"]] += 1
            yield (row, *price_of_count(row["plan_version"], count[row["plan_version"]]))
        elif corrected == row["period"]:
            tier, price = price_of_count(row["plan_version"], count[row["plan_version"]])
            count[row["plan_version"]] -= 1
            yield row, tier, -price
        else:
            before = cost(count, minimums.get(place, 0))
            count[row["plan_version"]] -= 1
            yield row, 0, cost(count, minimums.get(place, 0)) - before


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
        opened = self.compared(books)
        with books.serve() as gateway:
            keys = {merchant: gateway.key_of(merchant) for merchant in MERCHANTS}
            self.check_open_usage(books, gateway, keys)
            gateway.close_all(books.period)
            self.check_closed_usage(books, gateway, keys)
            minimums = self.minimums(books, gateway)
        self.check_compared(opened, self.compared(books))
        rows = [row for period in (books.before, books.period) for row in self.check_period(books, period)]
        self.check_prices(rows, minimums)
        for period in (books.before, books.period):
            self.check_reconciliation(books, period)
        self.check_shadow(books)
        self.assertIn("0 faulty", books.run("statement", "verify", "--period", books.period))
        books.run("ledger", "verify")

    def check_open_usage(self, books, gateway, keys):
        """What a merchant sees of a month that runs is what its entries' rows come to."""
        sums = defaultdict(int)
        units = defaultdict(int)
        lines = defaultdict(lambda: defaultdict(int))
        exported = books.export("csv-open", "--format", "csv", "--period", books.period)
        for row in csv_rows(exported):
            sums[row["merchant_id"]] += int(row["amount_micro_yuan"])
            units[row["merchant_id"]] += int(row["units"])
            price = (row["plan_version"] or None, int(row["tier"]), int(row["unit_price_micro_yuan"]), row["pack_id"] or None)
            lines[row["merchant_id"]][price] += int(row["units"])
        self.assertTrue(any(sums.values()))
        for merchant, key in keys.items():
            usage = gateway.read(f"/v1/usage?period={books.period}", key).json()
            self.assertIsNone(usage["statement_number"])
            self.assertEqual(usage["amount_micro_yuan"], sums[merchant])
            self.assertEqual(usage["units"], units[merchant])
            shown = defaultdict(int)
            for line in usage["lines"]:
                self.assertIn(line["kind"], ("usage", "correction"))
                self.assertEqual(line["amount_micro_yuan"], line["unit_price_micro_yuan"] * line["units"])
                shown[line["plan_version"], line["tier"], line["unit_price_micro_yuan"], line["pack_id"]] += line["units"]
            self.assertEqual({price: count for price, count in shown.items() if count},
                             {price: count for price, count in lines[merchant].items() if count})

    def check_closed_usage(self, books, gateway, keys):
        for period in (books.before, books.period):
            for merchant, key in keys.items():
                statement = gateway.read(f"/v1/statements/{period}", key).json()["statement"]
                self.assertEqual(statement, books.statement(merchant, period))
                usage = gateway.read(f"/v1/usage?period={period}", key).json()
                self.assertEqual(usage["statement_number"], statement["number"])
                self.assertEqual(usage["lines"], statement["lines"])
                self.assertEqual(usage["amount_micro_yuan"], statement["payable_micro_yuan"])
                self.assertEqual(usage["entries"], statement["entries"]["count"])
                self.assertEqual(sum(day["entries"] for day in usage["days"]), usage["entries"])

    def minimums(self, books, gateway):
        return {(merchant, period): gateway.minimum_of(merchant, books.statement(merchant, period)["period_ends_at"])
                for merchant in MERCHANTS for period in (books.before, books.period)}

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
        entries = [row for row in json_rows(lines) if row["entry_number"] is not None]
        self.check_statements(books, period, entries)
        return entries

    def check_prices(self, entries, minimums):
        """Of both periods: a correction of the first can be in the second."""
        closed = 0
        for row, tier, amount in prices_again(entries, minimums):
            self.assertEqual((row["tier"], row["amount_micro_yuan"]), (tier, amount), row)
            closed += row["kind"] == "correction" and row["tier"] == 0 and amount != 0
        self.assertGreater(closed, 0, "no correction of a closed period that gave something back")

    def check_statements(self, books, period, entries):
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
        shadow = self.compared(books)
        for merchant in MERCHANTS:
            statement = books.statement(merchant, books.period)
            kept = sum(line["amount_micro_yuan"] for line in statement["lines"] if line["kind"] in ("purchase", "correction"))
            units = sum(line["units"] for line in statement["lines"] if line["kind"] == "usage" and not line["pack_id"])
            self.assertEqual(shadow[merchant]["payable_micro_yuan"], statement["payable_micro_yuan"])
            self.assertEqual(shadow[merchant]["shadow_payable_micro_yuan"], rounded_to_fen(kept + 70001 * units))

    def compared(self, books):
        lines = books.run("price", "compare", "--period", books.period, "--plan-version", "std@2").splitlines()
        return {line["merchant_id"]: line for line in map(json.loads, lines)}

    def check_compared(self, opened, closed):
        """What the comparison says of a month that is open is what its statement says once it is closed."""
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
        self.assertEqual(totals["ledger"], {name: sum(day["ledger"][name] for day in days) for name in days[0]["ledger"]})
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
