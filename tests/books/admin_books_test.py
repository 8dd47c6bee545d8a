#!/usr/bin/env python3
"""Closing, statements and exports over the admin API of the running program.
Usage: admin_books_test.py TOLLGATE BOOKS_HISTORY"""
import collections
import hashlib
import json
import sys
import tempfile
import unittest

from books import MERCHANTS, Books, cost, instant

TOLLGATE, HISTORY = sys.argv[1:3]


class AdminBooks(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.books = Books(TOLLGATE, HISTORY, self._folder.name, 7)

    def test_period_is_closed_for_all_and_each_statement_can_be_read(self):
        with self.books.serve() as gateway:
            one = gateway.call("POST", f"/admin/v1/merchants/mer_1/statements/{self.books.period}:close")
            begun = gateway.begin_closing(self.books.period)
            done = gateway.wait_for(begun.headers["Location"], "done")
            again = gateway.call("POST", f"/admin/v1/merchants/mer_1/statements/{self.books.period}:close")

            self.assertEqual(one.status, 200, one.body)
            self.assertEqual(again.body, one.body)
            self.assertEqual(done["progress"]["merchants_closed"], len(MERCHANTS) - 1)
            for action, target in (("statement.close", "statements"), ("period.close", "periods")):
                noted = gateway.call("GET", f"/admin/v1/audit-entries?action={action}").json()["audit_entries"]
                made = [entry for entry in noted if entry["target"] == f"{target}/{self.books.period}"]
                self.assertEqual([entry["actor"][:4] for entry in made], ["adm_"], "what is repeated leaves no line")
            self.assertEqual(made[0]["request_id"], begun.headers["X-Request-Id"])
            for merchant in MERCHANTS:
                shown = gateway.call("GET", f"/admin/v1/merchants/{merchant}/statements/{self.books.period}")
                self.assertEqual(shown.json()["statement"]["merchant_id"], merchant)
                listed = gateway.call("GET", f"/admin/v1/merchants/{merchant}/statements").json()["statements"]
                self.assertEqual([one["statement"]["period"] for one in listed], [self.books.period, self.books.before])
                self.assertEqual(listed[0], shown.json())
            keys = gateway.call("GET", "/admin/v1/statement-key").json()["keys"]
            self.assertEqual([key["id"] for key in keys], [one.json()["signature"]["key_id"]])
            self.assertTrue(keys[0]["active"])

    def unit_counts(self, entries, period):
        """Of each plan version, what is left of the charges billed in the period that no pack paid for."""
        corrected = {entry["corrects"] for entry in entries.values()}
        return collections.Counter(
            entry["plan_version"] for entry in entries.values()
            if entry["kind"] == "charge" and entry["period"] == period and entry["plan_version"] and not entry["pack"]
            and entry["number"] not in corrected)

    def test_correction_of_a_closed_month_gives_back_what_lowers_its_price(self):
        books = self.books
        with books.serve() as gateway:
            for merchant in MERCHANTS[1:]:
                shown = gateway.call("GET", f"/admin/v1/merchants/{merchant}/statements/{books.before}").json()["statement"]
                minimum = gateway.minimum_of(merchant, shown["period_ends_at"])
                entries = gateway.entries(merchant)
                counts = self.unit_counts(entries, books.before)
                corrected = {entry["corrects"] for entry in entries.values()}
                open_ones = [number for number, entry in entries.items() if entry["kind"] == "charge"
                             and entry["period"] == books.before and number not in corrected]
                last = max(entries)
                for number in sorted(open_ones)[::2]:
                    path = f"/admin/v1/merchants/{merchant}/usage-entries/{number}:correct"
                    made = gateway.call("POST", path, {"reason": "拍错了"})
                    self.assertEqual((made.status, made.json()["period"]), (200, books.period), made.body)
                    self.assertEqual(gateway.call("POST", path, {"reason": "拍错了"}).body, made.body)
                    self.assertEqual(gateway.call("POST", path, {"reason": "another"}).status, 409)
                entries = gateway.entries(merchant)
                given_back = sum(entry["price_micro_yuan"] for number, entry in entries.items() if number > last)
                self.assertEqual(len(entries) - last, len(sorted(open_ones)[::2]))
                self.assertEqual(given_back, cost(counts, minimum) - cost(self.unit_counts(entries, books.before), minimum))
                self.assertEqual(gateway.call("GET", f"/admin/v1/merchants/{merchant}/statements/{books.before}").json()["statement"],
                                 shown, "a closed month stays")
            gateway.close_all(self.books.period)
        for period in (books.before, books.period):
            self.assertIn("0 faulty", books.run("statement", "verify", "--period", period))
        books.run("ledger", "verify")

    def test_scan_of_a_closed_month_that_is_decided_late_is_billed_in_the_open_one(self):
        books = self.books
        decided = 0
        with books.serve() as gateway:
            for merchant in MERCHANTS:
                closed = gateway.call("GET", f"/admin/v1/merchants/{merchant}/statements/{books.before}").json()["statement"]
                for hold in gateway.call("GET", f"/admin/v1/merchants/{merchant}/holds?state=unknown&page_size=500").json()["holds"]:
                    if instant(hold["at"]) >= instant(closed["period_ends_at"]):
                        continue
                    made = gateway.call("POST", f"/admin/v1/merchants/{merchant}/holds:decide",
                                        {"request_id": hold["request_id"], "decision": "billed", "reason": "WeChat counted it"})
                    self.assertEqual((made.status, made.json()["period"]), (200, books.period), made.body)
                    entry = gateway.entries(merchant)[made.json()["number"]]
                    self.assertEqual((entry["kind"], entry["at"], entry["request_id"]), ("charge", hold["at"], hold["request_id"]))
                    usage = gateway.read(f"/v1/usage?period={books.period}", gateway.key_of(merchant)).json()
                    self.assertIn(hold["request_id"], [pending["request_id"] for pending in closed["holds"]["pending_named"]])
                    self.assertTrue(usage["days"][0]["day"].startswith(books.before), usage["days"][0])
                    decided += 1
                shown = gateway.call("POST", f"/admin/v1/merchants/{merchant}/statements/{books.period}:close").json()["statement"]
                late = [entry for entry in gateway.entries(merchant).values() if entry["period"] == books.period
                        and instant(entry["at"]) < instant(closed["period_ends_at"]) and entry["kind"] != "correction"]
                self.assertEqual(sum(day["entries"] for day in shown["late"]), len(late))
        self.assertGreater(decided, 0, "the seed has no unknown scan of a closed month")
        books.run("ledger", "verify")

    def expect_problem(self, answer, status, code):
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (status, "application/problem+json"), answer.body)
        self.assertEqual((answer.json()["code"], answer.headers["Tollgate-Error"]), (code, code))

    def test_merchant_reads_its_own_statements_and_nobody_elses(self):
        with self.books.serve() as gateway:
            keys = {merchant: gateway.key_of(merchant) for merchant in MERCHANTS}
            for merchant, key in keys.items():
                own = gateway.call("GET", f"/admin/v1/merchants/{merchant}/statements/{self.books.before}")
                for listed in (gateway.read("/v1/statements", key), gateway.read(f"/v1/statements?access_token={key}")):
                    self.assertEqual(listed.json(), {"statements": [own.json()]})
                    self.assertEqual(listed.headers["Cache-Control"], "no-store")
                shown = gateway.read(f"/v1/statements/{self.books.before}", key)
                self.assertEqual(shown.json(), own.json())
                self.expect_problem(gateway.read(f"/v1/statements/{self.books.period}", key), 404, "not_found")
                for query in ("merchant=mer_1", "merchant_id=mer_1"):  # nobody is told of whom to ask
                    self.expect_problem(gateway.read(f"/v1/statements?{query}", key), 400, "invalid_input")
            self.expect_problem(gateway.read("/v1/statements/2026-13", keys["mer_1"]), 400, "invalid_input")
            self.assertEqual(gateway.read(f"/v1/statements/st-{self.books.before}-mer_2", keys["mer_1"]).status, 400)

    def test_what_is_a_merchants_own_asks_for_its_credential_in_one_way(self):
        with self.books.serve() as gateway:
            key = gateway.key_of("mer_1")
            for path in ("/v1/statements", f"/v1/statements/{self.books.before}", "/v1/usage", "/v1/quota"):
                for token, code in ((None, "credential_missing"), ("tg_wrong", "credential_invalid")):
                    refused = gateway.read(path, token)
                    self.expect_problem(refused, 401, code)
                    self.assertEqual(refused.headers["WWW-Authenticate"], "Bearer")
                self.expect_problem(gateway.read(f"{path}?access_token=tg_wrong", key), 401, "credential_invalid")
                self.assertEqual(gateway.read(path, key).status, 200)
                self.assertEqual(gateway.read(f"{path}?access_token={key}").json(), gateway.read(path, key).json())
            listed = gateway.call("GET", "/admin/v1/merchants/mer_1/keys").json()["keys"]
            self.assertEqual(gateway.call("POST", f"/admin/v1/merchants/mer_1/keys/{listed[-1]['id']}:revoke").status, 200)
            for path in ("/v1/statements", "/v1/usage", "/v1/quota"):
                self.expect_problem(gateway.read(path, key), 401, "credential_invalid")

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

    def test_page_of_a_hostile_name_says_it_and_runs_nothing(self):
        name = "<script>alert('1')</script>&\"好"
        with self.books.serve() as gateway:
            changed = gateway.call("PATCH", "/admin/v1/merchants/mer_2", {"name": name})
            self.assertEqual(changed.status, 200, changed.body)
            gateway.close_all(self.books.period)
            path = f"/admin/v1/merchants/mer_2/statements/{self.books.period}"
            page = gateway.call("GET", path + ".html").body.decode()
            self.assertEqual(gateway.call("GET", path).json()["statement"]["merchant_name"], name)
            self.assertIn("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;好", page)
            self.assertNotIn("<script", page)

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
            gateway.close_all(self.books.period)
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
