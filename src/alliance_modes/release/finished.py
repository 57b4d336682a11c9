"""A release folder as it lies there: whether it is what was made, and what a reader finds in it."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alliance_modes.ground import layout
from alliance_modes.ground.errors import Problem
from alliance_modes.ground.files import read_json
from alliance_modes.release.contents import PEOPLE_OF_MEAN
from alliance_modes.release.folder import CONFIG, FILES, RECORD, SAID, digests, search_files
from alliance_modes.release.record import as_json
from alliance_modes.release.search import Values, may_say, not_shown

OF_REVIEWERS = frozenset({"reviewer_summary", "review_timestamp", "reviewer"})
"""What the viewer adds to the record when somebody has looked at the release."""

AGAIN = (
    "Nothing of a release is changed by hand: delete the folder {folder}, and alliance-modes run {cohort} "
    "makes it again."
)
"""A run takes a file that somebody changed for up to date: Snakemake compares times of what went in."""


def changed(cohort: str, root: Path = Path()) -> list[Problem]:
    """Files of the release folder that are not what was made: each is listed, with what to do.

    A record to which the viewer added what a reviewer said counts as unchanged.
    """
    folder, inside = folders(cohort, root)
    hint = AGAIN.format(folder=layout.report(cohort, layout.RELEASE), cohort=cohort)
    if not folder.is_dir() or not (inside / FILES).is_file():
        return [Problem(f"there is no release of {cohort}", f"Run alliance-modes run {cohort} first.")]
    made = {row["file"]: row["sha256"] for row in _rows(inside / FILES)}
    there = {one["file"]: one["sha256"] for one in digests(folder)}
    found = [Problem("the file is gone", hint, file=name) for name in sorted(made.keys() - there.keys())]
    found += [
        Problem("the file is no part of the release", "Move it elsewhere.", file=name)
        for name in sorted(there.keys() - made.keys())
    ]
    for name in sorted(made.keys() & there.keys()):
        if made[name] != there[name] and not (name == RECORD and _only_reviewed(folder, made[name])):
            found.append(Problem("the file is not what was made", hint, file=name))
    return found


def searched_again(cohort: str, root: Path = Path()) -> list[Problem]:
    """What must not stand in the release folder, looked for with the counts that stayed inside."""
    folder, inside = folders(cohort, root)
    cells, tables, others = (
        list[tuple[str, str, int, int | None]](),
        list[Values](),
        {int(row["number"]) for row in _rows(inside / SAID)},
    )
    for name, output in read_json(inside / RECORD)["results"].items():
        if output["properties"].get("method") == "crosstab":
            counted, shown = _table(inside / name), _table(folder / name)
            tables.append([list(row.values()) for row in shown.values()])
            cells += [
                (row, column, n, shown[row][column])
                for row, counts in counted.items()
                for column, n in counts.items()
                if n is not None
            ]
        elif output["properties"].get("method") == "mean":
            others |= {n for row in _table(folder / name).values() if (n := row[PEOPLE_OF_MEAN]) is not None}
    allowed = may_say(tables, others, read_json(folder / CONFIG)["safe_threshold"])
    return list(search_files(folder, not_shown(cells), allowed))


def folders(cohort: str, root: Path = Path()) -> tuple[Path, Path]:
    """Where the release of a cohort is, and where what stands behind it."""
    return (
        root / layout.report(cohort, layout.RELEASE),
        root / layout.report(cohort, "internal", layout.RELEASE_RECORD),
    )


def _only_reviewed(folder: Path, made: str) -> bool:
    """Whether the record is what was made, but for what the viewer added, which writes it in its own form."""
    there: Mapping[str, Any] = read_json(folder / RECORD)
    before = as_json({key: value for key, value in there.items() if key not in OF_REVIEWERS})
    return hashlib.sha256(before).hexdigest() == made


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _table(path: Path) -> dict[str, dict[str, int | None]]:
    """Whole numbers of a table by the labels of their row and column; None where they are withheld."""
    with path.open(encoding="utf-8", newline="") as stream:
        heading, *rows = csv.reader(stream)
    return {
        row[0]: {
            column: int(cell) if cell.isdigit() else None
            for column, cell in zip(heading[1:], row[1:], strict=True)
        }
        for row in rows
    }
