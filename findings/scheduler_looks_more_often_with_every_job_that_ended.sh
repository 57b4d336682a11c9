#!/usr/bin/env bash
# The more jobs of a run have ended, the more often per second Snakemake looks at all jobs that wait, with nothing to
# decide: each round of its scheduler sets a timer for the next one (the time span of --max-jobs-per-timespan, whose
# default is 100/1s and which no value switches off), and so does each job that ends, while the timers that there
# are go on. With jobs that wait for a core the rounds per second grow with the number of jobs that have ended, so that
# processor time of a long run grows with its square. Nothing is wrong in what is made.
#
# snakemake 9.27.1 (PyPI). The same two jobs at work and the same one waiting, after 2 and after 120 short jobs:
# processor seconds of the process snakemake itself during eight seconds by the clock.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check snakemake==9.27.1
cat > "$here/Snakefile" <<'SMK'
SHORT = int(config["short"])

rule all:
    input:
        expand("long_{number}.txt", number=range(3)),

rule short:
    output:
        "short_{number}.txt",
    shell:
        "touch {output}"

rule long:
    input:
        expand("short_{number}.txt", number=range(SHORT)),
    output:
        "long_{number}.txt",
    shell:
        "touch began; sleep 12; touch {output}"
SMK
cat > "$here/check.py" <<'PY'
import os
import subprocess
import sys
import time
from pathlib import Path

here = Path(sys.argv[1])
TICKS = os.sysconf("SC_CLK_TCK")


def processor(pid: int) -> float:
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / TICKS


def while_waiting(short: int) -> float:
    folder = here / f"after_{short}"
    folder.mkdir()
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--scheduler", "greedy", "--quiet", "all",
               "--snakefile", here / "Snakefile", "--directory", folder, "--config", f"short={short}"]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (folder / "began").exists():
        if run.poll() is not None:
            sys.exit("snakemake ended before the long jobs began")
        time.sleep(0.05)
    time.sleep(2)
    before = processor(run.pid)
    time.sleep(8)
    used = processor(run.pid) - before
    run.wait()
    return used


found = {short: while_waiting(short) for short in (2, 120)}
version = subprocess.run([sys.executable, "-m", "snakemake", "--version"], capture_output=True, text=True).stdout.strip()
for short, used in found.items():
    print(f"snakemake {version}, after {short} jobs: {used:.2f} processor seconds in 8 s of waiting for two others")
as_said = found[120] > 4 * max(found[2], 0.02)
print("As described." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
