"""A store with a seeded history of two months (history.cpp), and the real program over it."""
import datetime
import json
import pathlib
import subprocess
import time
import urllib.error
import urllib.request

MERCHANTS = [f"mer_{index}" for index in range(5)]


def month_before(months):
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
    index = today.year * 12 + today.month - 1 - months
    return f"{index // 12}-{index % 12 + 1:02}"


class Books:
    """`period` is open, `before` is closed."""

    def __init__(self, tollgate, history, folder, seed):
        self._tollgate = tollgate
        self.folder = pathlib.Path(folder)
        self.settings = self.folder / "tollgate.properties"
        self.settings.touch(mode=0o600)
        self.settings.write_text(
            f"store.database_file = {self.folder}/tollgate.db\nstore.key_ring_file = {self.folder}/keys\n"
            f"ready_file = {self.folder}/ready.json\npublic.port = 0\nadmin.port = 0\n"
            "billing.issuer = Provider, Ltd\ncomponent.appid = wx1\ncomponent.secret = s\ncomponent.push_token = t\n"
            "component.encoding_aes_key = abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG\n", encoding="utf-8")
        self.period, self.before = month_before(1), month_before(2)
        self.run("secrets", "init")
        subprocess.run([history, f"{self.folder}/tollgate.db", f"{self.folder}/keys", "wx1", self.period, str(seed)], check=True)

    def run(self, *words, code=0):
        ended = subprocess.run([self._tollgate, *words, "--config", self.settings], capture_output=True, text=True, check=False)
        assert ended.returncode == code, (words, ended.returncode, ended.stderr)
        return ended.stdout

    def export(self, name, *words):
        out = self.folder / name
        self.run("export", "--out", str(out), *words)
        return out

    def statement(self, merchant, period):
        return json.loads(self.run("statement", "show", "--merchant", merchant, "--period", period))["statement"]

    def serve(self):
        return Gateway(self._tollgate, self.settings, self.folder)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Gateway:
    """The gateway while it runs: a context manager, ended by its own process id."""

    def __init__(self, tollgate, settings, folder):
        command = [tollgate, "admin-token", "create", "--config", settings]
        self._token = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        self._log = open(folder / "gateway.log", "ab")
        self._process = subprocess.Popen([tollgate, "serve", "--config", settings], stderr=self._log)
        wait_until(lambda: ready.exists() or self._process.poll() is not None)
        assert self._process.poll() is None, (folder / "gateway.log").read_text()
        self._admin = f"http://127.0.0.1:{json.loads(ready.read_text())['admin_port']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()

    def kill(self):
        self._process.kill()
        self._process.wait(timeout=30)

    def call(self, method, path, body=None, token=None):
        request = urllib.request.Request(self._admin + path, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", f"Bearer {token or self._token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, refused.headers, refused.read())

    def wait_for(self, path, state):
        def ended():
            found = self.call("GET", path).json()
            return found if found["state"] not in ("pending", "running") else None
        found = wait_until(ended)
        assert found["state"] == state, found
        return found


def wait_until(claim, seconds=60):
    end = time.monotonic() + seconds
    while True:
        found = claim()
        if found:
            return found
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.02)
