#!/usr/bin/python3
"""What closing a month and exporting it cost: time, memory, and what scans feel of it (docs/performance.md)."""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import report
from bodies import write_bodies
from installation import Component, Gateway
from load import Load
from processes import allow_many_descriptors, end_in_order, free_ports, wait_until
from systems import Stub, Surroundings, make_certificates

CONNECTIONS = 32
THINK_MS = 20  # so that the machine is busy but not full, as one is that is sized for its load
MIB = 1024 * 1024
FORMATS = [("csv", []), ("csv", ["--gzip"]), ("jsonl", []), ("focus", [])]


def last_month():
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
    index = today.year * 12 + today.month - 2
    return f"{index // 12}-{index % 12 + 1:02}"


class MeasuredGateway(Gateway):
    def command(self, *words):
        """Runs a command of the program; gives its seconds and the most memory that it had."""
        began = time.monotonic()
        process = subprocess.Popen([self._programs / "tollgate", *words, "--config", self._settings],
                                   stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"tollgate {' '.join(map(str, words))} ended with {process.returncode}")
        return {"seconds": round(time.monotonic() - began, 2), "peak_mib": round(usage.ru_maxrss * 1024 / MIB, 1)}

    def make_admin_token(self):
        self._token = self._command("admin-token", "create")


def fill(options, gateway, component_appid, keys):
    gateway.make_key_ring()
    subprocess.run([options.make_store, gateway.database, gateway.key_ring, component_appid, str(options.merchants),
                    str(options.entries), keys, last_month()], check=True)


def measure_exports(gateway, folder, options):
    told = []
    for name, more in FORMATS:
        out = folder / f"export-{name}{'-gzip' if more else ''}"
        measured = gateway.command("export", "--format", name, "--period", last_month(), "--out", out, *more)
        manifest = json.loads((out / "manifest.json").read_text())
        told.append({"format": name + (" gzip" if more else ""), **measured, "rows": manifest["rows"],
                     "bytes": manifest["bytes"], "complete": manifest["complete"],
                     "entries_per_s": round(options.entries / measured["seconds"])})
        shutil.rmtree(out)
    return told


def measure_beside_load(gateway, load, body, options):
    """p99 of scans without and with a closing that runs, in turns so that a machine that changes shows."""
    url = f"http://127.0.0.1:{gateway.port}"
    run = lambda seconds: load.run(url, body, CONNECTIONS, seconds, think_ms=THINK_MS)
    run(options.seconds)  # warm: every merchant's windows of today are open then
    before = [run(options.seconds) for _ in range(options.rounds)]
    bytes_before = gateway.program.resident_bytes()
    began = time.monotonic()
    gateway.admin("POST", f"/periods/{last_month()}:close", {})
    beside = []
    state = lambda: gateway.admin("GET", f"/periods/{last_month()}")["state"]
    while state() in ("pending", "running"):
        beside.append(run(options.seconds))  # as long as those without: a longer one sees more of the rare waits
    closed_s = time.monotonic() - began
    if state() != "done":
        raise RuntimeError("the period was not closed")
    after = [run(options.seconds) for _ in range(options.rounds)]
    quiet = report.median([one.p99_ms for one in before + after])
    busy = report.median([one.p99_ms for one in beside])
    return {"closed_s": round(closed_s, 1), "p99_ms_without": round(quiet, 2), "p99_ms_beside": round(busy, 2),
            "ratio": round(busy / quiet, 2), "scans_per_s": round(report.median([one.scans_per_s for one in beside])),
            "grown_mib": round((gateway.program.peak_bytes() - bytes_before) / MIB, 1)}


def measure(options, folder, bodies):
    with contextlib.ExitStack() as running:
        certificates = make_certificates(options.project, folder)
        surroundings = Surroundings(folder, certificates, allow_many_descriptors(), *free_ports(2))
        stub = Stub(surroundings)
        running.callback(stub.program.stop)
        component = Component()
        gateway = MeasuredGateway(options.bin, folder, certificates, component, surroundings.stub_tls_port,
                                  {"limits.idle_ms": 600_000})
        keys = folder / "keys"
        fill(options, gateway, component.appid, keys)
        gateway.make_admin_token()
        told = {"merchants": options.merchants, "entries": options.entries,
                "database_mib": round(gateway.database.stat().st_size / MIB, 1)}
        original = folder / "before.db"
        shutil.copyfile(gateway.database, original)
        told["close_alone"] = gateway.command("period", "close", last_month())
        told["exports"] = measure_exports(gateway, folder, options)
        shutil.move(original, gateway.database)
        keys.write_text("".join(line + "\n" for line in keys.read_text().split()[:1000]))
        load = Load(folder, keys, rotate=True)
        running.callback(gateway.stop)
        gateway.start()
        wait_until(lambda: gateway.ledger_inspection() == "sound", "the inspection's end", 600)  # it is not the closing's
        told["close_beside_scans"] = measure_beside_load(gateway, load, bodies["1 KiB"], options)
        return told


def show(told):
    print(f"\n{told['entries']} entries of {told['merchants']} merchants, {told['database_mib']} MiB\n")
    alone, beside = told["close_alone"], told["close_beside_scans"]
    print(f"closed alone in {alone['seconds']} s with at most {alone['peak_mib']} MiB")
    print(f"closed beside {beside['scans_per_s']} scans/s in {beside['closed_s']} s; p99 of scans {beside['p99_ms_beside']} ms,"
          f" without {beside['p99_ms_without']} ms, ratio {beside['ratio']}; memory grew by {beside['grown_mib']} MiB\n")
    print(report.table(["format", "rows", "seconds", "entries/s", "peak MiB", "MiB"],
                       [[one["format"], one["rows"], one["seconds"], one["entries_per_s"], one["peak_mib"],
                         round(one["bytes"] / MIB, 1)] for one in told["exports"]]))


def main():
    end_in_order()
    parser = argparse.ArgumentParser(prog="script/bench-money", description=__doc__)
    parser.add_argument("--full", action="store_true", help="ten million entries in place of one")
    parser.add_argument("--entries", type=int, metavar="N")
    parser.add_argument("--merchants", type=int, metavar="N", default=10_000)
    parser.add_argument("--rounds", type=int, metavar="N", default=8)
    parser.add_argument("--seconds", type=int, metavar="N", default=2, help="of each run of load")
    parser.add_argument("--json", metavar="FILE", help="writes the figures there as well")
    parser.add_argument("--project", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.bin = options.project / "build" / "release" / "bin"
    options.make_store = options.bin / "bench_make_store"
    options.entries = options.entries or (10_000_000 if options.full else 1_000_000)
    machine = report.machine()
    work = options.project / "build" / "bench"  # on a disk, as the ledger's commits must be
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        told = measure(options, pathlib.Path(folder), write_bodies(folder))
    show(told)
    if options.json:
        report.write_json(options.json, {"machine": machine, **told})
    return 0


if __name__ == "__main__":
    sys.exit(main())
