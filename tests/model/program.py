"""The real program, as a history meets it: the runner over the real use cases, and the real binary's commands."""
import json
import pathlib
import shutil
import signal
import subprocess

import exported


class Trouble(Exception):
    """The program did not do what any history may ask of it."""


class Program:
    """One installation in a folder of its own, with a database that is there for one check."""

    def __init__(self, runner, tollgate, folder):
        self.runner = runner
        self.tollgate = tollgate
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.database = self.folder / "tollgate.db"
        self.key_ring = self.folder / "keyring"
        self.settings = self.folder / "tollgate.properties"
        self.settings.write_text(f"store.database_file = {self.database}\nstore.key_ring_file = {self.key_ring}\n"
                                 "component.appid = wxcomponent\nbilling.issuer = Model Services Ltd.\n")
        self.settings.chmod(0o600)

    def live(self, operations):
        """Gives what the program said to each operation; of a crash None."""
        said = []
        first = 0
        while first < len(operations):
            crash = next((at for at in range(first, len(operations)) if operations[at]["op"] == "crash"), None)
            end = len(operations) if crash is None else crash + 1
            said += self.live_until(operations[first:end], crash is not None)
            first = end
        return said

    def live_until(self, operations, crashes):
        lines = "".join(json.dumps(operation) + "\n" for operation in operations)
        ran = subprocess.run([self.runner, self.database, self.key_ring], input=lines, capture_output=True, text=True,
                             timeout=600)
        if ran.returncode != (-signal.SIGKILL if crashes else 0):
            raise Trouble(f"the runner ended with {ran.returncode}: {ran.stderr.strip()}")
        said = [json.loads(line) for line in ran.stdout.splitlines()] + [None] * crashes
        if len(said) != len(operations):
            raise Trouble(f"{len(operations)} operations were answered by {len(said)} lines")
        return said

    def command(self, *words):
        ran = subprocess.run([self.tollgate, *words, "--config", self.settings], capture_output=True, text=True, timeout=600)
        if ran.returncode != 0:
            raise Trouble(f"tollgate {' '.join(map(str, words))} ended with {ran.returncode}: {ran.stderr.strip()}")
        return ran.stdout

    def export(self, format_name, period):
        """{merchant: rows} of one month, and the manifest."""
        folder = self.folder / f"export-{format_name}-{period}"
        self.command("export", "--format", format_name, "--period", period, "--out", folder)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        files = [folder / file["name"] for file in manifest["files"]]
        return exported.read_rows(format_name, files), manifest
