"""Tollgate as it is installed: settings, key ring, gateway, and merchants that came by the real authorization flow."""
import dataclasses
import json
import pathlib
import secrets
import string
import subprocess
import time
import urllib.request

from processes import Program, wait_until

DAY_LIMIT = 1_000_000_000  # never reached, but looked at with every scan


@dataclasses.dataclass(frozen=True)
class Merchant:
    id: str
    key: str


def _letters(count):
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(count))


@dataclasses.dataclass(frozen=True)
class Component:
    """The third-party platform's account, as gateway and sandbox are told."""
    appid: str = dataclasses.field(default_factory=lambda: "wx" + secrets.token_hex(8))
    secret: str = dataclasses.field(default_factory=lambda: secrets.token_hex(16))
    push_token: str = dataclasses.field(default_factory=lambda: _letters(24))
    encoding_aes_key: str = dataclasses.field(default_factory=lambda: _letters(43))

    def settings(self):
        return {f"component.{name}": value for name, value in dataclasses.asdict(self).items()}


def write_settings(file, settings):
    file.touch(mode=0o600)
    file.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    return file


def call_json(method, url, body=None, token=None):
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text.startswith(b"{") else {}


class Sandbox:
    """The emulated platform: everything that WeChat is to the gateway but the scans themselves."""

    def __init__(self, programs, folder, certificates, component):
        self._ready_file = folder / "sandbox.ready.json"
        settings = write_settings(folder / "sandbox.properties", {
            "data_dir": folder / "sandbox", "ready_file": self._ready_file, "recogniser.workers": 1,
            "listen.platform_port": 0, "listen.control_port": 0,
            "tls.certificate_file": certificates / "server.pem", "tls.key_file": certificates / "server.key",
            **component.settings()})
        self.program = Program("sandbox", [programs / "tollgate-sandbox", "--config", settings], folder / "sandbox.log")
        wait_until(lambda: self.program.check() and self._ready_file.exists(), "the sandbox's start")
        ready = json.loads(self._ready_file.read_text())
        self.platform_port = ready["platform_port"]
        self._control = f"http://127.0.0.1:{ready['control_port']}"

    def control(self, method, path, body):
        return call_json(method, self._control + path, body)


class Gateway:
    """`upstream_port`: who answers for WeChat on 127.0.0.1. `more`: further settings. Used from one thread."""

    def __init__(self, programs, folder, certificates, component, upstream_port, more=None):
        self._programs, self._folder = programs, folder
        self._ready_file = folder / "gateway.ready.json"
        self.key_ring = folder / "keyring"
        self.database = folder / "tollgate.db"
        self._settings = write_settings(folder / "tollgate.properties", {
            "store.database_file": self.database, "store.key_ring_file": self.key_ring,
            "public.port": 0, "public.tls_port": 0, "admin.port": 0,
            "public.tls_certificate_file": certificates / "server.pem",
            "public.tls_key_file": certificates / "server.key",
            "upstream.host": "localhost", "upstream.address": "127.0.0.1", "upstream.port": upstream_port,
            "upstream.ca_file": certificates / "ca.pem", "ready_file": self._ready_file,
            # A few merchants make all of the load, each more than one merchant may.
            "merchant.in_flight": 100_000,
            "component.redirect_url": "", **component.settings(), **(more or {})})
        self.program = None
        self._admin = self._token = ""

    def _command(self, *words):
        command = [self._programs / "tollgate", *words, "--config", self._settings]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def make_key_ring(self):
        self._command("secrets", "init")

    def initialise(self):
        self.make_key_ring()
        self._token = self._command("admin-token", "create")

    def start(self, seconds=120):
        """Gives the seconds from the start of the process until it was ready."""
        self._ready_file.unlink(missing_ok=True)
        began = time.monotonic()
        self.program = Program("tollgate", [self._programs / "tollgate", "serve", "--config", self._settings],
                               self._folder / "gateway.log")
        wait_until(lambda: self.program.check() and self._ready_file.exists(), "the gateway's start", seconds)
        took = time.monotonic() - began
        ready = json.loads(self._ready_file.read_text())
        self.port, self.tls_port = ready["public_port"], ready["public_tls_port"]
        self._admin = f"http://127.0.0.1:{ready['admin_port']}"
        return took

    def stop(self):
        if self.program is not None:
            self.program.stop()

    def admin(self, method, path, body=None):
        return call_json(method, f"{self._admin}/admin/v1{path}", body, self._token)

    def ledger_inspection(self):
        """How far the look at the whole ledger after the start is: running, sound, damaged."""
        return call_json("GET", f"{self._admin}/readyz")["ledger_inspection"]

    def entries(self, merchant_ids):
        """How many entries these merchants' ledgers have: entries are numbered without a gap."""
        count = 0
        for merchant in merchant_ids:
            newest = self.admin("GET", f"/merchants/{merchant}/usage-entries?page_size=1")["usage_entries"]
            count += newest[0]["number"] if newest else 0
        return count


def onboard(gateway, sandbox, count):
    """Merchants that authorized as any merchant does: link, consent, event, exchange of the code."""
    base = f"http://127.0.0.1:{gateway.port}"
    sandbox.control("PATCH", "/component", {"events_url": f"{base}/wechat/events"})
    sandbox.control("POST", "/ticket", {})
    merchants = []
    for number in range(count):
        merchant = gateway.admin("POST", "/merchants", {"name": f"Merchant {number}", "day_limit": DAY_LIMIT,
                                                           "upstream_day_free": None})["id"]
        account = sandbox.control("POST", "/authorizers", {"kind": "mini_program", "verified": True, "sets": [117]})
        link = gateway.admin("POST", f"/merchants/{merchant}/authorization-links", {})["pc_url"]
        landing = sandbox.control("POST", f"/authorizers/{account['appid']}:consent", {"link": link})["redirect"]
        urllib.request.urlopen(landing, timeout=30).close()
        wait_until(lambda: gateway.admin("GET", f"/merchants/{merchant}")["state"] == "active",
                   f"merchant {merchant} to become active")
        key = gateway.admin("POST", f"/merchants/{merchant}/keys", {"label": "bench"})["key"]
        merchants.append(Merchant(merchant, key))
    return merchants


class TooManyEntries(RuntimeError):
    pass


def lost_entries(count, before, answered, connections, pause_s=0.1):
    """How many answered scans have no ledger entry. `count` tells how many entries there are; it is asked until the calls
    that the end of the load cut off have come to rest: no new one for `pause_s`, longer than a call takes. Only those,
    one a connection, may have an entry without an answer that was seen; more than that throws."""
    def at_rest():
        first = count()
        time.sleep(pause_s)
        second = count()
        return first == second and (second,)
    written = wait_until(at_rest, "the ledger to come to rest")[0] - before
    if written > answered + connections:
        raise TooManyEntries(f"{written} entries for {answered} answered scans of {connections} connections")
    return max(0, answered - written)
