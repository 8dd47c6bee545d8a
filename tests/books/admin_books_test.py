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
        return gateway.wait_for(begun.headers["Location"], "done"), begun.headers["X-Request-Id"]

    def test_period_is_closed_for_all_and_each_statement_can_be_read(self):
        with self.books.serve() as gateway:
            one = gateway.call("POST", f"/admin/v1/merchants/mer_1/statements/{self.books.period}:close")
            done, begun_by = self.close_all(gateway)
            again = gateway.call("POST", f"/admin/v1/merchants/mer_1/statements/{self.books.period}:close")

            self.assertEqual(one.status, 200, one.body)
            self.assertEqual(again.body, one.body)
            self.assertEqual(done["progress"]["merchants_closed"], len(MERCHANTS) - 1)
            for action, target in (("statement.close", "statements"), ("period.close", "periods")):
                noted = gateway.call("GET", f"/admin/v1/audit-entries?action={action}").json()["audit_entries"]
                made = [entry for entry in noted if entry["target"] == f"{target}/{self.books.period}"]
                self.assertEqual([entry["actor"][:4] for entry in made], ["adm_"], "what is repeated leaves no line")
            self.assertEqual(made[0]["request_id"], begun_by)
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

    def check_mistyped_merchant(self):
        """The commands tell it too: an empty export would look as if the merchant had used nothing."""
        out = self.books.folder / "mistyped"
        for scope in (["--period", self.books.period], ["--first-number", "1"]):
            self.books.run("export", "--out", str(out), "--format", "csv", "--merchant", "mer_x", *scope, code=1)
        self.assertFalse(out.exists())
        self.books.run("price", "compare", "--period", self.books.period, "--plan-version", "std@2", "--merchant", "mer_x",
                       code=1)

    def test_what_cannot_be_is_refused(self):
        self.check_mistyped_merchant()
        with self.books.serve() as gateway:
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
