"""A store with a seeded history of two months (history.cpp), and the real program over it."""
import atexit
import datetime
import functools
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

MERCHANTS = [f"mer_{index}" for index in range(5)]
# Of history.cpp's plans: included units, (up to this count after them; price) and the monthly minimum.
TERMS = {"std@1": (10, [(20, 123457), (50, 99999), (None, 33333)], 4111111), "std@2": (0, [(None, 70001)], 0)}


def price_of_count(version, count):
    """(tier, price) of a month's unit with this count, from 1."""
    included, tiers, _ = TERMS[version]
    if count <= included:
        return 0, 0
    for number, (end, price) in enumerate(tiers, 1):
        if end is None or count - included <= end:
            return number, price
    raise AssertionError("a last tier with an end")


def cost(counts, minimum):
    """What a merchant's month costs, by the count of each plan version."""
    return max(minimum, sum(price_of_count(version, number)[1] for version, count in counts.items()
                            for number in range(1, count + 1)))


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def month_before(months):
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
    index = today.year * 12 + today.month - 1 - months
    return f"{index // 12}-{index % 12 + 1:02}"


def write_settings(folder):
    settings = pathlib.Path(folder, "tollgate.properties")
    settings.touch(mode=0o600)
    settings.write_text(
        f"store.database_file = {folder}/tollgate.db\nstore.key_ring_file = {folder}/keys\n"
        f"ready_file = {folder}/ready.json\npublic.port = 0\nadmin.port = 0\n"
        "billing.issuer = Provider, Ltd\ncomponent.appid = wx1\ncomponent.secret = s\ncomponent.push_token = t\n"
        "component.encoding_aes_key = abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG\n", encoding="utf-8")
    return settings


@functools.cache
def written_history(tollgate, history, period, seed):
    """A folder with the store and its keys, written once for all tests of a program; gone when that ends."""
    folder = tempfile.TemporaryDirectory(prefix="tollgate-books-")
    atexit.register(folder.cleanup)
    settings = write_settings(folder.name)
    subprocess.run([tollgate, "secrets", "init", "--config", settings], check=True, capture_output=True)
    subprocess.run([history, f"{folder.name}/tollgate.db", f"{folder.name}/keys", "wx1", period, str(seed)], check=True)
    return settings.parent


class Books:
    """`period` is open, `before` is closed."""

    def __init__(self, tollgate, history, folder, seed):
        self._tollgate = tollgate
        self.folder = pathlib.Path(folder)
        self.period, self.before = month_before(1), month_before(2)
        self.settings = write_settings(folder)
        written = written_history(tollgate, history, self.period, seed)
        for name in ("tollgate.db", "keys"):
            shutil.copy2(written / name, self.folder)

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
        ports = json.loads(ready.read_text())
        self._admin = f"http://127.0.0.1:{ports['admin_port']}"
        self.public = f"http://127.0.0.1:{ports['public_port']}"

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
        return ask(method, self._admin + path, token or self._token, body)

    def minimum_of(self, merchant, ends):
        """Of the plan version that is in force at the last instant before `ends`."""
        assigned = self.call("GET", f"/admin/v1/merchants/{merchant}/plan-assignments?page_size=500").json()
        begun = [each for each in assigned["plan_assignments"] if instant(each["starts_at"]) < instant(ends)]
        version = max(begun, key=lambda each: instant(each["starts_at"]), default={"plan_version": None})["plan_version"]
        return TERMS[version][2] if version else 0

    def entries(self, merchant):
        """The whole ledger, by number."""
        found, page = {}, ""
        while True:
            listed = self.call("GET", f"/admin/v1/merchants/{merchant}/usage-entries?page_size=500{page}").json()
            found.update((entry["number"], entry) for entry in listed["usage_entries"])
            if not listed["next_page_token"]:
                return found
            page = f"&page_token={listed['next_page_token']}"

    def key_of(self, merchant):
        return self.call("POST", f"/admin/v1/merchants/{merchant}/keys", {"label": "books"}).json()["key"]

    def read(self, path, key=None):
        """What a merchant is told on the public port."""
        return ask("GET", self.public + path, key)

    def begin_closing(self, period):
        begun = self.call("POST", f"/admin/v1/periods/{period}:close")
        assert begun.status == 202 and begun.headers["Location"] == f"/admin/v1/periods/{period}", begun.body
        return begun

    def close_all(self, period):
        return self.wait_for(self.begin_closing(period).headers["Location"], "done")

    def wait_for(self, path, state):
        def ended():
            found = self.call("GET", path).json()
            return found if found["state"] not in ("pending", "running") else None
        found = wait_until(ended)
        assert found["state"] == state, found
        return found


def ask(method, address, token=None, body=None):
    request = urllib.request.Request(address, method=method, data=None if body is None else json.dumps(body).encode())
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refused:
        return Answer(refused.code, refused.headers, refused.read())


def wait_until(claim, seconds=60):
    end = time.monotonic() + seconds
    while True:
        found = claim()
        if found:
            return found
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.02)
