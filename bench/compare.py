#!/usr/bin/python3
"""Tollgate beside what else could stand in its place, in one run on one machine: docs/performance.md."""
import argparse
import contextlib
import dataclasses
import pathlib
import sys
import tempfile

import report
from bodies import write_bodies
from installation import Component, Gateway, Sandbox, lost_entries, onboard
from load import Load
from processes import allow_many_descriptors, end_in_order, free_ports
from systems import PEERS, Stub, Surroundings, System, make_certificates, start_peer, versions

SYSTEMS = ["direct", *PEERS, "tollgate"]
MERCHANTS = 2  # one a thread of the load
HALF_LOAD_CONNECTIONS = 64


@dataclasses.dataclass(frozen=True)
class Case:
    body: str
    tls: bool
    connections: int

    def __str__(self):
        return f"{self.body}, {'TLS' if self.tls else 'plain'}, {self.connections} connections"


@dataclasses.dataclass
class Plan:
    cases: list
    half_load: list  # (body, tls)
    rounds: int
    seconds: int

    def seconds_of(self, case):
        """The whole table shall be done in 25 minutes: the large body, which no promise names, gets shorter runs."""
        return min(self.seconds, 2) if case.body == "1.5 MB" else self.seconds


def plan_of(options):
    bodies = options.body or (["1 KiB", "200 KiB"] if options.quick else ["1 KiB", "200 KiB", "1.5 MB"])
    connections = options.connections or ([32] if options.quick else [32, 256])
    sides = {"plain": [False], "tls": [True], "both": [False, True]}[options.side]
    cases = [Case(body, tls, count) for body in bodies for tls in sides for count in connections]
    half_load = [] if options.no_half_load else [(body, tls) for body in bodies for tls in sides if body != "1.5 MB"]
    return Plan(cases, half_load, options.rounds or (3 if options.quick else 5),
                options.seconds or (2 if options.quick else 3))


class Comparison:
    """The systems while they run, and what was measured of them."""

    def __init__(self, load, bodies, systems, stub, gateway, merchant_ids):
        self._load, self._bodies, self._systems, self._stub = load, bodies, systems, stub
        self._gateway, self._merchants = gateway, merchant_ids
        self.samples = {}     # (case, system name) -> list of measurements
        self.half_loads = []
        self.entries_lost = 0
        self.upstream_connections = {}  # (case, system name) -> opened per 1,000 scans, newest round

    def measure(self, case, system, seconds, think_ms=0):
        """One run: what the load saw, and CPU microseconds of the gateway a scan (0 for `direct`)."""
        program = system.program
        is_tollgate = system.name == "tollgate"
        entries_before = self._gateway.entries(self._merchants) if is_tollgate else 0
        accepted_before = self._stub.accepted_connections()
        cpu_before = program.cpu_seconds() if program else 0.0
        measured = self._load.run(system.url(case.tls), self._bodies[case.body], case.connections, seconds, think_ms)
        cpu = (program.cpu_seconds() if program else 0.0) - cpu_before
        accepted = self._stub.accepted_connections() - accepted_before - 1  # the question itself
        if is_tollgate:
            self.entries_lost += lost_entries(lambda: self._gateway.entries(self._merchants), entries_before,
                                              measured.answered, case.connections)
        if measured.answered == 0:
            raise RuntimeError(f"{system.name} answered nothing: {case}")
        self.upstream_connections[case, system.name] = 1000 * accepted / measured.answered
        return measured, 1e6 * cpu / measured.answered

    def run(self, plan):
        for number, case in enumerate(plan.cases, 1):
            for round_number in range(plan.rounds):
                for system in self._systems:
                    sample = self.measure(case, system, plan.seconds_of(case))
                    self.samples.setdefault((case, system.name), []).append(sample)
                    print(f"  [{number}/{len(plan.cases)}] {case}, round {round_number + 1}: {system.name} "
                          f"{sample[0].scans_per_s:.0f}/s", file=sys.stderr)
        for body, tls in plan.half_load:
            for system in self._systems:
                if system.name != "direct":
                    self._half_load(body, tls, system, plan)

    def _half_load(self, body, tls, system, plan):
        """Latency at half of what the system can do, against the direct call at the same rate."""
        at = min(case.connections for case in plan.cases)
        capacity = self.median(Case(body, tls, at), system.name)["scans_per_s"]
        rate = capacity / 2
        case = Case(body, tls, HALF_LOAD_CONNECTIONS)
        with_gateway = self._paced(case, system, rate, plan.seconds)
        direct = self._paced(case, self._systems[0], rate, plan.seconds)
        self.half_loads.append({
            "system": system.name, "tls": tls, "body_bytes": self._bodies[body].size, "wanted_per_s": round(rate),
            "scans_per_s": round(with_gateway.scans_per_s), "direct_scans_per_s": round(direct.scans_per_s),
            "p50_ms": with_gateway.p50_ms, "p99_ms": with_gateway.p99_ms, "direct_p50_ms": direct.p50_ms,
            "direct_p99_ms": direct.p99_ms, "added_p50_ms": round(with_gateway.p50_ms - direct.p50_ms, 3),
            "added_p99_ms": round(with_gateway.p99_ms - direct.p99_ms, 3)})

    def _paced(self, case, system, rate, seconds):
        """Each connection pauses between its calls, so that all of them together come to `rate`; a short run first tells
        how much of the time a call itself takes."""
        turn_ms = 1000 * case.connections / rate
        probe = self.measure(case, system, 1, turn_ms)[0]
        call_ms = max(0.0, 1000 * case.connections / probe.scans_per_s - turn_ms)
        return self.measure(case, system, seconds, max(0.5, turn_ms - call_ms))[0]

    def median(self, case, name):
        samples = self.samples[case, name]
        return {"scans_per_s": round(report.median([load.scans_per_s for load, _ in samples]), 1),
                "cpu_us_per_scan": round(report.median([cpu for _, cpu in samples]), 1),
                "p50_ms": round(report.median([load.p50_ms for load, _ in samples]), 3),
                "p99_ms": round(report.median([load.p99_ms for load, _ in samples]), 3)}

    def results(self, plan):
        return [{"system": system.name, "tls": case.tls, "body_bytes": self._bodies[case.body].size,
                 "connections": case.connections, **self.median(case, system.name),
                 "upstream_connections_per_1000": round(self.upstream_connections[case, system.name], 2)}
                for case in plan.cases for system in self._systems]


