"""Time and memory of ``check`` on a large cohort.

    .venv/bin/python benchmarks/check.py [--enrolments 66000] [--times 3] [--workbook]

Adds one row to ``benchmarks/check.csv``. The cohort is simulated from the truth of ``demo_2024``; of 66,000
enrolments there are about 1,000,000 session rows, with inventories, practitioners and all planted faults.
With ``--workbook`` the sessions are a sheet of Excel (11,800 enrolments have some 200,000).
Each time is that of a process of its own; the median counts, and the highest peaks.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from statistics import median

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
    parser.add_argument("--workbook", action="store_true", help="sessions as a sheet of Excel")
    parser.add_argument("--only-check", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.only_check:
        return _check()
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as place:
        rows = _project(Path(place), wanted.enrolments)
        if wanted.workbook:
            _as_workbook(Path(place) / "data/raw" / NAME)
        found = [_measured(Path(place)) for _ in range(wanted.times)]
    row = {
        "date": date.today().isoformat(),
        "command": f"benchmarks/check.py --enrolments {wanted.enrolments} --times {wanted.times}"
        + " --workbook" * wanted.workbook,
        "session_rows": rows,
        "cpu_seconds": round(median(one[0] for one in found), 1),
        "peak_rss_mib": max(one[1] for one in found),
        "peak_pss_mib": max(one[2] for one in found),
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


def _as_workbook(folder: Path) -> None:
    """The sessions as Excel holds them: numbers, days and shared texts in cells of their own kinds."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sessions")
    with (folder / "sessions.csv").open(encoding="utf-8", newline="") as stream:
        for record in csv.reader(stream):
            sheet.append([_cell(text) for text in record])
    book.save(folder / "sessions.xlsx")
    (folder / "sessions.csv").unlink()
    declared = (folder / "cohort.yaml").read_text(encoding="utf-8")
    before = 'files: "sessions.csv"\n      format: csv\n'
    if declared.count(before) != 1:
        raise SystemExit("cohort.yaml does not declare sessions.csv as it did")
    after = 'files: "sessions.xlsx"\n      format: excel\n      sheet: Sessions\n'
    (folder / "cohort.yaml").write_text(declared.replace(before, after), encoding="utf-8")


def _cell(text: str) -> str | float | date | None:
    for kind in (float, date.fromisoformat):
        with suppress(ValueError):
            return kind(text)
    return text or None


def _measured(place: Path) -> tuple[float, int, int]:
    """Seconds of computing and peak MiB, resident and proportional, of a process and its children."""
    before = os.times()
    process = subprocess.Popen([sys.executable, __file__, "--only-check"], cwd=place)
    resident, proportional = peaks(process)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, resident, proportional


def _check() -> None:
    from alliance_modes.running.checks import check_data

    checked = check_data(NAME)
    if checked.problems:
        sys.exit("\n".join(checked.lines))


if __name__ == "__main__":
    main()
