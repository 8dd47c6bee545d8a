"""Programs that a benchmark starts: ended by their id, watched through /proc."""
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def end_in_order():
    """SIGTERM ends this process as Ctrl-C does: by leaving its blocks, which end what it started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def allow_many_descriptors():
    """For this process and those that it starts."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_ports(count):
    """Different ports that nobody on loopback listens on. Somebody else may take one before it is used: that start fails."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [holder.getsockname()[1] for holder in held]
    for holder in held:
        holder.close()
    return ports


def wait_until(claim, what, seconds=30):
    """Looks until `claim` gives something true, and gives that."""
    end = time.monotonic() + seconds
    while True:
        found = claim()
        if found:
            return found
        if time.monotonic() > end:
            raise RuntimeError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Program:
    """A running program with its children. A context manager: it has ended when the block ends."""

    def __init__(self, name, command, log, environment=None):
        self.name = name
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as output:
            self._process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self._process.pid

    def check(self):
        status = self._process.poll()
        if status is not None:
            tail = self.log.read_text(errors="replace").splitlines()[-8:]
            raise RuntimeError(f"{self.name} ended with {status}:\n" + "\n".join(tail))
        return True

    def wait_for_port(self, port):
        wait_until(lambda: self.check() and listens(port), f"{self.name} on port {port}")

    def stop(self, seconds=15):
        if self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise RuntimeError(f"{self.name} had to be killed {seconds} s after SIGTERM") from None

    def _family(self):
        family = [self.pid]
        for parent in family:
            for children in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
                family += [int(child) for child in children.read_text().split()]
        return family

    def cpu_seconds(self):
        """User and system time of the program and its children so far."""
        self.check()
        ticks = 0
        for pid in self._family():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS_PER_SECOND

    def resident_bytes(self):
        self.check()
        return sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
                   for pid in self._family())

    def peak_bytes(self):
        """The most that the program itself ever had in memory."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmHWM in /proc")
