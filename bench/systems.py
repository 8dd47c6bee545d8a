"""The systems that are compared, each started once, with a plain and a TLS address; and the stub that they all call."""
import dataclasses
import os
import pathlib
import string
import subprocess
import urllib.request

from load import SUITE
from processes import Program, free_ports

TEMPLATES = pathlib.Path(__file__).parent / "systems"
NGINX_MODULES = "/usr/lib/nginx/modules"
LUA_MODULES = "".join(f"load_module {NGINX_MODULES}/{name}_module.so;\n" for name in ("ndk_http", "ngx_http_lua"))
HAPROXY_TLS = "ssl verify required ca-file ca.pem sni str(localhost) verifyhost localhost"
# Every field of a licence, as the platform's page shows them.
LICENCE = (
    '{"errcode":0,"errmsg":"ok","vhicle_type":"小型普通客车","owner":"东莞市xxxxx厂","addr":"广东省东莞市xxxxx号",'
    '"use_character":"非营运","model":"江淮牌HFCxxxxxxx","vin":"LJ166xxxxxxxx51","engine_num":"J3xxxxx3",'
    '"register_date":"2018-07-06","issue_date":"2018-07-01","plate_num_b":"粤xxxxx","record":"441xxxxxx3",'
    '"passengers_num":"7人","total_quality":"2700kg","prepare_quality":"1995kg","overall_size":"4582x1795x1458mm",'
    '"plate_num":"粤xxxxx"}')


class Template(string.Template):
    """'@' marks what is filled in: nginx has a use of its own for '$'."""
    delimiter = "@"


@dataclasses.dataclass
class System:
    """`program` is None for `direct`, where no gateway is between load and stub."""
    name: str
    port: int
    tls_port: int
    program: Program | None

    def url(self, tls):
        # By name where there is a certificate to carry it.
        return f"https://localhost:{self.tls_port}" if tls else f"http://127.0.0.1:{self.port}"

    def stop(self):
        if self.program is not None:
            self.program.stop()


@dataclasses.dataclass
class Surroundings:
    """What every configuration is filled in from. `plain_upstream`: the others call the stub without TLS where the
    merchant's side has none; Tollgate never does."""
    folder: pathlib.Path
    certificates: pathlib.Path
    descriptors: int
    stub_port: int
    stub_tls_port: int
    plain_upstream: bool = False

    def values(self, name, **more):
        plain = self.plain_upstream
        return {
            "name": name, "folder": self.folder, "certificates": self.certificates, "modules": NGINX_MODULES,
            "suite": SUITE, "descriptors": self.descriptors, "worker_connections": min(16384, self.descriptors - 64),
            "user": "user root;" if os.geteuid() == 0 else "",  # else nginx's workers could not enter the folder
            "stub_port": self.stub_port, "stub_tls_port": self.stub_tls_port,
            "upstream_plain_side_port": self.stub_port if plain else self.stub_tls_port,
            "upstream_plain_side_scheme": "http" if plain else "https",
            "haproxy_plain_side_tls": "" if plain else HAPROXY_TLS,
            "caddy_plain_side": "to_wechat_plain" if plain else "to_wechat_tls",
            **more}

    def render(self, template, file, **more):
        text = Template((TEMPLATES / template).read_text()).substitute(self.values(**more))
        written = self.folder / file
        written.write_text(text)
        return written


class Stub:
    """Answers for WeChat on `surroundings`' ports. `sandbox_port`: who answers everything but scans; none: refused."""

    def __init__(self, surroundings, sandbox_port=None, answer_delay_s=0):
        (surroundings.folder / "answer.json").write_text(LICENCE)
        elsewhere = 'return 200 \'{"errcode":-1,"errmsg":"system error"}\';'
        if sandbox_port:
            elsewhere = (f"proxy_pass https://127.0.0.1:{sandbox_port}; proxy_ssl_name localhost; proxy_ssl_verify on; "
                         f"proxy_ssl_trusted_certificate {surroundings.certificates}/ca.pem;")
        settings = surroundings.render("stub.conf", "stub.conf", name="stub", port=surroundings.stub_port,
                                       tls_port=surroundings.stub_tls_port, elsewhere=elsewhere,
                                       answer_delay=answer_delay_s)
        self.program = Program("stub", ["nginx", "-c", settings, "-e", surroundings.folder / "stub.log"],
                               surroundings.folder / "stub.out")
        self._status = f"http://127.0.0.1:{surroundings.stub_port}/status"
        self.program.wait_for_port(surroundings.stub_tls_port)

    def accepted_connections(self):
        with urllib.request.urlopen(self._status, timeout=10) as answer:
            return int(answer.read().split(b"\n")[2].split()[0])


def _nginx(surroundings, name, keys):
    port, tls_port = free_ports(2)
    parts = {"modules_loaded": "", "extra_http": "", "extra_location": "", "target": ""}
    if name == "nginx_lua":
        values = surroundings.values(name, keys=keys)
        fill = lambda file: Template((TEMPLATES / file).read_text()).substitute(values)
        parts = {"modules_loaded": LUA_MODULES, "extra_http": fill("nginx_lua_http.conf"),
                 "extra_location": fill("nginx_lua_location.conf"),
                 "target": "/cv/ocr/driving?access_token=$upstream_token"}
    settings = surroundings.render("nginx.conf", f"{name}.conf", name=name, port=port, tls_port=tls_port, **parts)
    command = ["nginx", "-c", settings, "-e", surroundings.folder / f"{name}.log"]
    return System(name, port, tls_port, Program(name, command, surroundings.folder / f"{name}.out"))


def _haproxy(surroundings, name, _keys):
    port, tls_port = free_ports(2)
    certificates = surroundings.certificates
    both = surroundings.folder / "haproxy.pem"
    both.write_text((certificates / "server.pem").read_text() + (certificates / "server.key").read_text())
    settings = surroundings.render("haproxy.cfg", "haproxy.cfg", name=name, port=port, tls_port=tls_port)
    # Without a master process: one process with a thread a processor.
    program = Program(name, ["haproxy", "-db", "-f", settings], surroundings.folder / "haproxy.out")
    return System(name, port, tls_port, program)


def _caddy(surroundings, name, _keys):
    port, tls_port = free_ports(2)
    settings = surroundings.render("Caddyfile", "Caddyfile", name=name, port=port, tls_port=tls_port)
    home = {"HOME": str(surroundings.folder), "XDG_DATA_HOME": str(surroundings.folder / "caddy"),
            "XDG_CONFIG_HOME": str(surroundings.folder / "caddy")}
    command = ["caddy", "run", "--config", settings, "--adapter", "caddyfile"]
    return System(name, port, tls_port, Program(name, command, surroundings.folder / "caddy.out", home))


PEERS = {"nginx": _nginx, "nginx_lua": _nginx, "haproxy": _haproxy, "caddy": _caddy}


def start_peer(name, surroundings, keys):
    system = PEERS[name](surroundings, name, keys)
    try:
        for port in (system.port, system.tls_port):
            system.program.wait_for_port(port)
    except BaseException:
        system.stop()
        raise
    return system


def make_certificates(project, folder):
    certificates = folder / "certs"
    subprocess.run([project / "certs" / "make-test-certs", certificates], check=True, capture_output=True)
    return certificates


def versions():
    """Of the packages that are measured."""
    names = ["nginx", "libnginx-mod-http-lua", "haproxy", "caddy", "wrk"]
    told = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *names], capture_output=True, text=True)
    return dict(line.split() for line in told.stdout.splitlines())
