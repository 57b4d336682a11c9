"""Scoring of 1,000,000 administrations of a 36-item inventory on one core, beside R's psych where R is there.

    .venv/bin/python benchmarks/scoring.py [--rows 1000000]

Simulates answers to WAI-36 with 1 % missing, times `scoring.score`, and gives the same answers to
psych::scoreItems and psych::scoreFast (benchmarks/scoring.R). Adds one row to benchmarks/scoring.csv,
unless the scores of complete forms differ from psych's.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.running.jobs import JOB_ENVIRONMENT
from alliance_modes.scoring.scores import score

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "benchmarks" / "scoring.csv"
MISSING = 0.01
SEED = 36


def answers(rows: int, instrument: Instrument) -> pd.DataFrame:
    """Answers to every item, each missing with probability 1 %."""
    rng = np.random.default_rng(SEED)
    low, high = int(instrument.range.low), int(instrument.range.high)
    values = rng.integers(low, high + 1, size=(rows, instrument.items)).astype("float64")
    values[rng.random(values.shape) < MISSING] = np.nan
    return pd.DataFrame(values, columns=list(instrument.item_columns()))


def in_r(table: pd.DataFrame, instrument: Instrument, ours: pd.DataFrame) -> dict[str, object]:
    """Seconds of psych on the same answers; stops where its scores of complete forms are others."""
    if shutil.which("Rscript") is None:
        return {"psych": "R is not installed"}
    with tempfile.TemporaryDirectory() as folder:
        table.to_numpy().astype("<f8").tofile(f"{folder}/answers.bin")
        scales = {name: list(items) for name, items in instrument.subscales.items()}
        keys = [
            [name, *(-i if i in instrument.reversed else i for i in items)] for name, items in scales.items()
        ]
        lines = "\n".join(",".join(str(part) for part in key) for key in keys)
        Path(folder, "keys.csv").write_text(f"{lines}\n", encoding="utf-8")
        command = [
            "Rscript",
            str(ROOT / "benchmarks" / "scoring.R"),
            folder,
            str(len(table)),
            str(instrument.items),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return {"psych": done.stderr.strip().splitlines()[-1]}
        found = json.loads(done.stdout.strip().splitlines()[-1])
        theirs = np.fromfile(f"{folder}/scores.bin", dtype="<f8").reshape(len(scales), -1).T
    complete = table.notna().all(axis=1).to_numpy()[: len(theirs)]
    mine = ours[[f"{name}_item_mean" for name in scales]].to_numpy()[: len(theirs)]
    worst = np.abs(mine - theirs)[complete].max()
    if worst > 1e-9:
        sys.exit(f"the scores of complete forms differ from psych's by {worst:g}; nothing was noted")
    return found


def main() -> None:
    """Measure once and add the row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    if any(os.environ.get(name) != value for name, value in JOB_ENVIRONMENT.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **JOB_ENVIRONMENT})
    wai = load_instruments()["wai_36"]
    table = answers(rows, wai)
    score(table.head(1000), wai)
    before = table.to_numpy().copy() if rows <= 100_000 else None
    began, began_cpu = time.perf_counter(), time.process_time()
    ours = score(table, wai)
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    if before is not None and not np.array_equal(before, table.to_numpy(), equal_nan=True):
        sys.exit("the answers were changed; nothing was noted")
    row = {
        "date": date.today().isoformat(),
        "command": f"benchmarks/scoring.py --rows {rows}",
        "rows": rows,
        "items": wai.items,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "prorated_totals": int(ours["total_prorated"].sum()),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load_average": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "scoreItems_seconds": "",
        "scoreItems_cpu_seconds": "",
        "scoreFast_seconds": "",
        "scoreFast_cpu_seconds": "",
        "psych": "",
    }
    row |= in_r(table, wai, ours)
    new = not TABLE.exists()
    with TABLE.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    for key, value in row.items():
        print(f"{key:>24}  {value}")


if __name__ == "__main__":
    main()
