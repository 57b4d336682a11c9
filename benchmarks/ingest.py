"""Time and peak memory of reading and cleaning many session rows, beside a row-wise pandas version.

    .venv/bin/python benchmarks/ingest.py [--rows 1000000] [--plain-rows 100000]

Adds one row to ``benchmarks/ingest.csv``. The rows are those of ``data/raw/demo_2024`` repeated, each
time with ids of their own. The plain version (``benchmarks/ingest_plain.py``) does the same checks of
the sessions with ``DataFrame.apply``, on fewer rows; its seconds are scaled to the number of rows, and
its findings are compared with those of the package first.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pandas as pd
import psutil
import yaml

from alliance_modes.ground.yaml_models import read_yaml
from ingest_plain import plain_sessions

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "data/raw/demo_2024"
TABLE = ROOT / "benchmarks/ingest.csv"
EVERY_SECONDS = 0.05
MIB = 2**20
NAME = "many"


def main() -> None:
    """Measure once and add the row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--plain-rows", type=int, default=100_000)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.only:
        return _ingest_and_clean(Path(wanted.only))
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as folder:
        many, few = Path(folder) / "many", Path(folder) / "few"
        write_cohort(many, wanted.rows)
        write_cohort(few, wanted.plain_rows)
        plain_seconds, plain = _timed_plain(few)
        found = _measured(few)[2]
        if found != plain:
            sys.exit(f"the two versions differ, so their times say nothing:\n{found}\n{plain}")
        seconds, peak, _ = _measured(many)
    scaled = plain_seconds * wanted.rows / wanted.plain_rows
    row = {
        "date": date.today().isoformat(),
        "command": f"benchmarks/ingest.py --rows {wanted.rows} --plain-rows {wanted.plain_rows}",
        "rows": wanted.rows,
        "seconds": round(seconds, 1),
        "plain_rows": wanted.plain_rows,
        "plain_seconds_measured": round(plain_seconds, 1),
        "plain_seconds_scaled": round(scaled, 1),
        "ratio": round(scaled / seconds, 1),
        "peak_rss_mib": round(peak / MIB),
        "cores": len(os.sched_getaffinity(0)),
        "load_average": load,
    }
    _add(row)
    for key, value in row.items():
        print(f"{key:>24}  {value}")


def write_cohort(folder: Path, rows: int) -> None:
    """Write a cohort of ``rows`` session rows: those of the demonstration cohort, repeated."""
    folder.mkdir()
    declared = read_yaml(DEMO / "cohort.yaml").value
    sessions = pd.read_csv(DEMO / "sessions.csv", dtype=str, keep_default_na=False)
    enrolments = pd.read_csv(DEMO / "enrolments_redcap.csv", dtype=str, keep_default_na=False)
    copies = -(-rows // len(sessions))
    _repeated(sessions, ["enrolment"], copies)[:rows].to_csv(folder / "sessions.csv", index=False)
    _repeated(enrolments, ["record_id", "client_no"], copies).to_csv(folder / "enrolments.csv", index=False)
    items = [f"w{item}" for item in range(1, 13)]
    alliance = pd.DataFrame([["E001-0", *[3] * 12]], columns=["enrolment", *items])
    alliance.to_csv(folder / "alliance.csv", index=False)
    inventory = {"instrument": "wai_sr", "rater": "client", "items": "w{item}"}
    tables = {
        "enrolments": {**declared["tables"]["enrolments"][0], "files": "enrolments.csv", "format": "csv"},
        "sessions": declared["tables"]["sessions"][0],
        "alliance": {
            "files": "alliance.csv",
            "format": "csv",
            "columns": {"enrolment_id": "enrolment"},
            "inventories": [inventory],
        },
    }
    cohort = {"cohort": NAME, "title": "repeated", "data_lock": declared["data_lock"], "demonstration": True}
    text = yaml.safe_dump({**cohort, "tables": tables}, sort_keys=False, allow_unicode=True)
    (folder / "cohort.yaml").write_text(text, encoding="utf-8")


def _repeated(table: pd.DataFrame, ids: list[str], copies: int) -> pd.DataFrame:
    pieces = []
    for copy in range(copies):
        names = {
            column: table[column].where(table[column] == "", table[column] + f"-{copy}") for column in ids
        }
        pieces.append(table.assign(**names))
    return pd.concat(pieces, ignore_index=True)


def _timed_plain(folder: Path) -> tuple[float, dict[str, int]]:
    began = time.perf_counter()
    found = plain_sessions(folder)
    return time.perf_counter() - began, found


def _measured(folder: Path) -> tuple[float, int, dict[str, int]]:
    """Seconds of ingest and cleaning, peak resident memory of the process tree, and what was found."""
    command = [sys.executable, __file__, "--only", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    tree, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        peak = max(peak, _memory(tree))
        time.sleep(EVERY_SECONDS)
    if process.returncode:
        sys.exit("ingest or cleaning failed; nothing was noted")
    seconds, *found = process.stdout.read().split()
    return (
        float(seconds),
        peak,
        dict((name, int(count)) for name, _, count in (f.partition("=") for f in found)),
    )


def _memory(tree: psutil.Process) -> int:
    try:
        return sum(member.memory_info().rss for member in (tree, *tree.children(recursive=True)))
    except psutil.Error:
        return 0


def _ingest_and_clean(folder: Path) -> None:
    """Do it once; print the seconds and what was found of the sessions."""
    from alliance_modes.cleaning.clean import clean_cohort
    from alliance_modes.cleaning.identity import DEMONSTRATION_KEY
    from alliance_modes.cohort import load_cohort
    from alliance_modes.ingest.stage import ingest_cohort
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.plan.plan import load_plan

    instruments, rules = load_instruments(), load_plan(ROOT / "config/plan.yaml").cleaning
    began = time.perf_counter()
    ingested = ingest_cohort(folder, DEMONSTRATION_KEY, instruments)
    lock = load_cohort(folder).data_lock
    cleaned = clean_cohort(ingested.tables, ingested.changes, rules, lock, instruments)
    seconds = time.perf_counter() - began
    account, flags = cleaned.account, cleaned.flags
    of_sessions = account[account["table"] == "sessions"].fillna({"reason": ""})
    found = {(row.reason or row.step).split(" ")[0]: row.rows for row in of_sessions.itertuples()}
    kinds = flags.loc[(flags["table"] == "sessions") & (flags["kind"] == "contradiction"), "flag"]
    found |= kinds.value_counts().to_dict()
    changed = cleaned.changes.loc[cleaned.changes["table"] == "sessions", "rule"].str.partition(":")[0]
    found |= changed.str.replace(" ", "_").value_counts().to_dict()
    found["reasons"] = int((ingested.missing["table"] == "sessions").sum())
    print(seconds, *(f"{name}={count}" for name, count in sorted(found.items())))


def _add(row: dict[str, object]) -> None:
    new = not TABLE.exists()
    with TABLE.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main()
