#!/usr/bin/env bash
# Snakemake compares an output with its inputs by modification time, and where an input is newer, by its digest. An
# output whose time is 0 (1970-01-01, as archives have that are made to be the same everywhere: tar --mtime=@0,
# SOURCE_DATE_EPOCH=0, the Nix store) is compared with none: whatever becomes of its inputs, "Nothing to be done".
# With time 1 the same change is noticed, and so it is where an input is missing or a param changes.
#
# snakemake 9.27.1 (PyPI). Known answer: the output is a copy of the input.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check snakemake==9.27.1
cat > "$here/Snakefile" <<'SMK'
rule all:
    input: "copy.txt"

rule copy:
    input: "original.txt"
    output: "copy.txt"
    shell: "cp {input} {output}"
SMK
cat > "$here/check.py" <<'PY'
import os
import subprocess
import sys
from pathlib import Path

here = Path(sys.argv[1])


def snakemake(folder: Path, *more: str) -> str:
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--snakefile", here / "Snakefile", "--directory", folder]
    done = subprocess.run([*command, *more], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout + done.stderr


version = subprocess.run([sys.executable, "-m", "snakemake", "--version"], capture_output=True, text=True).stdout.strip()
stale = {}
for seconds in (0, 1):
    folder = here / f"work{seconds}"
    folder.mkdir()
    (folder / "original.txt").write_text("before")
    snakemake(folder)
    os.utime(folder / "copy.txt", (seconds, seconds))
    (folder / "original.txt").write_text("after")
    said = snakemake(folder)
    held = (folder / "copy.txt").read_text()
    stale[seconds] = held == "before" and "Nothing to be done" in said
    print(f"snakemake {version}, output of time {seconds}: the input says 'after', the output still or again {held!r}"
          f"{' (nothing to be done)' if stale[seconds] else ''}")
as_said = stale == {0: True, 1: False}
print("As described." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
