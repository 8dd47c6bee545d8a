"""Runs wrk against one address and reads what it measured."""
import dataclasses
import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent
THREADS = 2
# The only suite that every client and server of the comparison speaks when the others are told to: Caddy's is fixed.
SUITE = "TLS_AES_128_GCM_SHA256"
OPENSSL_SETTINGS = f"""openssl_conf = main
[main]
ssl_conf = tls
[tls]
system_default = everywhere
[everywhere]
MinProtocol = TLSv1.3
Ciphersuites = {SUITE}
"""


@dataclasses.dataclass(frozen=True)
class Measured:
    answered: int
    scans_per_s: float
    p50_ms: float
    p99_ms: float


class Load:
    """`folder` gets the settings that hold wrk's TLS to one suite. `keys`: a file with an API key a line."""

    def __init__(self, folder, keys, rotate=False):
        self._openssl = pathlib.Path(folder) / "load-openssl.cnf"
        self._openssl.write_text(OPENSSL_SETTINGS)
        self._keys = keys
        self._rotate = rotate

    def run(self, url, body, connections, seconds, think_ms=0):
        """Closed loop: each connection sends its next call when it has its answer, `think_ms` later on the mean. Throws
        where a call failed by itself; calls that the end of the run cuts off are none of those."""
        environment = {**os.environ, "OPENSSL_CONF": str(self._openssl), "BENCH_BODY": str(body.file),
                       "BENCH_TYPE": body.content_type, "BENCH_KEYS": str(self._keys),
                       "BENCH_ROTATE": "1" if self._rotate else "0", "BENCH_THINK_MS": str(think_ms)}
        command = ["wrk", "--threads", str(THREADS), "--connections", str(connections), "--duration", f"{seconds}s",
                   "--timeout", "20s", "--script", str(HERE / "scan.lua"), url]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 60)
        result = done.stdout.strip().rpartition("\n")[2]
        if done.returncode != 0 or not result.startswith("{"):
            raise RuntimeError(f"wrk against {url} failed: {done.stdout}{done.stderr}")
        told = json.loads(result)
        failed = {name: count for name, count in told.items()
                  if count and (name.endswith("_errors") or name == "timeouts")}
        if failed:
            raise RuntimeError(f"calls to {url} failed: {failed}")
        return Measured(told["requests"], told["requests"] / (told["duration_us"] / 1e6), told["p50_us"] / 1e3,
                        told["p99_us"] / 1e3)
