# Shared by the commands in this folder; sourced, not run. Needs $0 to lie in script/.
set -euo pipefail
project="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# The tests are configured with everything else, so what their configuration looks for is needed to build at all.
build_packages=(g++ cmake ninja-build pkg-config ccache libpoco-dev libsqlitecpp-dev libsqlite3-dev libssl-dev zlib1g-dev
    libtesseract-dev libleptonica-dev libcurl4-openssl-dev libgtest-dev libgmock-dev python3)
run_packages=(openssl curl jq tesseract-ocr-chi-sim tesseract-ocr-eng)
test_packages=(git python3-pil python3-numpy sqlite3
    fonts-noto-cjk fonts-noto-cjk-extra fonts-arphic-uming fonts-arphic-ukai fonts-arphic-gbsn00lp fonts-wqy-zenhei)
check_packages=(clang-format-14 clang-tidy-14)
fuzz_packages=(clang-14 libclang-rt-14-dev)
bench_packages=(nginx libnginx-mod-http-lua haproxy caddy wrk python3)

# need_packages NAME…: installs what is missing, and asks the package manager nothing where nothing is.
need_packages() {
    local missing=() name
    local installed
    installed="$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)"
    for name in "$@"; do
        grep -qxF "$name installed" <<<"$installed" || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing and need root to install: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${#missing[@]} packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# Installs the servers that are compared with. Debian starts a server that it installs: masked for the while and then
# disabled, none of them ever runs as a service. One that was here before is left as it is.
need_bench_packages() {
    local fresh=() name as_root=()
    for name in nginx haproxy caddy; do
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qxF installed || fresh+=("$name.service")
    done
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    [ -d /run/systemd/system ] || fresh=()
    [ ${#fresh[@]} -eq 0 ] || "${as_root[@]}" systemctl mask --runtime --quiet "${fresh[@]}"
    need_packages "${build_packages[@]}" "${run_packages[@]}" "${bench_packages[@]}"
    [ ${#fresh[@]} -eq 0 ] && return
    "${as_root[@]}" systemctl unmask --runtime --quiet "${fresh[@]}"
    "${as_root[@]}" systemctl disable --quiet "${fresh[@]}"
}

# build PRESET [TARGET…]: configures once, then builds; seconds where nothing changed.
build() {
    local preset="$1"
    shift
    local folder="$project/build/$preset"
    if [ ! -f "$folder/build.ninja" ]; then
        say "configuring $preset"
        cmake -S "$project" --preset "$preset" >"$project/build-$preset.log" 2>&1 || {
            cat "$project/build-$preset.log" >&2
            fail "configuring failed"
        }
        rm -f "$project/build-$preset.log"
    fi
    say "building $preset"
    cmake --build "$folder" ${1:+--target} "$@" >&2
}
