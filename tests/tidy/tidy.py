#!/usr/bin/env python3
"""Who may include whom, and a few more rules of the house that no compiler holds. Usage: tidy.py PROJECT_FOLDER

Prints each breach as file:line and exits 1 if there is one. The build holds the coarse directions (one target a module,
private links); system headers share one include path, so this completes it.
"""
import pathlib
import re
import sys

# Folder → prefixes of what its files may never include. The longest matching folder counts, with all its parents.
FORBIDDEN = {
    "tenants": ["Poco/", "gateway/", "sandbox/", "recogniser/"],
    "tenants/base": ["tenants/merchant/", "tenants/authorization/", "tenants/usage/", "tenants/billing/",
                     "tenants/scan/", "tenants/sqlite/", "SQLiteCpp/", "sqlite3"],
    "tenants/merchant": ["tenants/authorization/", "tenants/usage/", "tenants/billing/", "tenants/scan/",
                         "tenants/sqlite/", "SQLiteCpp/", "sqlite3"],
    "tenants/authorization": ["tenants/usage/", "tenants/billing/", "tenants/scan/", "tenants/sqlite/", "SQLiteCpp/",
                              "sqlite3"],
    "tenants/usage": ["tenants/billing/", "tenants/scan/", "tenants/sqlite/", "SQLiteCpp/", "sqlite3"],
    "tenants/scan": ["tenants/sqlite/", "SQLiteCpp/", "sqlite3"],
    "gateway": ["sandbox/", "recogniser/", "SQLiteCpp/", "sqlite3"],
    "gateway/json": ["tenants/", "gateway/log/", "gateway/net/", "gateway/http/", "gateway/wechat/", "gateway/api/",
                     "gateway/admin/", "gateway/app/", "Poco/"],
    "gateway/log": ["gateway/net/", "gateway/http/", "gateway/wechat/", "gateway/api/", "gateway/admin/",
                    "gateway/app/", "tenants/sqlite/"],
    "gateway/net": ["gateway/http/", "gateway/wechat/", "gateway/api/", "gateway/admin/", "gateway/app/",
                    "tenants/merchant/", "tenants/authorization/", "tenants/usage/", "tenants/scan/", "tenants/sqlite/",
                    "Poco/"],
    "gateway/http": ["gateway/wechat/", "gateway/api/", "gateway/admin/", "gateway/app/", "tenants/merchant/",
                     "tenants/authorization/", "tenants/usage/", "tenants/scan/", "tenants/sqlite/"],
    "gateway/exports": ["gateway/log/", "gateway/net/", "gateway/http/", "gateway/wechat/", "gateway/api/",
                        "gateway/admin/", "gateway/app/", "tenants/sqlite/"],
    "gateway/wechat": ["gateway/http/", "gateway/api/", "gateway/admin/", "gateway/app/", "tenants/sqlite/"],
    "gateway/api": ["gateway/wechat/", "gateway/admin/", "gateway/app/", "tenants/sqlite/"],
    "gateway/admin": ["gateway/wechat/", "gateway/api/", "gateway/app/", "tenants/sqlite/"],
    "sandbox": ["tenants/merchant/", "tenants/authorization/", "tenants/usage/", "tenants/billing/", "tenants/scan/",
                "tenants/sqlite/", "gateway/api/", "gateway/admin/", "gateway/app/", "SQLiteCpp/", "sqlite3"],
    "recogniser": ["tenants/", "gateway/", "sandbox/", "SQLiteCpp/", "sqlite3"],
}
# The one header of gateway/wechat that the sandbox shares.
SANDBOX_MAY = "gateway/wechat/push_crypto.h"

