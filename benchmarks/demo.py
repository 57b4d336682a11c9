"""Time and peak memory of both demonstration cohorts, from raw exports to reports.

    .venv/bin/python benchmarks/demo.py [--set-up]

Adds one row to ``benchmarks/demo.csv``. Results of earlier runs are removed first, so that the
run starts from the raw files alone. With ``--set-up`` the environment is made from the lock as
well, in a folder of its own, and the seconds that it takes are noted.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from process_tree import peaks

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "benchmarks/demo.csv"
COHORTS = ("demo_2024", "demo_2025")
COMMAND = ["-m", "alliance_modes.cli", "run", *COHORTS]


def main() -> None:
    """Measure once and add the row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--set-up", action="store_true", help="also time the making of the environment")
    wanted = parser.parse_args()
    row = {
        "date": date.today().isoformat(),
        "command": f"alliance-modes run {' '.join(COHORTS)}",
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "python": platform.python_version(),
        "set_up_seconds": round(_set_up(), 1) if wanted.set_up else "",
    }
    _clear()
    row["seconds"], row["peak_rss_mib"], row["peak_pss_mib"] = _measure()
    row["seconds_second_run"] = _measure()[0]
    _add(row)
    for key, value in row.items():
        print(f"{key:>20}  {value}")


def _measure() -> tuple[float, int, int]:
    """Seconds, and the peaks of resident and of proportional memory over the whole process tree."""
    began = time.monotonic()
    rss, pss = peaks(subprocess.Popen([sys.executable, "-P", *COMMAND], cwd=ROOT))
    return round(time.monotonic() - began, 1), rss, pss


def _clear() -> None:
    for cohort in COHORTS:
        for folder in ("data/processed", "reports", "logs"):
            shutil.rmtree(ROOT / folder / cohort, ignore_errors=True)


def _set_up() -> float:
    """Seconds to make the environment of a copy of the project that has none."""
    with tempfile.TemporaryDirectory() as folder:
        for name in (
            "environment.sh",
            "requirements-build.lock",
            "requirements.lock",
            "pyproject.toml",
            "README.md",
            "LICENSE",
        ):
            shutil.copy2(ROOT / name, folder)
        shutil.copytree(ROOT / "src", Path(folder) / "src", ignore=shutil.ignore_patterns("__pycache__"))
        began = time.monotonic()
        subprocess.run(["./environment.sh"], cwd=folder, check=True)
        return time.monotonic() - began


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _add(row: dict[str, object]) -> None:
    new = not TABLE.exists()
    with TABLE.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main()
