"""A second opinion on a release: which of its counts ACRO lets through, and whether its viewer opens it.

`benchmarks/acro.sh` runs it in an environment of its own, since ACRO needs pandas 2. It reads what
`acro_cells.py` wrote and the release folder, and prints and writes a row for each kind of agreement.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

ONE_ROW = "all"
HEADINGS = ("what", "acro", "ours", "n", "least", "largest")


def cells_of(folder: Path) -> Iterator[tuple[str, dict[str, str], str]]:
    """Counts of one value in each of one or two columns: population, columns, reason."""
    for one in json.loads((folder / "cells.json").read_text(encoding="utf-8")):
        where = {column: values[0] for column, values in one["where"] if len(values) == 1}
        if len(where) == len(one["where"]) and 1 <= len(where) <= 2:
            yield one["population"], where, one["reason"] or "shown"


def opinions(folder: Path) -> Iterator[tuple[str, str, int]]:
    """For each count: what ACRO says of it, what this release does with it, and how many it is."""
    import acro

    tables: dict[tuple[str, ...], tuple[pd.DataFrame, Any]] = {}
    units = {path.stem: pd.read_csv(path, dtype=str) for path in folder.glob("*.csv")}
    checker = acro.ACRO(suppress=False)
    for population, where, ours in cells_of(folder):
        if population not in units or not {*where} <= {*units[population]}:
            continue
        key = (population, *where)
        if key not in tables:
            known = units[population].assign(**{ONE_ROW: ONE_ROW})
            first, second = (*where, ONE_ROW)[:2]
            checker.crosstab(known[first], known[second])
            outcome = checker.results.get_index(-1).outcome
            tables[key] = (outcome, pd.crosstab(known[first], known[second]))
        outcome, counts = tables[key]
        row, column = (*where.values(), ONE_ROW)[:2]
        if row in counts.index and column in counts.columns:
            said = str(outcome.loc[row, column]).strip("; ")
            yield ("lets through" if said == "ok" else said), ours, int(counts.loc[row, column])
        else:
            yield "has no such cell", ours, 0


def compared(found: list[tuple[str, str, int]]) -> list[tuple[str, ...]]:
    """How often each pair of opinions was met, and of which counts."""
    pairs = Counter((acro, ours) for acro, ours, _ in found)
    rows: list[tuple[str, ...]] = []
    for (said, ours), n in sorted(pairs.items()):
        sizes = [size for one, other, size in found if (one, other) == (said, ours)]
        rows.append(("counts", said, ours, str(n), str(min(sizes)), str(max(sizes))))
    return rows


def opened_by_acro(folder: Path) -> tuple[str, ...]:
    """How many outputs ACRO itself reads from the record."""
    from acro.record import load_records

    records = load_records(str(folder))
    read = len(records.results)
    return ("record", "reads its outputs", "written", str(read), "", "")


def opened_by_viewer(folder: Path) -> Iterator[tuple[str, ...]]:
    """What the viewer says of the folder: the page, each file behind it, and each checksum.

    It finds its file twice under a folder that is named from where it stands: the whole path is needed.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sacro.settings")
    import django

    django.setup()
    from django.test import Client
    from sacro import models

    path = models.find_acro_metadata(folder)
    outputs = models.load_from_path(path)
    files = [one for output in outputs.values() for one in output["files"]]
    client = Client()
    page = client.get("/", {"dirpath": str(folder), "role": "checker"}, follow=True)
    yield ("viewer", "opens the folder", str(page.status_code), str(len(outputs)), "", "")
    got = [client.get(one["url"]).status_code for one in files]
    yield ("viewer", "opens each file", "written", str(sum(code == 200 for code in got)), "", "")
    valid = sum(one["checksum_valid"] for one in files)
    yield ("viewer", "finds the checksum right", "written", str(valid), "", "")
    flagged = sum(map(len, (one["cell_index"] for one in files)))
    yield ("viewer", "marks cells", "withheld", str(flagged), "", "")


def main(cells: str, release: str, inside: str, written: str) -> None:
    """Compare, print and write."""
    logging.disable(logging.INFO)
    rows = compared(list(opinions(Path(cells))))
    for name, folder in (("release", release), ("counts behind it", inside)):
        found = [opened_by_acro(Path(folder)), *opened_by_viewer(Path(folder).resolve())]
        rows += [(f"{name}: {what}", *rest) for what, *rest in found]
    with Path(written).open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerows([HEADINGS, *rows])
    print(Path(written).read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
