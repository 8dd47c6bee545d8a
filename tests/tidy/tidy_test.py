#!/usr/bin/env python3
"""tidy.py must find what it is there for: each planted breach is named, and a clean file is left alone."""
import pathlib
import subprocess
import sys
import tempfile

TIDY = pathlib.Path(__file__).with_name("tidy.py")
PLANTED = {
    "tenants/usage/a.h": ('#pragma once\n#include <SQLiteCpp/SQLiteCpp.h>\n', "tenants/usage/a.h:2: tenants/usage may not include SQLiteCpp"),
    "tenants/scan/b.cpp": ('#include <Poco/URI.h>\n', "tenants/scan/b.cpp:1: tenants may not include Poco/URI.h"),
    "gateway/api/c.cpp": ('#include "gateway/wechat/ocr_client.h"\n', "gateway/api/c.cpp:1: gateway/api may not include"),
    "sandbox/d.cpp": ('#include "tenants/merchant/merchant.h"\n', "sandbox/d.cpp:1: sandbox may not include tenants/merchant"),
    "gateway/http/e.cpp": ('auto now = std::chrono::steady_clock::now();\n', "gateway/http/e.cpp:1: system clock"),
    "tests/unit/f_test.cpp": ('  std::this_thread::sleep_for(1s);\n', "tests/unit/f_test.cpp:1: sleep in a test"),
    "tests/clients/package-lock.json": ('"resolved": "https://packages.example/a.tgz"\n',
                                        "tests/clients/package-lock.json:1: host in a lock file"),
    "docs/pitfalls.md": ("`Suite.IsThere` `Suite.IsGone`\n", "docs/pitfalls.md:1: there is no test Suite.IsGone"),
    "tests/unit/h_test.cpp": ("TEST(Suite, IsThere) {}\n", ""),
    "gateway/net/g.h": ('int x;\n', "gateway/net/g.h:1: a header begins with #pragma once"),
}
CLEAN = {"sandbox/ok.cpp": '#include "gateway/wechat/push_crypto.h"\n#include "tenants/base/task.h"\n'}


def run(folder):
    done = subprocess.run([sys.executable, TIDY, folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for path, text in CLEAN.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        code, output = run(folder)
        if code != 0:
            failures.append(f"a clean tree was refused:\n{output}")
        for path, (text, _) in PLANTED.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        code, output = run(folder)
        if code != 1:
            failures.append("a tree with breaches was accepted")
        failures += [f"not found: {wanted}" for _, wanted in PLANTED.values() if wanted not in output]
    print("\n".join(failures) or "every planted breach was found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
