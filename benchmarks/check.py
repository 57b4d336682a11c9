"""Time and memory of ``check`` on a large cohort, beside the scripts of the rules ingest and clean.

    .venv/bin/python benchmarks/check.py [--enrolments 66000] [--times 3]

Adds one row to ``benchmarks/check.csv``. The cohort is simulated from the truth of ``demo_2024``; of 66,000
enrolments there are about 1,000,000 session rows, with inventories, practitioners and all planted faults.
``check`` and the two scripts are run in turn, each in a process of its own; the medians count.
"""

from __future__ import annotations

import argparse
import csv
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

from process_tree import peaks

ROOT = Path(__file__).resolve().parents[1]
TRUTH = ROOT / "data/raw/demo_2024/truth.yaml"
TABLE = Path(__file__).with_suffix(".csv")
NAME = "many"


def main() -> None:
    """Measure and add the row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--enrolments", type=int, default=66_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", choices=["check", "ingest", "clean"], help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.only:
        return _check() if wanted.only == "check" else _script(wanted.only)
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as place:
        rows = _project(Path(place), wanted.enrolments)
        found = [
            {step: _measured(step, Path(place)) for step in ("check", "ingest", "clean")}
            for _ in range(wanted.times)
        ]
    seconds = {step: median(one[step][0] for one in found) for step in found[0]}
    rules = seconds["ingest"] + seconds["clean"]
    row = {
        "date": date.today().isoformat(),
        "command": f"benchmarks/check.py --enrolments {wanted.enrolments} --times {wanted.times}",
        "session_rows": rows,
        "cpu_seconds": round(seconds["check"], 1),
        "ingest_cpu_seconds": round(seconds["ingest"], 1),
        "clean_cpu_seconds": round(seconds["clean"], 1),
        "ratio": round(seconds["check"] / rules, 2),
        "peak_rss_mib": max(one["check"][1] for one in found),
        "peak_pss_mib": max(one["check"][2] for one in found),
        "rules_peak_rss_mib": max(one[step][1] for one in found for step in ("ingest", "clean")),
        "load_average": load,
    }
    new = not TABLE.exists()
    with TABLE.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, row, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(row)


def _project(place: Path, enrolments: int) -> int:
    """A project folder with the cohort; how many session rows it has."""
    from alliance_modes.simulate import load_truth, write_cohort

    shutil.copytree(ROOT / "config", place / "config")
    (place / "config/config.yaml").write_text(f"cohorts: [{NAME}]\nplan: config/plan.yaml\n")
    folder = place / "data/raw" / NAME
    write_cohort(load_truth(TRUTH).with_size(enrolments), folder, NAME)
    return sum(len(path.read_bytes().splitlines()) - 1 for path in folder.glob("sessions*.csv"))


def _measured(step: str, place: Path) -> tuple[float, int, int]:
    """Seconds of computing and peak MiB, resident and proportional, of a process and its children."""
    before = os.times()
    process = subprocess.Popen([sys.executable, __file__, "--only", step], cwd=place)
    resident, proportional = peaks(process)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, resident, proportional


def _check() -> None:
    from alliance_modes.running.checks import check_data

    checked = check_data(NAME)
    if checked.problems:
        sys.exit("\n".join(checked.lines))


def _script(rule: str) -> None:
    """The script of a rule, with what Snakemake would give it."""
    from alliance_modes.running.study import load_study

    study, folder = load_study([NAME]), Path("data/processed") / NAME
    typed, clean = folder / "typed", folder / "clean"
    read = {
        "tables": _tables(typed),
        **{name: str(typed / f"{name}.parquet") for name in ("missing", "changes")},
        "sources": str(typed / "sources.json"),
    }
    made = {
        name: str(clean / f"{name}.csv") for name in ("account", "excluded", "changes", "flags", "checks")
    }
    given: Mapping[str, dict[str, Any]] = {
        "ingest": {
            "input": {"cohort": study.cohort_file(NAME)},
            "output": read,
            "params": {"key_file": study.config.key_file},
        },
        "clean": {
            "input": read,
            "output": {"tables": _tables(clean), **made},
            "params": {
                "plan": study.cleaning,
                "losses": study.loss_rules(NAME),
                "data_lock": study.data_lock(NAME),
            },
        },
    }
    parts = {name: _Given(part) for name, part in given[rule].items()}
    about = SimpleNamespace(rule=rule, wildcards=_Given({"cohort": NAME}), log=[f"logs/{rule}.log"], **parts)
    runpy.run_path(str(ROOT / f"workflow/scripts/{rule}.py"), {"snakemake": about})


def _tables(folder: Path) -> list[str]:
    from alliance_modes.dictionary.canonical import TABLES

    return [str(folder / f"{name}.parquet") for name in TABLES]


class _Given(dict[str, Any]):
    """Names with their values, as Snakemake hands them to a script."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


if __name__ == "__main__":
    main()
