#!/usr/bin/env bash
# Snakemake re-runs a job whose params have changed. It compares their values sorted and without their names, a table
# by its values without the names of its columns, and leaves out what is not a plain value. So three changes of what a
# job is given re-run nothing, "Nothing to be done", over results of the old ones:
#   two params that exchange their values (the lower and the upper limit, cases and controls);
#   a pandas table whose columns are named the other way round;
#   a limit that is a decimal.Decimal or a day that is a datetime.date, which a YAML file is read into.
# A number that changes is noticed, as it should be.
#
# snakemake 9.27.1 with pandas 3.0.6 (PyPI). Known answer: what the job writes when it is forced to run.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check snakemake==9.27.1 pandas==3.0.6
cat > "$here/Snakefile" <<'SMK'
from datetime import date
from decimal import Decimal
import pandas as pd

after = config["when"] == "after"

rule all:
    input: "exchanged.txt", "renamed.txt", "decimal.txt", "day.txt", "number.txt"

rule exchanged:
    output: "exchanged.txt"
    params: cases="treated" if after else "waiting", controls="waiting" if after else "treated"
    shell: "echo cases {params.cases}, controls {params.controls} > {output}"

rule renamed:
    output: "renamed.txt"
    params: table=pd.DataFrame([[1, 0], [0, 1]], columns=["died", "lived"] if after else ["lived", "died"])
    run:
        with open(output[0], "w") as stream:
            stream.write(f"first row: {params.table.iloc[0].to_dict()}\n")

rule decimal:
    output: "decimal.txt"
    params: limit=Decimal("0.01") if after else Decimal("0.05")
    shell: "echo limit {params.limit} > {output}"

rule day:
    output: "day.txt"
    params: lock=date(2025, 6, 30) if after else date(2024, 6, 30)
    shell: "echo lock {params.lock} > {output}"

rule number:
    output: "number.txt"
    params: limit=0.01 if after else 0.05
    shell: "echo limit {params.limit} > {output}"
SMK
cat > "$here/check.py" <<'PY'
import subprocess
import sys
from pathlib import Path

here = Path(sys.argv[1])
NAMES = ("exchanged", "renamed", "decimal", "day", "number")


def run(when: str, *more: str) -> dict[str, str]:
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--snakefile", here / "Snakefile",
               "--directory", here / "work", *more, "--config", f"when={when}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return {name: (here / "work" / f"{name}.txt").read_text().strip() for name in NAMES}


first, second, forced = run("before"), run("after"), run("after", "--forceall")
version = subprocess.run([sys.executable, "-m", "snakemake", "--version"], capture_output=True, text=True).stdout.strip()
for name in NAMES:
    stale = second[name] == first[name] != forced[name]
    print(f"snakemake {version}, {name}: {first[name]!r}; after the change {second[name]!r}; forced {forced[name]!r}"
          f"{' (not run again)' if stale else ''}")
stale = [name for name in NAMES if second[name] == first[name] != forced[name]]
as_said = stale == list(NAMES[:-1]) and second["number"] == forced["number"]
print("As described." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
