"""A second script/server on the data of one that runs is refused and touches nothing."""

import fcntl
import pathlib
import subprocess
import sys
import tempfile


def contents(folder):
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}


def main():
    script = pathlib.Path(sys.argv[1]) / "script" / "server"
    with tempfile.TemporaryDirectory() as name:
        data = pathlib.Path(name)
        for file in ("demo.env", "gateway.ready.json", "sandbox.ready.json"):
            (data / file).write_text("of the first one\n", encoding="ascii")
        with open(data / "lock", "a", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # as the first one and its processes hold it
            before = contents(data)
            second = subprocess.run([script, "--data", data], capture_output=True, text=True, timeout=50, check=False)
            after = contents(data)

    faults = []
    if second.returncode != 1:
        faults.append(f"it ended with {second.returncode}: {second.stderr}")
    if "a server is running on" not in second.stderr or str(data) not in second.stderr:
        faults.append(f"it does not say why: {second.stderr}")
    if after != before:
        faults.append(f"it changed files: {sorted(before)} became {sorted(after)}")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
