#!/usr/bin/env python3
"""Closing, statements and exports over the admin API of the running program.
Usage: admin_books_test.py TOLLGATE BOOKS_HISTORY"""
import hashlib
import json
import sys
import tempfile
import unittest

from books import MERCHANTS, Books

TOLLGATE, HISTORY = sys.argv[1:3]


class AdminBooks(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.books = Books(TOLLGATE, HISTORY, self._folder.name, 7)

    def close_all(self, gateway):
        begun = gateway.call("POST", f"/admin/v1/periods/{self.books.period}:close")
        self.assertEqual(begun.status, 202, begun.body)
        self.assertEqual(begun.headers["Location"], f"/admin/v1/periods/{self.books.period}")
        return gateway.wait_for(begun.headers["Location"], "done")

    def test_period_is_closed_for_all_and_each_statement_can_be_read(self):
        with self.books.serve() as gateway:
            one = gateway.call("POST", f"/admin/v1/merchants/mer_1/statements/{self.books.period}:close")
            done = self.close_all(gateway)
            again = gateway.call("POST", f"/admin/v1/merchants/mer_1/statements/{self.books.period}:close")

            self.assertEqual(one.status, 200, one.body)
            self.assertEqual(again.body, one.body)
            self.assertEqual(done["progress"]["merchants_closed"], len(MERCHANTS) - 1)
            for merchant in MERCHANTS:
                shown = gateway.call("GET", f"/admin/v1/merchants/{merchant}/statements/{self.books.period}")
                self.assertEqual(shown.json()["statement"]["merchant_id"], merchant)
                listed = gateway.call("GET", f"/admin/v1/merchants/{merchant}/statements").json()["statements"]
                self.assertEqual([one["statement"]["period"] for one in listed], [self.books.period, self.books.before])
                self.assertEqual(listed[0], shown.json())
            keys = gateway.call("GET", "/admin/v1/statement-key").json()["keys"]
            self.assertEqual([key["id"] for key in keys], [one.json()["signature"]["key_id"]])
            self.assertTrue(keys[0]["active"])

    def test_signed_bytes_can_be_made_again_from_the_document(self):
        with self.books.serve() as gateway:
            body = gateway.call("GET", f"/admin/v1/merchants/mer_1/statements/{self.books.before}").body.decode()
            statement = json.loads(body)["statement"]
            text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            self.assertIn(f'"statement":{text},', body)

    def test_page_escapes_names_and_has_no_script(self):
        with self.books.serve() as gateway:
            page = gateway.call("GET", f"/admin/v1/merchants/mer_1/statements/{self.books.before}.html")
            self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
            self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
            text = page.body.decode()
            self.assertIn("Shop &quot;1&quot;, Ltd", text)
            self.assertNotIn("<script", text)
            self.assertIn("对账单", text)

    def pages(self, gateway, path, name, size):
        """All lines, and the totals of each page."""
        lines, totals, token = [], [], ""
        while True:
            page = gateway.call("GET", f"{path}&page_size={size}&page_token={token}").json()
            self.assertLessEqual(len(page[name]), size)
            lines += page[name]
            totals.append(page["totals"])
            token = page["next_page_token"]
            if not token:
                return lines, totals

    def test_shadow_prices_are_those_of_the_command_page_by_page(self):
        compared = self.books.run("price", "compare", "--period", self.books.period, "--plan-version", "std@2")
        expected = [json.loads(line) for line in compared.splitlines()]
        path = f"/admin/v1/shadow-prices?period={self.books.period}&plan_version=std%402"
        with self.books.serve() as gateway:
            for size in (1, 2, 50):
                lines, totals = self.pages(gateway, path, "shadow_prices", size)
                self.assertEqual(lines, expected)
                self.assertEqual(totals[-1]["merchants"], len(MERCHANTS))
                for name in ("entries", "payable_micro_yuan", "shadow_payable_micro_yuan", "difference_micro_yuan"):
                    self.assertEqual(totals[-1][name], sum(line[name] for line in expected), name)
            one = gateway.call("GET", path + "&merchant=mer_2").json()
            self.assertEqual(one["shadow_prices"], [expected[2]])
            self.assertEqual(one["next_page_token"], "")
            self.close_all(gateway)
            closed, _ = self.pages(gateway, path, "shadow_prices", 50)
            self.assertEqual(closed, [line | {"closed": True} for line in expected])
            for line in closed:
                shown = gateway.call("GET", f"/admin/v1/merchants/{line['merchant_id']}/statements/{self.books.period}").json()
                self.assertEqual(line["payable_micro_yuan"], shown["statement"]["payable_micro_yuan"])

    def test_usage_is_reconciled_as_the_command_does_page_by_page(self):
        told = [json.loads(line) for line in self.books.run("usage", "reconcile", "--period", self.books.before).splitlines()]
        path = f"/admin/v1/usage-reconciliations?period={self.books.before}"
        with self.books.serve() as gateway:
            for size in (3, 17, 500):
                lines, totals = self.pages(gateway, path, "usage_reconciliations", size)
                self.assertEqual(lines, told[:-1])
                self.assertEqual(totals[-1], told[-1])
            day = lines[0]["day"]
            of_day, _ = self.pages(gateway, f"/admin/v1/usage-reconciliations?day={day}", "usage_reconciliations", 2)
            self.assertEqual(of_day, [line for line in lines if line["day"] == day])
            of_one, _ = self.pages(gateway, path + "&merchant=mer_3", "usage_reconciliations", 5)
            self.assertEqual(of_one, [line for line in lines if line["merchant"] == "mer_3"])
            first = gateway.call("GET", path + "&page_size=3").json()["next_page_token"]
            for other in (f"/admin/v1/usage-reconciliations?period={self.books.period}", path + "&merchant=mer_3",
                          f"/admin/v1/usage-reconciliations?day={day}"):
                self.assertEqual(gateway.call("GET", f"{other}&page_token={first}").status, 400, other)

    def check_refused_queries(self, gateway):
        usage, shadow = "/admin/v1/usage-reconciliations", "/admin/v1/shadow-prices"
        for path, status in (
                (usage, 400), (usage + "?day=2026-11-31", 400), (usage + "?day=2026-11", 400), (usage + "?period=2026-13", 400),
                (usage + "?period=2026-11-01", 400), (usage + "?period=2026-11&day=2026-11-01", 400), (usage + "?day=%zz", 400),
                (usage + "?period=2026-11&page_size=-1", 400), (usage + "?period=2026-11&page_token=x", 400),
                (usage + "?period=2026-11&merchant=mer_x", 404), (shadow, 400), (shadow + "?period=2026-11", 400),
                (shadow + "?plan_version=std%402", 400), (shadow + "?period=2026-11&plan_version=std", 400),
                (shadow + "?period=2026-11&plan_version=std%400", 400), (shadow + "?period=2026-11&plan_version=std%403", 404),
                (shadow + "?period=2026-11&plan_version=std%402&merchant=mer_x", 404),
                (shadow + "?period=x&plan_version=std%402", 400), (shadow + "?period=2026-11&plan_version=std%402&page_token=AA", 400)):
            self.assertEqual(gateway.call("GET", path).status, status, path)
            self.assertEqual(gateway.call("GET", path, token="tga_wrong").status, 401)
        empty = gateway.call("GET", usage + "?period=1999-01").json()
        self.assertEqual((empty["usage_reconciliations"], empty["totals"]["days"]["all"]), ([], 0))
        self.assertEqual(gateway.call("POST", usage + "?period=2026-11", {}).status, 405)

    def check_mistyped_merchant(self):
        """The commands tell it too: an empty export would look as if the merchant had used nothing."""
        out = self.books.folder / "mistyped"
        for scope in (["--period", self.books.period], ["--first-number", "1"]):
            self.books.run("export", "--out", str(out), "--format", "csv", "--merchant", "mer_x", *scope, code=1)
        self.assertFalse(out.exists())
        self.books.run("price", "compare", "--period", self.books.period, "--plan-version", "std@2", "--merchant", "mer_x",
                       code=1)
        self.books.run("usage", "reconcile", "--period", self.books.period, "--merchant", "mer_x", code=1)
        for scope in ([], ["--day", "2026-11-31"], ["--period", "2026-11", "--day", "2026-11-01"], ["--period", "2026"]):
            self.books.run("usage", "reconcile", *scope, code=2)

    def test_what_cannot_be_is_refused(self):
        self.check_mistyped_merchant()
        with self.books.serve() as gateway:
            self.check_refused_queries(gateway)
            for method, path, status in (
                    ("POST", "/admin/v1/periods/9999-01:close", 409), ("POST", "/admin/v1/periods/2026-13:close", 400),
                    ("GET", "/admin/v1/periods/1999-01", 404), ("GET", "/admin/v1/merchants/mer_1/statements/2026-1", 400),
                    ("GET", "/admin/v1/merchants/mer_1/statements/1999-01", 404),
                    ("GET", "/admin/v1/merchants/mer_x/statements", 404),
                    ("POST", "/admin/v1/merchants/mer_x/statements/1999-01:close", 404),
                    ("GET", "/admin/v1/exports/exp_1", 404), ("GET", "/admin/v1/exports/..%2f..%2fkeys", 404)):
                self.assertEqual(gateway.call(method, path).status, status, path)
                self.assertEqual(gateway.call(method, path, token="tga_wrong").status, 401 if status != 404 or ".." not in path else 404)
            for body in ({}, {"format": "csv"}, {"format": "xml", "period": "2026-10"}, {"format": "csv", "period": "2026"},
                         {"format": "csv", "first_number": 1}, {"format": "csv", "period": "2026-10", "gzip": "yes"},
                         {"format": "csv", "merchant_id": "mer_1", "first_number": 5, "last_number": 4},
                         {"format": "csv", "period": "2026-10", "out": "/etc"}):
                self.assertEqual(gateway.call("POST", "/admin/v1/exports", body).status, 400, body)

    def test_export_is_made_in_the_background_and_its_files_are_what_the_manifest_says(self):
        with self.books.serve() as gateway:
            begun = gateway.call("POST", "/admin/v1/exports", {"format": "csv", "period": self.books.before, "gzip": True})
            self.assertEqual(begun.status, 202, begun.body)
            done = gateway.wait_for(begun.headers["Location"], "done")
            files = {address.split("/files/")[1]: gateway.call("GET", address) for address in done["files"]}
            manifest = files["manifest.json"].json()
            self.assertTrue(manifest["complete"])
            for part in manifest["files"] + [manifest["ledgers_file"]]:
                self.assertEqual(hashlib.sha256(files[part["name"]].body).hexdigest(), part["sha256"])
            self.assertEqual(gateway.call("GET", begun.headers["Location"] + "/files/request.json").status, 404)
            self.assertEqual(gateway.call("GET", begun.headers["Location"] + "/files/..").status, 404)
        with self.books.serve() as gateway:
            self.assertEqual(gateway.call("GET", begun.headers["Location"]).json()["state"], "done")
            self.assertEqual(gateway.call("GET", done["files"][0]).body, files[done["files"][0].split("/files/")[1]].body)

    def test_killed_while_it_closes_it_goes_on_with_the_next_start(self):
        with self.books.serve() as gateway:
            gateway.call("POST", f"/admin/v1/periods/{self.books.period}:close")
            gateway.kill()
        with self.books.serve() as gateway:
            gateway.wait_for(f"/admin/v1/periods/{self.books.period}", "done")
            for merchant in MERCHANTS:
                self.assertEqual(gateway.call("GET", f"/admin/v1/merchants/{merchant}/statements/{self.books.period}").status, 200)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
