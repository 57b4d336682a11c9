"""Whether a run notices that what lies on disk is not what was made: break after break.

    .venv/bin/python benchmarks/breaks.py [--short] [--write]

A small simulated cohort is finished once. Each break of ``tests/workflow/broken.py`` is done to a copy of it,
and the next run, or its dry run, is judged: what is wrong is made again, or refused with one message, or
nothing is wrong with any result. Those that can be are then done to one copy together, which is run: all
results have the bytes that they had. Breaks of the key, of git and of the machine have projects of their own.
``--write`` writes ``benchmarks/breaks.csv``; ``--short`` leaves out what is run whole. Ends with status 1
where a break was not seen.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/workflow"))

from broken import HARMLESS as STAY  # noqa: E402
from broken import MEANWHILE, RECORDS, REFUSED, RESULTS  # noqa: E402
from judging import MENDED, UNSEEN, judged, meanwhile, what_is_not_mended  # noqa: E402
from machine_breaks import SURROUNDED  # noqa: E402
from projects import COHORT, Project, new_project  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
TRUTH = ROOT / "data/raw/demo_2024/truth.yaml"
ENROLMENTS, PRACTITIONERS = 240, 20
GROUPS = {"result": RESULTS, "record": RECORDS, "harmless": STAY, "refused": REFUSED}
Row = tuple[str, str, str, str]


def main() -> None:
    """Do every break, print what came of it and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="", help="a part of the name of a break")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        rows = []
        for row in _rows(Path(place), asked.short, asked.only):
            print(" · ".join(part for part in row if part), flush=True)
            rows.append(row)
    if asked.write:
        table = pd.DataFrame(rows, columns=["group", "break", "verdict", "why"])
        table.to_csv(TABLE, index=False, lineterminator="\n")
    if any(verdict == UNSEEN for _, _, verdict, _ in rows):
        sys.exit(1)


def finished(place: Path) -> Project:
    """A project with a small simulated cohort after a run."""
    from alliance_modes.simulate import load_truth, write_cohort

    project = new_project(place / "finished")
    truth = load_truth(TRUTH).with_size(ENROLMENTS, practitioners=PRACTITIONERS)
    write_cohort(truth, project.root / "data/raw" / COHORT, COHORT)
    done = project.alliance_modes("run")
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return project


def _rows(place: Path, short: bool, only: str) -> Iterator[Row]:
    project = finished(place)
    reference = project.digests()
    copies = _copies(project, place)
    for group, breaks in GROUPS.items():
        for one in (one for one in breaks if only in one.name):
            yield (group, one.name, *judged(one, next(copies), reference))
    for changed in (one for one in MEANWHILE if only in one.name):
        yield ("while a run is under way", changed.name, *meanwhile(changed, next(copies)))
    for surrounded in (one for one in SURROUNDED if only in one.name and not (short and one.whole)):
        yield ("around a run", surrounded.name, *surrounded.judge(next(copies), reference))
    if short or only:
        return
    results = (*RESULTS, *RECORDS[:4])
    yield _together("results and notes at once", what_is_not_mended(results, next(copies), reference))
    lost = [one for one in RECORDS if one.name == "both hidden folders removed"]
    yield _together("both hidden folders removed", what_is_not_mended(lost, next(copies), reference))


def _copies(project: Project, place: Path) -> Iterator[Project]:
    """One copy after the other; each is removed as the next is made."""
    for number in count(1):
        copy = project.copy(place / str(number))
        yield copy
        shutil.rmtree(copy.root)


def _together(name: str, wrong: dict[str, str]) -> Row:
    why = "; ".join(f"{what}: {how}" for what, how in list(wrong.items())[:5])
    return "same bytes after a run", name, UNSEEN if wrong else MENDED, why


if __name__ == "__main__":
    main()
