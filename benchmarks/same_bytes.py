"""Whether runs of a cohort in other places give the same bytes: folder, language, zone, user, Python.

    .venv/bin/python benchmarks/same_bytes.py [--demo] [--python PATH …] [--write]

A simulated cohort of 240 enrolments is run in four places (``tests/workflow/surroundings.py`` says which),
each with its crate, and every file of ``data/processed`` and ``reports`` is compared with the first. With
``--demo`` it is the demonstration cohort 2024, in the first two. ``--python`` names Pythons of other
environments that were made from the same lock. Reports and the manifest say by which Python they were made:
``differ_but_for_python`` are the files of which that cannot be the reason. ``--write`` adds rows to
``benchmarks/same_bytes.csv``.

Exempt are Snakemake's own report and executed notebooks, which no run makes.
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
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/workflow"))

from projects import COHORT, Project, new_project  # noqa: E402
from surroundings import ELSEWHERE, USUAL, Place, differing, every_digest  # noqa: E402

from alliance_modes.simulate import load_truth, write_cohort  # noqa: E402

DEMO = "demo_2024"
TABLE = Path(__file__).with_suffix(".csv")
SIZE = {"enrolments": 240, "practitioners": 20}
SAYS_PYTHON = (
    ".html",
    ".docx",
    ".pdf",
    ".txt",
    "manifest.json",
    "shared.json",
    "files.csv",
    "ro-crate-metadata.json",
)
"""How files end that say by which Python they were made, or that hold digests of such files."""


def main() -> None:
    """Run in each place, compare, and say what differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--demo", action="store_true", help=f"{DEMO} in two places, in place of a small cohort"
    )
    parser.add_argument(
        "--python", nargs="+", default=[], type=os.path.abspath, help="Pythons of other environments"
    )
    parser.add_argument("--write", action="store_true", help=f"add rows to {TABLE.name}")
    wanted = parser.parse_args()
    cohort = DEMO if wanted.demo else COHORT
    with tempfile.TemporaryDirectory() as folder:
        fresh = _fresh(Path(folder) / "fresh", wanted.demo)
        runs = [(place, "") for place in (USUAL, *(ELSEWHERE[:1] if wanted.demo else ELSEWHERE))]
        runs += [(Place("the first, by another Python", "project"), one) for one in wanted.python]
        first: dict[str, str] = {}
        rows = []
        for number, (place, python) in enumerate(runs):
            root = Path(folder) / f"run{number}" / place.folder
            began = time.monotonic()
            found = _digests(fresh.copy(root), place, Path(folder) / f"home{number}", cohort, python)
            first = first or found
            rows.append(
                _row(cohort, place, python, first, found) | {"seconds": round(time.monotonic() - began)}
            )
            print("  ".join(f"{name}: {value}" for name, value in rows[-1].items()), flush=True)
            print("".join(f"    {name}\n" for name in differing(first, found)), end="", flush=True)
            shutil.rmtree(root)
    if wanted.write:
        _add(rows)


def _fresh(root: Path, demo: bool) -> Project:
    project = new_project(root, f"[{DEMO if demo else COHORT}]")
    if demo:
        shutil.copytree(ROOT / "data/raw" / DEMO, root / "data/raw" / DEMO)
    else:
        truth = load_truth(ROOT / "data/raw" / DEMO / "truth.yaml")
        sized = truth.with_size(SIZE["enrolments"], practitioners=SIZE["practitioners"])
        write_cohort(sized, root / "data/raw" / COHORT, COHORT)
    return project


def _digests(project: Project, place: Place, home: Path, cohort: str, python: str) -> dict[str, str]:
    place.run(project, home, "run", "--cores", str(place.cores), python=python)
    place.run(project, home, "crate", cohort, python=python)
    return every_digest(project.root)


def _row(
    cohort: str, place: Place, python: str, first: Mapping[str, str], found: Mapping[str, str]
) -> dict[str, object]:
    other = differing(first, found)
    variables = place.variables
    return {
        "date": date.today().isoformat(),
        "cohort": cohort,
        "place": place.name,
        "python": _version(python) if python else platform.python_version(),
        "language": variables.get("LC_ALL", "as it is"),
        "language_there": _there(variables.get("LC_ALL", "C")),
        "zone": variables.get("TZ", "as it is"),
        "umask": f"{place.umask:03o}",
        "cores": place.cores,
        "terminal": place.terminal,
        "other_sum": place.other_sum,
        "files": len(found),
        "differ": len(other),
        "differ_but_for_python": len([name for name in other if not name.endswith(SAYS_PYTHON)]),
    }


def _version(python: str) -> str:
    said = subprocess.run([python, "-c", "import platform; print(platform.python_version())"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    return said.stdout.strip()


def _there(language: str) -> bool:
    """Whether the machine has a language at all; a program that asks for another gets none."""
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.split()
    return language.replace("UTF-8", "utf8") in known


def _add(rows: Sequence[Mapping[str, object]]) -> None:
    new = not TABLE.exists()
    with TABLE.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
