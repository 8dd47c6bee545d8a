#!/usr/bin/env python3
"""The checker finds a breach of each rule, by its number, and none in rows that are right."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from check_focus import MANDATORY, Checker

COLUMNS = MANDATORY + ["InvoiceId", "PricingCategory", "ListUnitPrice", "ContractedUnitPrice", "ConsumedQuantity",
                       "ConsumedUnit", "ChargeFrequency", "SkuId", "SkuPriceId", "SkuPriceDetails", "Tags", "x_EntryFirst"]
RIGHT = {
    "BilledCost": "0.240000", "EffectiveCost": "0.240000", "ContractedCost": "0.240000", "ListCost": "0.240000",
    "BillingAccountId": "mer_1", "BillingAccountName": "Shop, Ltd", "BillingCurrency": "CNY",
    "BillingPeriodStart": "2026-10-31T16:00:00Z", "BillingPeriodEnd": "2026-11-30T16:00:00Z",
    "ChargePeriodStart": "2026-11-04T16:00:00Z", "ChargePeriodEnd": "2026-11-05T16:00:00Z", "ChargeCategory": "Usage",
    "ChargeDescription": "Vehicle licence recognition", "InvoiceIssuerName": "P", "ProviderName": "P", "PublisherName": "P",
    "PricingQuantity": "2", "PricingUnit": "Requests", "ServiceCategory": "AI and Machine Learning", "ServiceName": "V",
    "InvoiceId": "st-1", "PricingCategory": "Standard", "ListUnitPrice": "0.120000", "ContractedUnitPrice": "0.120000",
    "ConsumedQuantity": "2", "ConsumedUnit": "Requests", "ChargeFrequency": "Usage-Based", "SkuId": "ocr.driving",
    "SkuPriceId": "std@1/tier-1", "SkuPriceDetails": '{"x_Tier":1}',
}
NO_PRICE = {"PricingQuantity": None, "PricingUnit": None, "PricingCategory": None, "ListUnitPrice": None,
            "ContractedUnitPrice": None, "ConsumedQuantity": None, "ConsumedUnit": None, "SkuId": None, "SkuPriceId": None,
            "SkuPriceDetails": None}


def costs(text):
    return dict.fromkeys(["BilledCost", "EffectiveCost", "ContractedCost", "ListCost"], text)


def field(value):
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if value == "" or any(c in value for c in ',"\r\n') else value


def table(*rows, columns=COLUMNS):
    lines = [",".join(columns)]
    lines += [",".join(field({**RIGHT, **row}.get(name)) for name in columns) for row in rows]
    return "".join(line + "\r\n" for line in lines)


def rules(text):
    checker = Checker()
    checker.check_text(text, "file")
    checker.finish()
    return {rule for _, _, rule, _ in checker.breaches}


class CheckFocus(unittest.TestCase):
    def test_right_rows_have_no_breach(self):
        taken_back = {**costs("-0.120000"), "PricingQuantity": "-1", "ConsumedQuantity": "-1"}
        late = {"ChargePeriodStart": "2026-10-30T16:00:00Z", "ChargePeriodEnd": "2026-10-31T16:00:00Z", "ChargeClass": "Correction"}
        rounding = {**NO_PRICE, **costs("0.003333"), "ChargeCategory": "Adjustment", "ChargeFrequency": "One-Time"}
        odd = {**costs("0.066667"), "PricingQuantity": "1", "ConsumedQuantity": "1", "ListUnitPrice": "0.066667",
               "ContractedUnitPrice": "0.066667", "BilledCost": "0.066667"}
        pack = {**costs("10.000000"), "ChargeCategory": "Purchase", "PricingQuantity": "1", "PricingUnit": "Packs",
                "ListUnitPrice": "10.000000", "ContractedUnitPrice": "10.000000", "ConsumedQuantity": None,
                "ConsumedUnit": None, "ChargeFrequency": "One-Time", "SkuId": "pack", "SkuPriceId": "pack/10"}
        self.assertEqual(rules(table({}, taken_back, late, rounding, odd, pack)), set())

    def test_each_rule_has_breaches_that_are_found(self):
        cases = {
            1: [table(columns=[name for name in COLUMNS if name != "BilledCost"]), table(columns=COLUMNS + ["myColumn"]),
                table(columns=COLUMNS + ["Colour"]), table(columns=["x_First"] + COLUMNS), table({}) + "one,field\r\n",
                table(columns=COLUMNS + ["x_EntryFirst"])],
            2: [table({"ChargePeriodStart": "2026-11-04 16:00:00"}), table({"BillingPeriodEnd": "2026-11-30T16:00:00+00:00"}),
                table({"ChargePeriodEnd": "2026-13-05T16:00:00Z"}), table({"ChargePeriodEnd": "2026-11-05T16:00:00.5Z"})],
            3: [table({"BilledCost": "+0.24"}), table({"ListCost": "1,000.00"}), table({"EffectiveCost": "CNY 0.24"}),
                table({"ConsumedQuantity": "2 Requests"}), table({"PricingQuantity": ".5"})],
            4: [table({"InvoiceId": ""}), table({"Tags": "Not Applicable"}), table({"BillingAccountId": None}),
                table({"ChargeDescription": "N/A"}), table({"ProviderName": None})],
            5: [table({"BillingCurrency": "RMB"}), table({"BillingCurrency": "cny"})],
            6: [table({"PricingUnit": "requests"}), table({"ConsumedUnit": "Request"}), table({"PricingUnit": "1000requests"})],
            7: [table({"SkuPriceDetails": '{"a":{"b":1}}'}), table({"Tags": "[1]"}), table({"Tags": "tag=1"}),
                table({"Tags": '{"a":[1]}'})],
            8: [table({"ListCost": "0.25"}), table({"ContractedCost": "0.239999"}), table({"ListUnitPrice": "-0.12"}),
                table({"ListUnitPrice": None}), table({}, {"SkuId": "other"}), table({"PricingUnit": None}),
                table({**costs("0.240000"), "ChargeCategory": "Tax"})],
            9: [table({**costs("0.120001"), "PricingQuantity": "1", "ConsumedQuantity": "1", "ListUnitPrice": "0.120001",
                       "ContractedUnitPrice": "0.120001"})],
            10: [table({"ChargeCategory": "Refund"}), table({"ChargeCategory": "Purchase"}),
                 table({**NO_PRICE, "ChargeCategory": "Credit", "ListCost": "0.10"}),
                 table({**NO_PRICE, **costs("-0.12"), "ChargeCategory": "Credit", "ChargeDescription": "Scan taken back"}),
                 table({"BilledCost": "-0.24"}), table({"ChargeFrequency": "Daily"}),
                 table({"ChargeCategory": "Adjustment"})],
            11: [table({"ChargePeriodStart": "2026-10-30T16:00:00Z", "ChargePeriodEnd": "2026-10-31T16:00:00Z"}),
                 table({"ChargePeriodEnd": "2026-12-05T16:00:00Z"}), table({"ChargePeriodEnd": "2026-11-04T16:00:00Z"})],
            12: [table({"ChargeClass": "Correction"}), table({"ChargeClass": "Refund"})],
        }
        for rule, texts in cases.items():
            for index, text in enumerate(texts):
                with self.subTest(rule=rule, case=index):
                    self.assertIn(rule, rules(text))

    def test_quoted_fields_hold_commas_quotes_and_line_ends(self):
        self.assertEqual(rules(table({"BillingAccountName": 'A "B", C\r\nD'})), set())

    def test_invoices_are_summed_over_files(self):
        checker = Checker()
        one = {**costs("0.004"), "PricingQuantity": "1", "ConsumedQuantity": "1", "ListUnitPrice": "0.004", "ContractedUnitPrice": "0.004"}
        two = {**costs("0.006"), "PricingQuantity": "1", "ConsumedQuantity": "1", "ListUnitPrice": "0.006", "ContractedUnitPrice": "0.006"}
        checker.check_text(table(one), "one")
        checker.check_text(table(two), "two")
        checker.finish()
        self.assertEqual(checker.breaches, [])

    def test_command_names_the_line_and_ends_with_1(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "part.csv"
            file.write_text(table({}, {"BillingCurrency": "RMB"}), encoding="utf-8", newline="")
            program = pathlib.Path(__file__).parent / "check_focus.py"
            ended = subprocess.run([sys.executable, program, folder], capture_output=True, text=True, check=False)
            self.assertEqual(ended.returncode, 1)
            self.assertIn(f"{file}:3: rule 5:", ended.stdout)
            file.write_text(table({}), encoding="utf-8", newline="")
            self.assertEqual(subprocess.run([sys.executable, program, file], capture_output=True, check=False).returncode, 0)
            self.assertEqual(subprocess.run([sys.executable, program], capture_output=True, check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main()
