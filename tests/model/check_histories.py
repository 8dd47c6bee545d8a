#!/usr/bin/env python3
"""Lives through random histories with the program and with the model, and compares all that they come to.

    check_histories.py --runner BIN --tollgate BIN [--count 300] [--seed 1] [--first 0]
                       [--only NUMBER] [--jobs 2] [--keep FOLDER]

A failure prints the seed, the history's number and the shortest list of operations found that still shows it. `--only`
lives through that one history alone.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

import beijing_calendar
import exported
import histories
import program
from beijing_calendar import month_text

TOGETHER = 100  # histories that share a database, months, and the moments of crashes and closings
SHOWN = 3       # statements of each month that the binary itself shows; of all others the runner does
LINE = ("kind", "plan_version", "pack_id", "tier", "unit_price_micro_yuan", "units", "amount_micro_yuan")


def merged(frame, parts):
    """One list in order of time; of one instant what happens to everybody comes first."""
    keyed = [((operation["at"], 0, 0, order), operation) for order, operation in enumerate(frame.operations)]
    for number, operations in parts:
        keyed += [((operation["at"], 1, number, order), operation) for order, operation in enumerate(operations)]
    return [operation for _, operation in sorted(keyed, key=lambda pair: pair[0])]


class Check:
    """Some merchants' operations, lived through by both."""

    def __init__(self, options, frame, operations):
        self.frame = frame
        self.operations = operations
        self.models = {}
        self.differences = []  # (merchant or None, text)
        self.entries = 0
        self.program = program.Program(options.runner, options.tollgate, options.folder)

    def run(self):
        expected = [self.expect(operation) for operation in self.operations]
        shows, shown = self.last_looks()
        said = self.program.live(self.operations + shows)
        for operation, wanted, got in zip(self.operations + shows, expected + shown, said):
            if wanted is not None:
                self.compare(operation.get("merchant"), json.dumps(operation, ensure_ascii=False), wanted, readable(got))
        self.check_exports()
        self.check_commands()
        return self.differences

    def expect(self, operation):
        merchant = operation.get("merchant")
        if merchant is None:
            for model in self.models.values():
                histories.apply(model, operation)
            return None
        if operation["op"] == "merchant":
            self.models[merchant] = histories.first_of(operation)
            return {"ok": True}
        return histories.apply(self.models[merchant], operation)

    def last_looks(self):
        """At the end every window, pack and statement is looked at; gives the operations and what they must say."""
        shows, shown = [], []
        for merchant, model in self.models.items():
            looks = [{"op": "show_windows", "of": starts} for _, starts in model.windows]
            looks += [{"op": "show_packs"}, {"op": "show_upstream"}]
            looks += [{"op": "show_usage", "period": month_text(period)} for period in self.frame.months]
            for look in looks:
                operation = {"at": self.operations[-1]["at"], "merchant": merchant, **look}
                shows.append(operation)
                shown.append(histories.apply(model, operation))
            for period in self.frame.months:
                shows.append({"at": self.operations[-1]["at"], "merchant": merchant, "op": "show_statement",
                              "period": month_text(period)})
                shown.append(statement_of(model, merchant, period))
        return shows, shown

    def compare(self, merchant, what, wanted, got):
        if wanted != got:
            self.differences.append((merchant, f"{what}\n    model:   {wanted}\n    program: {got}"))

    def check_exports(self):
        entries = {merchant: [] for merchant in self.models}  # of all months, as the program has them
        for period in self.frame.months:
            for format_name in exported.FORMATS:
                rows, manifest = self.program.export(format_name, month_text(period))
                billed = 0
                for merchant, model in self.models.items():
                    expected = exported.expected_focus if format_name == "focus" else exported.expected_entries
                    wanted = expected(model, merchant, period)
                    got = rows.pop(merchant, [])
                    if format_name == "jsonl":
                        entries[merchant] += got
                    self.compare_rows(merchant, f"{format_name} of {month_text(period)}", wanted, got)
                    sums = sum(exported.micro_yuan_of(format_name, row) for row in got)
                    if period in model.statements:
                        self.compare(merchant, f"the sum of {format_name} of {month_text(period)}",
                                     model.statements[period].payable(), sums)
                    billed += sums
                self.compare(None, f"merchants in {format_name} that nobody made", {}, rows)
                self.compare(None, f"billed in the manifest of {format_name} of {month_text(period)}", billed,
                             manifest["billed_micro_yuan"])
            self.entries += sum(entry.period == period for model in self.models.values() for entry in model.entries)
        for merchant, model in self.models.items():
            for period in model.statements:
                if period in self.frame.months:
                    self.compare(merchant, f"what all months bill for {month_text(period)}", model.cost(period),
                                 exported.billed_for(entries[merchant], period))

    def compare_rows(self, merchant, what, wanted, got):
        missing = [row for row in wanted if row not in got]
        added = [row for row in got if row not in wanted]
        if missing or added or len(wanted) != len(got):
            self.compare(merchant, f"rows of {what}, {len(wanted)} and {len(got)}, that the other has not", missing, added)

    def check_commands(self):
        """What the binary says of the same books: the chain, the signatures, and a few statements whole."""
        self.program.command("ledger", "verify")
        for period in self.frame.months:
            self.program.command("statement", "verify", "--period", month_text(period))
            closed = [merchant for merchant, model in self.models.items() if period in model.statements]
            for merchant in closed[:SHOWN]:
                shown = self.program.command("statement", "show", "--period", month_text(period), "--merchant", merchant)
                self.compare(merchant, f"tollgate statement show of {month_text(period)}",
                             statement_of(self.models[merchant], merchant, period)["statement"],
                             statement_content(json.loads(shown)["statement"]))


