#!/usr/bin/env python3
"""Checks an exported ledger against docs/ledger-format.md, without any code of Tollgate's.

usage: verify-ledger.py FILE [MERCHANT=NUMBER:HASH ...]

FILE: one JSON object a line, as `tollgate ledger verify --export FILE` writes it; the entries of several merchants may be
mixed, each merchant's come in order of number from 1. Each MERCHANT=NUMBER:HASH is an entry that is known from elsewhere:
a receipt, a statement, a head that was printed. Prints each merchant's end in that same form.
Exit code: 0 sound, 1 faults (named on standard error), 2 wrong usage.
"""
import hashlib
import json
import re
import sys

FORMAT = "tollgate-entry-1"
TEXTS = ("merchant", "id", "kind", "request_id", "key_id", "x_request_id", "outcome", "period", "plan_version", "pack",
         "reason")
NUMBERS = ("number", "units", "at_ms", "recorded_ms", "corrects", "price_micro_yuan")
ORDER = ("merchant", "number", "id", "kind", "units", "request_id", "key_id", "x_request_id", "outcome", "at_ms",
         "recorded_ms", "period", "plan_version", "pack", "corrects", "price_micro_yuan", "reason")
MAY_BE_ABSENT = {"plan_version", "pack", "corrects", "price_micro_yuan"}
AUDIT = "audit"  # the head of another chain, which is in no export of the ledger
KINDS = {"charge": 1, "correction": -1, "waiver": 0}  # and the sign of their units


def field(value):
    """A length of four bytes, then the bytes; absent: the length of all ones and no bytes."""
    if value is None:
        return b"\xff\xff\xff\xff"
    data = value.encode("utf-8") if isinstance(value, str) else b"%d" % value
    return len(data).to_bytes(4, "big") + data


def canonical(entry):
    return field(FORMAT) + b"".join(field(entry[name]) for name in ORDER)


def malformed(entry):
    """What is wrong with the form of an entry; None where nothing is."""
    if not isinstance(entry, dict) or set(entry) != set(ORDER) | {"hash"}:
        return "has other fields than the format"
    for name in ORDER:
        value = entry[name]
        if value is None and name in MAY_BE_ABSENT:
            continue
        if name in TEXTS and not isinstance(value, str):
            return f"{name} is no text"
        if name in NUMBERS and type(value) is not int:
            return f"{name} is no whole number"
    sign = (entry["units"] > 0) - (entry["units"] < 0)
    if KINDS.get(entry["kind"]) != sign:
        return "its units do not go with its kind"
    if entry["outcome"] != ("not_billed" if entry["kind"] == "waiver" else "billed"):
        return "its outcome does not go with its kind"
    if (entry["kind"] == "correction") != (entry["corrects"] is not None):
        return "a correction names the entry that it takes back, nothing else does"
    if not isinstance(entry["hash"], str) or not re.fullmatch(r"[0-9a-f]{64}", entry["hash"]):
        return "its hash is not 64 hex digits"
    return None


def check(lines, known):
    """Gives the ends by merchant, and the faults."""
    ends, seen, faults = {}, {}, []
    for number_of_line, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except ValueError:
            faults.append(f"line {number_of_line}: no JSON")
            continue
        wrong = malformed(entry)
        if wrong:
            faults.append(f"line {number_of_line}: {wrong}")
            continue
        merchant, number = entry["merchant"], entry["number"]
        last, before = ends.get(merchant, (0, bytes(32)))
        stored = bytes.fromhex(entry["hash"])
        if number != last + 1:
            faults.append(f"{merchant}: entry {number} comes after entry {last}")
        elif hashlib.sha256(before + canonical(entry)).digest() != stored:
            faults.append(f"{merchant}: entry {number} was changed, or follows another entry {last}")
        ends[merchant] = (number, stored)
        if (merchant, number) in known:
            seen[merchant, number] = entry["hash"]
    for (merchant, number), hashes in known.items():
        for value in hashes:
            if number and (merchant, number) not in seen:
                faults.append(f"{merchant}: entry {number}, which is known, is missing")
            elif number and seen[merchant, number] != value:
                faults.append(f"{merchant}: entry {number} has another hash than the one that is known")
    return ends, faults


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    known = {}
    for text in arguments[1:]:
        match = re.fullmatch(r"(.+)=(\d+):([0-9a-f]{64})", text)
        if not match:
            print(f"not MERCHANT=NUMBER:HASH: {text}", file=sys.stderr)
            return 2
        if match[1] == AUDIT:
            continue
        known.setdefault((match[1], int(match[2])), []).append(match[3])
    with open(arguments[0], encoding="utf-8", newline="\n") as file:
        ends, faults = check(file, known)
    for merchant, (number, value) in sorted(ends.items()):
        print(f"{merchant}={number}:{value.hex()}")
    for fault in faults:
        print(f"fault: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