def print_tables(comparison, plan, names):
    for case in plan.cases:
        figures = {name: comparison.median(case, name) for name in names}
        own = figures.get("tollgate", {}).get("scans_per_s")
        rows = [[name, f"{told['scans_per_s']:.0f}", f"{told['cpu_us_per_scan']:.0f}" if name != "direct" else "–",
                 f"{told['p50_ms']:.2f}", f"{told['p99_ms']:.2f}",
                 f"{own / told['scans_per_s']:.2f}" if own and name != "tollgate" else "–"]
                for name, told in figures.items()]
        print(f"\n{case}\n\n" + report.table(
            ["system", "scans/s", "CPU µs/scan", "p50 ms", "p99 ms", "tollgate ÷ it"], rows))
    if comparison.half_loads:
        rows = [[told["system"], told["body_bytes"], "yes" if told["tls"] else "no", told["scans_per_s"],
                 f"{told['p50_ms']:.2f}", f"{told['p99_ms']:.2f}", f"{told['added_p50_ms']:.2f}",
                 f"{told['added_p99_ms']:.2f}"] for told in comparison.half_loads]
        print("\nAt half of each one's capacity, added to the direct call at the same rate\n\n" + report.table(
            ["system", "body", "TLS", "scans/s", "p50 ms", "p99 ms", "added p50", "added p99"], rows))
    print(f"\nentries lost: {comparison.entries_lost}")


def compare(options, folder, running):
    plan = plan_of(options)
    machine = report.machine()
    descriptors = allow_many_descriptors()
    certificates = make_certificates(options.project, folder)
    component = Component()
    sandbox = Sandbox(options.bin, folder, certificates, component)
    running.callback(sandbox.program.stop)
    surroundings = Surroundings(folder, certificates, descriptors, *free_ports(2), options.plain_upstream)
    stub = Stub(surroundings, sandbox.platform_port)
    running.callback(stub.program.stop)
    gateway = Gateway(options.bin, folder, certificates, component, surroundings.stub_tls_port,
                      {"component.pc_link_base": f"https://localhost:{sandbox.platform_port}"})
    gateway.initialise()
    running.callback(gateway.stop)  # before its start, which may fail half-way
    gateway.start()
    merchants = onboard(gateway, sandbox, MERCHANTS)
    keys = folder / "keys"
    keys.write_text("".join(merchant.key + "\n" for merchant in merchants))

    systems = []
    for name in options.system or SYSTEMS:
        if name == "direct":
            systems.append(System(name, surroundings.stub_port, surroundings.stub_tls_port, None))
        elif name == "tollgate":
            systems.append(System(name, gateway.port, gateway.tls_port, gateway.program))
        else:
            systems.append(start_peer(name, surroundings, keys))
            running.callback(systems[-1].stop)
    comparison = Comparison(Load(folder, keys), write_bodies(folder), systems, stub, gateway,
                            [merchant.id for merchant in merchants])
    comparison.run(plan)
    print_tables(comparison, plan, [system.name for system in systems])
    if options.json:
        report.write_json(options.json, {
            "machine": machine, "versions": versions(), "rounds": plan.rounds, "seconds": plan.seconds,
            "plain_upstream": options.plain_upstream, "results": comparison.results(plan),
            "half_load": comparison.half_loads, "entries_lost": comparison.entries_lost})
    return 0 if comparison.entries_lost == 0 else 1


def read_options():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three short rounds, 1 KiB and 200 KiB, 32 connections")
    parser.add_argument("--json", metavar="FILE", help="writes the figures there as well")
    parser.add_argument("--system", action="append", choices=SYSTEMS, help="only these; may be repeated")
    parser.add_argument("--body", action="append", choices=["1 KiB", "200 KiB", "1.5 MB"], help="only these")
    parser.add_argument("--connections", action="append", type=int, metavar="N", help="instead of 32 and 256")
    parser.add_argument("--side", choices=["plain", "tls", "both"], default="both", help="the merchant's side")
    parser.add_argument("--rounds", type=int, metavar="N")
    parser.add_argument("--seconds", type=int, metavar="N", help="of each run")
    parser.add_argument("--no-half-load", action="store_true", help="leaves the latency at half load out")
    parser.add_argument("--plain-upstream", action="store_true",
                        help="the others call the stub without TLS where the merchant's side is plain")
    parser.add_argument("--bin", type=pathlib.Path, metavar="DIR", help="programs to measure; nothing is built then")
    parser.add_argument("--project", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.system and "direct" not in options.system:
        options.system.insert(0, "direct")  # what latency is compared with
    if options.system:
        options.system.sort(key=SYSTEMS.index)
    return options


def main():
    end_in_order()
    options = read_options()
    options.bin = (options.bin or options.project / "build" / "release" / "bin").resolve()
    work = options.project / "build" / "bench"  # on a disk, as the ledger's commits must be
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as folder, contextlib.ExitStack() as running:
        return compare(options, pathlib.Path(folder), running)


if __name__ == "__main__":
    sys.exit(main())