def statement_of(model, merchant, period):
    statement = model.statements.get(period)
    if statement is None:
        return {"statement": None}
    entries = statement.entries
    return {"signed": True, "statement": {
        "number": exported.statement_number(model, merchant, period),
        "closed_at": exported.utc_text(statement.closed_at),
        "entries": {"charges": entries["charges"], "corrections": entries["corrections"], "waivers": entries["waivers"],
                    "count": entries["charges"] + entries["corrections"] + entries["waivers"],
                    "first_number": entries["first"], "last_number": entries["last"]},
        "lines": sorted(statement.lines, key=repr),
        "late": statement.late,
        "released": statement.holds["released"],
        "pending": sorted((exported.utc_text(at), request, state) for at, request, state in statement.holds["pending"]),
        "payable_micro_yuan": statement.payable(),
        "period": [exported.utc_text(beijing_calendar.month_starts(period)), exported.utc_text(beijing_calendar.month_ends(period))],
    }}


def statement_content(document):
    """The same of the program's document."""
    entries = {name: value for name, value in document["entries"].items() if name != "chain_hash"}
    pending = sorted((hold["at"], hold["request_id"], hold["state"]) for hold in document["holds"]["pending_named"])
    if document["holds"]["pending"] != len(pending):
        pending.append(document["holds"]["pending"])
    return {
        "number": document["number"], "closed_at": document["closed_at"], "entries": entries,
        "lines": lines_of(document["lines"]),
        "late": [(day["day"], day["entries"], day["units"], day["first_number"], day["last_number"])
                 for day in document["late"]],
        "released": document["holds"]["released"], "pending": pending,
        "payable_micro_yuan": document["payable_micro_yuan"],
        "period": [document["period_starts_at"], document["period_ends_at"]],
    }


def lines_of(lines):
    return sorted((tuple(line[name] for name in LINE) for line in lines), key=repr)


def readable(said):
    """The runner's answers in the form of the model's."""
    if "windows" in said:
        return {window.pop("policy"): window for window in said["windows"]}
    if "packs" in said:
        return {pack.pop("id"): pack for pack in said["packs"]}
    if "lines" in said:
        return {"usage": lines_of(json.loads(said["lines"]))}
    if "text" in said:
        if said["text"] is None:
            return {"statement": None}
        return {"signed": said["signed"], "statement": statement_content(json.loads(said["text"]))}
    return said


def check(options, frame, operations):
    """The differences; where the program breaks down, that is one."""
    checked = Check(options, frame, operations)
    try:
        checked.run()
    except program.Trouble as trouble:
        checked.differences.append((None, str(trouble)))
    return checked