# (what, pattern, folders it applies to, why)
PATTERNS = [
    ("weak randomness", r"\b(Poco::Random|RandomInputStream|std::rand\b|std::mt19937|std::random_device)",
     ("tenants", "gateway"), "secrets and ids come from RAND_bytes"),
    ("Poco server parts", r"Poco/Net/(HTTPServer|SocketReactor|PollSet|MultipartReader|HTMLForm)\.h",
     ("gateway", "sandbox"), "measured unsafe on hostile input"),
    ("system clock", r"(system_clock|steady_clock)::now\(\)", ("tenants", "gateway"), "time comes from a Clock"),
    ("relative include", r'#include "(?!tenants/|gateway/|sandbox/|recogniser/|tests/|fuzz/|bench/)',
     ("tenants", "gateway", "sandbox", "recogniser", "tests", "fuzz"), "include from the root"),
    ("open end", r"\b(TODO|FIXME|XXX|HACK)\b", ("tenants", "gateway", "sandbox", "recogniser", "tests", "script"),
     "what is not done is an issue, not a comment"),
    ("test that claims nothing", r"\b(EXPECT_TRUE\(true\)|SUCCEED\(\)|GTEST_SKIP|DISABLED_)", ("tests",),
     "a test proves something or is absent"),
    ("sleep in a test", r"\b(sleep_for|sleep_until|usleep|::sleep)\s*\(", ("tests/unit", "tests/integration"),
     "wait for the event itself, with a deadline"),
    ("host in a lock file", r'"resolved":', ("tests/clients",), "npm's omit-lockfile-registry-resolved leaves it out"),
]
# Where a rule's own reason does not hold.
EXCEPTIONS = {
    ("system clock", "tenants/base/clock.cpp"),
    ("system clock", "gateway/net/event_loop.cpp"),  # the loop's timers are what deadlines are measured by
    ("relative include", "tests/tidy/tidy.py"),
    ("open end", "tests/tidy/tidy.py"),
    ("test that claims nothing", "tests/tidy/tidy.py"),
    ("sleep in a test", "tests/tidy/tidy.py"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
SUFFIXES = {".h", ".cpp", ".py", ".sh", ".mjs", ".json", ""}


def forbidden_for(path):
    for folder, prefixes in FORBIDDEN.items():
        if path.startswith(folder + "/"):
            yield from ((folder, prefix) for prefix in prefixes)


def breaches(path, text):
    is_code = path.endswith((".h", ".cpp"))
    if path.endswith(".h") and "#pragma once" not in text.split("\n\n", 1)[0] and "#pragma once" not in text[:400]:
        yield 1, "a header begins with #pragma once"
    for number, line in enumerate(text.split("\n"), 1):
        include = INCLUDE.match(line) if is_code else None
        if include and include.group(1) != SANDBOX_MAY:
            for folder, prefix in forbidden_for(path):
                if include.group(1).startswith(prefix):
                    yield number, f"{folder} may not include {include.group(1)}"
            if path.startswith("sandbox/") and include.group(1).startswith("gateway/wechat/"):
                yield number, f"sandbox may not include {include.group(1)}"
        for what, pattern, folders, why in PATTERNS:
            if (what, path) in EXCEPTIONS or not any(path.startswith(folder + "/") for folder in folders):
                continue
            if re.search(pattern, line):
                yield number, f"{what}: {why}"


def tests_of(root):
    """Every test that GoogleTest can run, as Suite.Case."""
    names = set()
    for file in (root / "tests").rglob("*.cpp"):
        text = file.read_text(encoding="utf-8", errors="replace")
        names.update(f"{suite}.{case}" for suite, case in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", text, re.MULTILINE))
    return names


def pages_that_name_tests(root):
    """A page that says where something is proved must not name a proof that is gone."""
    names = tests_of(root)
    for page in ("docs/pitfalls.md",):
        if not (root / page).exists():
            continue
        for number, line in enumerate((root / page).read_text(encoding="utf-8").split("\n"), 1):
            for name in re.findall(r"`(\w+\.\w+)`", line):
                if name not in names:
                    yield f"{page}:{number}: there is no test {name}"


def main():
    root = pathlib.Path(sys.argv[1])
    found = 0
    checked = 0
    for message in pages_that_name_tests(root):
        print(message)
        found += 1
    for top in ("tenants", "gateway", "sandbox", "recogniser", "tests", "fuzz", "bench", "script"):
        for file in sorted((root / top).rglob("*")):
            if not file.is_file() or file.suffix not in SUFFIXES:
                continue
            path = file.relative_to(root).as_posix()
            checked += 1
            for number, message in breaches(path, file.read_text(encoding="utf-8", errors="replace")):
                print(f"{path}:{number}: {message}")
                found += 1
    if checked == 0:
        print(f"no source found below {root}")
        return 1
    print(f"{checked} files checked, {found} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
