#!/usr/bin/env python3
"""Runs clang-tidy over the project's sources, each once as long as it and all that it includes of ours stay the same.

Usage: static_analysis.py PROJECT BUILD_FOLDER SOURCE…     (sources relative to PROJECT, with compile commands in BUILD_FOLDER)
Prints what is at fault and exits 1 if anything is. What was clean is remembered in BUILD_FOLDER/clang-tidy.
"""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

CLANG_TIDY = "clang-tidy-14"
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


class Sources:
    """The project's files and what they include of one another."""

    def __init__(self, project, build):
        self.roots = (project, build, *build.glob("tenants/*"))  # generated sources have a place of their own

    @functools.cache
    def read(self, name):
        for root in self.roots:
            if (root / name).is_file():
                return (root / name).read_bytes()
        return b""

    def closure(self, name):
        seen, waiting = set(), [name]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            waiting.extend(include.decode() for include in INCLUDE.findall(self.read(current)))
        return sorted(seen)


def main():
    project, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    names = sys.argv[3:]
    commands = {entry["file"]: entry["command"] for entry in json.loads((build / "compile_commands.json").read_text())}
    sources = Sources(project, build)
    rules = b"".join(path.read_bytes() for path in sorted(project.glob("**/.clang-tidy")) if "build" not in path.parts)
    rules += subprocess.run([CLANG_TIDY, "--version"], check=True, capture_output=True).stdout
    clean = build / "clang-tidy"
    clean.mkdir(exist_ok=True)

    def stamp_of(name):
        key = hashlib.sha256(rules + commands[str(project / name)].encode())
        for part in sources.closure(name):
            key.update(part.encode() + b"\0" + sources.read(part) + b"\0")
        return clean / key.hexdigest()

    unknown = [name for name in names if str(project / name) not in commands]
    if unknown:
        sys.exit("error: these are in no target: " + " ".join(unknown))
    stamps = {name: stamp_of(name) for name in names}
    due = [name for name in names if not stamps[name].exists()]
    print(f"{len(names) - len(due)} of {len(names)} sources are as they were when they were clean", flush=True)

    def analyse(name):
        run = subprocess.run([CLANG_TIDY, "--quiet", "-p", str(build), str(project / name)], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if run.returncode == 0:
            stamps[name].touch()
        return name, run

    faults = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, (name, run) in enumerate(pool.map(analyse, due), 1):
            print(f"[{done}/{len(due)}] {name}", flush=True)
            if run.returncode != 0:
                faults += 1
                print(run.stdout + run.stderr, flush=True)
    sys.exit(f"error: {faults} of {len(due)} sources have faults" if faults else 0)


if __name__ == "__main__":
    main()