def shortened(options, frame, operations, seconds):
    """Drops operations as long as a difference stays; gives what is left and its differences."""
    end = time.monotonic() + seconds
    best = check(options, frame, operations).differences
    broke = any("the runner ended" in text for _, text in best)
    step = max(1, len(operations) // 2)
    while step >= 1 and time.monotonic() < end:
        at = len(operations) - step
        while at > -step and time.monotonic() < end:
            fewer = [operation for index, operation in enumerate(operations)
                     if not max(at, 0) <= index < at + step or operation["op"] in ("merchant", "plan")]
            at -= step
            if len(fewer) == len(operations):
                continue
            try:
                found = check(options, frame, fewer).differences
            except (KeyError, IndexError):  # what is left is no history
                continue
            if found and (broke or not any("the runner ended" in text for _, text in found)):
                operations, best = fewer, found
        step //= 2
    return operations, best


def frame_of(options, number):
    return histories.Frame(f"{options.seed}/{number // TOGETHER}")


def report(options, number, differences):
    options.folder = options.folder / "alone"
    frame = frame_of(options, number)
    own = [text for merchant, text in differences if merchant in (histories.name_of(number), None)]
    print(f"\nhistory {number} of seed {options.seed} differs; the same again: --seed {options.seed} --only {number}")
    print("\n".join(own[:5]))
    print(f"\nshortening; it takes up to {options.shorten_s} s")
    alone = merged(frame, [(number, histories.history(frame, number))])
    if not check(options, frame, alone).differences:
        print("alone it does not differ: it takes the other merchants of its database too")
        return
    operations, differences = shortened(options, frame, alone, options.shorten_s)
    print(f"{len(operations)} operations still show it:")
    for operation in operations:
        print(f"  {exported.utc_text(operation['at'])} {json.dumps(operation, ensure_ascii=False)}")
    print("\n".join(text for _, text in differences[:5]))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runner", required=True, type=os.path.abspath)
    arguments.add_argument("--tollgate", required=True, type=os.path.abspath)
    arguments.add_argument("--count", type=int, default=300)
    arguments.add_argument("--seed", default="1")
    arguments.add_argument("--first", type=int, default=0, help="number of the first history; a multiple of a hundred")
    arguments.add_argument("--only", type=int)
    arguments.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments.add_argument("--shorten-s", type=int, default=120)
    arguments.add_argument("--keep", type=pathlib.Path, help="a folder for the database and the files, which stay")
    options = arguments.parse_args()

    numbers = list(range(options.first, options.first + options.count)) if options.only is None else [options.only]
    # In memory where there is such a place: what is compared does not depend on the disk, the time taken does.
    shared_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="tollgate-model-", dir=shared_memory) as scratch:
        options.folder = options.keep or pathlib.Path(scratch)
        return live_through(options, [numbers[first:first + TOGETHER] for first in range(0, len(numbers), TOGETHER)])


def live_together(options, numbers):
    """The histories of one database; in a process of its own."""
    began = time.monotonic()
    frame = frame_of(options, numbers[0])
    options.folder = options.folder / f"from-{numbers[0]}"
    checked = check(options, frame, merged(frame, [(number, histories.history(frame, number)) for number in numbers]))
    if not checked.differences and not options.keep:
        shutil.rmtree(options.folder)
    return {"numbers": numbers, "operations": len(checked.operations), "entries": checked.entries,
            "differences": checked.differences, "seconds": time.monotonic() - began}


def live_through(options, groups):
    agree = operations = entries = 0
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as processes:
        for lived in processes.map(live_together, [options] * len(groups), groups):
            if lived["differences"]:
                processes.shutdown(wait=True, cancel_futures=True)
                merchants = {merchant for merchant, _ in lived["differences"]}
                differing = [number for number in lived["numbers"] if histories.name_of(number) in merchants]
                print(f"{len(differing)} of {len(lived['numbers'])} histories differ: {differing[:20]}")
                report(options, (differing or lived["numbers"])[0], lived["differences"])
                return 1
            agree += len(lived["numbers"])
            operations += lived["operations"]
            entries += lived["entries"]
            print(f"{agree} histories agree, {operations} operations, {entries} entries; the last {len(lived['numbers'])} "
                  f"took {lived['seconds']:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
