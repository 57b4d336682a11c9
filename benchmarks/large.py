"""How time and memory of each rule grow with the size of a cohort, from raw exports to the report.

    .venv/bin/python benchmarks/large.py [--sizes 6000 60000 200000 600000] [--only-table] [--write]

Runs `profile.py` for each size (600,000 enrolments are some 9 million session rows), and sets what the rules
took side by side: the power of the size with which processor time (over the pace of the machine then) and
peak memory grew from one size to the next (1: as the size; n log n is 1.09 from 60,000 to 600,000). With
--only-table the rows that profile.csv has are set side by side; with --write they are kept in
`benchmarks/large.csv`.
"""

from __future__ import annotations

import argparse
import csv
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROFILE, TABLE = HERE / "profile.csv", HERE / "large.csv"
MEMORY = {6_000: "4", 60_000: "4", 200_000: "11", 600_000: "19"}
"""Enrolments, and the GB that jobs side by side may take together; what starts them takes some 0.5 more."""
LEAST_SECONDS = 5.0
"""Processor seconds at the larger size below which a power says nothing."""


def main() -> None:
    """Run each size, smallest first, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(MEMORY), choices=MEMORY, help="enrolments"
    )
    parser.add_argument("--only-table", action="store_true", help="from what profile.csv has")
    parser.add_argument("--write", action="store_true", help="keep the rows in benchmarks/large.csv")
    asked = parser.parse_args()
    if not asked.only_table:
        for size in sorted(asked.sizes):
            size_of = ["--enrolments", str(size), "--memory", MEMORY[size]]
            subprocess.run([sys.executable, str(HERE / "profile.py"), *size_of, "--write"], check=True)
    rows = grown(sorted(asked.sizes))
    for row in rows:
        print("".join(f"{value!s:>{22 if place < 1 else 16}}" for place, value in enumerate(row.values())))
    if asked.write:
        with TABLE.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def grown(sizes: list[int]) -> list[dict[str, object]]:
    """A row for each rule and size, those that take longest at the largest size first."""
    measured: dict[int, dict[str, dict[str, str]]] = {size: {} for size in sizes}
    with PROFILE.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            size = row["cohort"].removeprefix("simulated_")
            if row["way"] == "forked" and row["pace"] and size.isdigit() and int(size) in measured:
                measured[int(size)][row["rule"]] = row
    there = [size for size in sizes if measured[size]]
    if not there:
        sys.exit(f"{PROFILE.name} has no row of these sizes with the pace of the machine")
    last = measured[there[-1]]
    order = sorted(last, key=lambda rule: -float(last[rule]["processor_seconds"]))
    before = dict(pairwise(reversed(there)))
    return [
        _row(rule, size, measured, before.get(size))
        for rule in order
        for size in there
        if rule in measured[size]
    ]


def _row(
    rule: str, size: int, measured: dict[int, dict[str, dict[str, str]]], smaller: int | None
) -> dict[str, object]:
    row = measured[size][rule]
    less = measured[smaller].get(rule) if smaller else None
    told = less is not None and float(row["processor_seconds"]) >= LEAST_SECONDS
    return {
        "rule": rule,
        "enrolments": size,
        "seconds": row["seconds"],
        "processor_seconds": row["processor_seconds"],
        "peak_mib": row["peak_mib"],
        "power_of_time": _power(_work(row), _work(less), size, smaller) if told else "",
        "power_of_memory": _power(float(row["peak_mib"]), float(less["peak_mib"]), size, smaller)
        if told
        else "",
        "pace": row["pace"],
        "date": row["date"],
    }


def _work(row: dict[str, str]) -> float:
    """Processor time in loops of ``pace``: sizes can have been measured on machines of another pace."""
    return float(row["processor_seconds"]) / float(row["pace"])


def _power(larger: float, smaller: float, size: int, before: int) -> float | str:
    """The power p with which a quantity grew as size ** p."""
    return round(math.log(larger / smaller) / math.log(size / before), 2) if smaller > 0.0 else ""


if __name__ == "__main__":
    main()
