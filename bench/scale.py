#!/usr/bin/python3
"""What size costs Tollgate: idle connections, calls in flight, ledger entries, merchants (docs/performance.md)."""
import argparse
import contextlib
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile

import report
from bodies import write_bodies
from idle_connections import IdleConnections
from installation import Component, Gateway, lost_entries
from load import Load
from processes import allow_many_descriptors, end_in_order, free_ports, wait_until
from systems import Stub, Surroundings, make_certificates

PARTS = ["idle", "in-flight", "stores"]
CONNECTIONS = 32
# Of a store, spread over all of it: as many in each, so that only its size differs, and many of a large one, because
# scans of one merchant that come together share what is written of its windows and its chain.
MERCHANTS_LOADED = 10
MERCHANTS_SPREAD = 1000
MIB = 1024 * 1024


class Site:
    """A gateway on a store of its own, and a stub of its own. Nothing pushes and nobody authorizes here: the store brings
    merchants with tokens."""

    def __init__(self, options, parent, name, running, merchants=10, entries=0, answer_delay_s=0, settings=None):
        folder = parent / name
        folder.mkdir()
        certificates = make_certificates(options.project, folder)
        component = Component()
        surroundings = Surroundings(folder, certificates, allow_many_descriptors(), *free_ports(2))
        stub = Stub(surroundings, answer_delay_s=answer_delay_s)
        running.callback(stub.program.stop)
        self._pause_s = 0.1 + 4 * answer_delay_s
        self.authority = certificates / "ca.pem"
        self.gateway = Gateway(options.bin, folder, certificates, component, surroundings.stub_tls_port,
                               {"limits.idle_ms": 600_000, **(settings or {})})
        self.gateway.make_key_ring()
        keys = folder / "keys"
        subprocess.run([options.make_store, self.gateway.database, self.gateway.key_ring, component.appid,
                        str(merchants), str(entries), keys], check=True)
        every = keys.read_text().split()
        self.loads = {}  # by the number of merchants whose keys are used
        for count in (MERCHANTS_LOADED, MERCHANTS_SPREAD):
            if count > len(every):
                continue
            some = folder / f"keys-{count}"
            some.write_text("".join(key + "\n" for key in random.Random(1).sample(every, count)))
            self.loads[count] = Load(folder, some, rotate=True)
        self.database_bytes = self.gateway.database.stat().st_size
        running.callback(self.gateway.stop)
        self.start_s = self.gateway.start()
        self.bytes_at_start = self.gateway.program.resident_bytes()
        self.entries_lost = 0

    def entries(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.gateway.database}?mode=ro", uri=True)) as reader:
            return reader.execute("SELECT coalesce(sum(last_number), 0) FROM ledger_head").fetchone()[0]

    def measure(self, body, connections, seconds, loaded=MERCHANTS_LOADED):
        """What the load saw, and CPU microseconds a scan."""
        before, cpu_before = self.entries(), self.gateway.program.cpu_seconds()
        measured = self.loads[loaded].run(f"http://127.0.0.1:{self.gateway.port}", body, connections, seconds)
        cpu = self.gateway.program.cpu_seconds() - cpu_before
        self.entries_lost += lost_entries(self.entries, before, measured.answered, connections, self._pause_s)
        return measured, 1e6 * cpu / measured.answered


def medians(samples):
    return {"scans_per_s": round(report.median([load.scans_per_s for load, _ in samples]), 1),
            "cpu_us_per_scan": round(report.median([cpu for _, cpu in samples]), 1),
            "p50_ms": report.median([load.p50_ms for load, _ in samples]),
            "p99_ms": report.median([load.p99_ms for load, _ in samples])}


def rounds_of(site, body, options):
    return [site.measure(body, CONNECTIONS, options.seconds) for _ in range(options.rounds)]


def measure_idle(options, folder, bodies):
    """Memory and throughput beside idle connections; throughput without them before and after, so that a machine that
    got slower meanwhile shows."""
    with contextlib.ExitStack() as running:
        site = Site(options, folder, "idle", running)
        body = bodies["1 KiB"]
        site.measure(body, CONNECTIONS, options.seconds)  # warm
        program, gateway = site.gateway.program, site.gateway
        results = []
        for tls in (False, True):
            before = rounds_of(site, body, options)
            bytes_before = program.resident_bytes()
            with IdleConnections(gateway.tls_port if tls else gateway.port, options.idle,
                                 site.authority if tls else None) as kept:
                bytes_beside = program.resident_bytes()
                beside = rounds_of(site, body, options)
                still_open = kept.still_open()
            after = rounds_of(site, body, options)
            results.append({"tls": tls, "connections": options.idle, "still_open": still_open,
                            "resident_mib": round(bytes_beside / MIB, 1),
                            "grown_mib": round((bytes_beside - bytes_before) / MIB, 1),
                            "without": medians(before + after), "beside": medians(beside)})
        return results, site.entries_lost


def measure_in_flight(options, folder, bodies):
    """Calls that all wait for an upstream that takes half a second."""
    with contextlib.ExitStack() as running:
        site = Site(options, folder, "in-flight", running, answer_delay_s=0.5,
                    settings={"upstream.in_flight": 2 * options.in_flight})
        seconds = max(5, options.seconds)
        site.measure(bodies["1 KiB"], options.in_flight, seconds)  # all connections to the stub stand then
        results = []
        for name in ("1 KiB", "200 KiB"):
            measured, cpu = site.measure(bodies[name], options.in_flight, seconds)
            results.append({"body_bytes": bodies[name].size, "in_flight": options.in_flight,
                            "scans_per_s": round(measured.scans_per_s, 1),
                            "scans_per_s_possible": 2 * options.in_flight, "cpu_us_per_scan": round(cpu, 1),
                            "p50_ms": measured.p50_ms, "p99_ms": measured.p99_ms,
                            "peak_mib": round(site.gateway.program.peak_bytes() / MIB, 1)})
        return results, site.entries_lost


