#!/bin/sh
# Make .venv from requirements.lock and put the package into it. A .venv that is whole, and made
# from this lock in this folder, is left as it is; one that was interrupted is made again.
set -eu
cd "$(dirname "$0")"
stamp=.venv/made-from

fingerprint() { cat requirements-build.lock requirements.lock pyproject.toml; pwd -P; }

if .venv/bin/python -c '' 2>/dev/null && fingerprint | cmp -s - "$stamp"; then
    exit 0
fi

find_python() {
    needed="import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        # a name on the path can be a shim for a version that is not there, so each is tried
        if "$name" -c "$needed" >/dev/null 2>&1; then
            echo "$name"
            return 0
        fi
    done
    cat >&2 <<'MESSAGE'
No usable Python was found: version 3.11, 3.12 or 3.13 with its venv module is needed.
  -> Install one (on Debian and Ubuntu: apt install python3 python3-venv), or name one:
     make demo PYTHON=/path/to/python3.12
MESSAGE
    return 1
}

with_uv() {
    command -v uv >/dev/null 2>&1 || return 1
    # copied: of files linked to uv's cache those look touched whose other environments are made or removed,
    # and a run under way then takes its packages for changed
    install="uv pip install --quiet --link-mode copy --compile-bytecode --python .venv/bin/python --no-build-isolation"
    uv venv --quiet --python "$1" .venv && put_in
}

with_pip() {
    install=".venv/bin/python -m pip install -qq --disable-pip-version-check --no-build-isolation"
    "$1" -m venv --clear .venv && put_in
}

put_in() {
    # what builds goes in first, by hash: a build in isolation would fetch its tools without one
    $install --require-hashes -r requirements-build.lock &&
        $install --require-hashes -r requirements.lock &&
        $install --no-deps -e .
}

python=$(find_python)
began=$(date +%s)
echo "making the environment .venv from requirements.lock with $("$python" --version) (a minute or two, once)"
rm -rf .venv
with_uv "$python" || { rm -rf .venv; with_pip "$python"; } || {
    echo "The environment could not be made; what went wrong is said above. Run the same command again." >&2
    exit 1
}
# looks at every file once, so that each run afterwards sees within a moment what was changed
.venv/bin/python -c 'from alliance_modes.running.installed import check_installed; check_installed()'
fingerprint > "$stamp"
echo "environment made in $(($(date +%s) - began)) s"