def measure_stores(options, folder, bodies):
    """Stores of different size beside one another, in turns."""
    with contextlib.ExitStack() as running:
        sites = {}
        for merchants in (10, options.merchants):
            for entries in (0, options.entries):
                sites[merchants, entries] = Site(options, folder, f"store-{merchants}-{entries}", running, merchants,
                                                 entries)
        for site in sites.values():  # the look at the whole ledger after a start is no cost of a scan
            wait_until(lambda: site.gateway.ledger_inspection() == "sound", "the inspection's end", 600)
        body = bodies["1 KiB"]
        runs = [(site, size, loaded) for size, site in sites.items() for loaded in site.loads]
        for site, _, loaded in runs:
            site.measure(body, CONNECTIONS, options.seconds, loaded)  # every merchant's windows of today are open then
        samples = {(size, loaded): [] for _, size, loaded in runs}
        for _ in range(options.rounds):
            for site, size, loaded in runs:
                samples[size, loaded].append(site.measure(body, CONNECTIONS, options.seconds, loaded))
        results = [{"merchants": size[0], "entries": size[1], "merchants_loaded": loaded,
                    "start_s": round(site.start_s, 2),
                    "resident_at_start_mib": round(site.bytes_at_start / MIB, 1),
                    "resident_mib": round(site.gateway.program.resident_bytes() / MIB, 1),
                    "database_mib": round(site.database_bytes / MIB, 1), **medians(samples[size, loaded])}
                   for site, size, loaded in runs]
        return results, sum(site.entries_lost for site in sites.values())


def print_idle(results):
    rows = [["TLS" if told["tls"] else "plain", told["connections"], told["still_open"], told["resident_mib"],
             told["grown_mib"], told["without"]["scans_per_s"], told["beside"]["scans_per_s"],
             f"{told['beside']['scans_per_s'] / told['without']['scans_per_s']:.2f}"] for told in results]
    print("\nIdle connections\n\n" + report.table(
        ["", "connections", "still open", "memory MiB", "grown MiB", "scans/s without", "scans/s beside", "ratio"], rows))


def print_in_flight(results):
    rows = [[told["body_bytes"], told["in_flight"], told["scans_per_s"], told["scans_per_s_possible"],
             told["cpu_us_per_scan"], f"{told['p50_ms']:.0f}", f"{told['p99_ms']:.0f}", told["peak_mib"]]
            for told in results]
    print("\nCalls in flight, upstream takes 500 ms\n\n" + report.table(
        ["body", "in flight", "scans/s", "possible", "CPU µs/scan", "p50 ms", "p99 ms", "peak MiB"], rows))


def print_stores(results):
    least = results[0]
    rows = [[told["merchants"], told["merchants_loaded"], told["entries"], told["database_mib"], told["start_s"],
             told["resident_at_start_mib"], told["resident_mib"], told["scans_per_s"], told["cpu_us_per_scan"],
             f"{told['cpu_us_per_scan'] / least['cpu_us_per_scan']:.2f}",
             f"{least['scans_per_s'] / told['scans_per_s']:.2f}"] for told in results]
    print("\nStores\n\n" + report.table(
        ["merchants", "of them loaded", "entries", "file MiB", "start s", "memory MiB", "after load", "scans/s",
         "CPU µs/scan", "CPU ÷ empty", "time ÷ empty"], rows))


MEASURE = {"idle": (measure_idle, print_idle), "in-flight": (measure_in_flight, print_in_flight),
           "stores": (measure_stores, print_stores)}


def read_options():
    parser = argparse.ArgumentParser(prog="script/bench-scale", description=__doc__)
    parser.add_argument("--full", action="store_true", help="ten million entries in place of one")
    parser.add_argument("--entries", type=int, metavar="N", help="of the large stores")
    parser.add_argument("--merchants", type=int, metavar="N", default=100_000, help="of the large stores")
    parser.add_argument("--idle", type=int, metavar="N", default=10_000, help="idle connections")
    parser.add_argument("--in-flight", type=int, metavar="N", default=2_000, help="calls in flight")
    parser.add_argument("--rounds", type=int, metavar="N", default=5)
    parser.add_argument("--seconds", type=int, metavar="N", default=5, help="of each run")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this; may be repeated")
    parser.add_argument("--json", metavar="FILE", help="writes the figures there as well")
    parser.add_argument("--bin", type=pathlib.Path, metavar="DIR", help="programs to measure; they are not built then")
    parser.add_argument("--project", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    built = options.project / "build" / "release" / "bin"
    options.make_store = built / "bench_make_store"
    options.bin = (options.bin or built).resolve()
    options.entries = options.entries or (10_000_000 if options.full else 1_000_000)
    return options


def main():
    end_in_order()
    options = read_options()
    machine = report.machine()
    allow_many_descriptors()
    work = options.project / "build" / "bench"  # on a disk, as the ledger's commits must be
    work.mkdir(parents=True, exist_ok=True)
    told, lost = {}, 0
    with tempfile.TemporaryDirectory(dir=work) as folder:
        bodies = write_bodies(folder)
        for part in options.part or PARTS:
            measure, show = MEASURE[part]
            told[part.replace("-", "_")], part_lost = measure(options, pathlib.Path(folder), bodies)
            lost += part_lost
            show(told[part.replace("-", "_")])
    print(f"\nentries lost: {lost}")
    if options.json:
        report.write_json(options.json, {"machine": machine, **told, "entries_lost": lost})
    return 0 if lost == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
