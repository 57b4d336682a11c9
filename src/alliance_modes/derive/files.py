"""The analysis tables of a cohort to their files, each part of each let go once it is written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.derive.cohort import EVERY, Recorded, derived_in_turn
from alliance_modes.dictionary.derive import TABLES

if TYPE_CHECKING:
    from alliance_modes.plan.plan import Exposure


def write_derived(
    recorded: Recorded,
    account: pd.DataFrame,
    exposure: Exposure,
    data_lock: date,
    paths: Iterable[str | Path],
) -> tuple[int, int]:
    """Write every analysis table; the numbers of enrolments and of those in the denominator.

    Parameters
    ----------
    recorded, account, exposure, data_lock
        As ``derive_tables`` takes them.
    paths : iterable of path
        One for each of ``EVERY``, by the name of the file.

    Raises
    ------
    TableError
        As ``ResultTable.validate``.
    """
    files = {Path(path).stem: Path(path) for path in paths}
    counted = (0, 0)
    for name, parts in derived_in_turn(recorded, account, exposure, data_lock, EVERY):
        if files[name].suffix == ".csv":
            (whole,) = parts
            TABLES[name].write(whole, files[name])
            continue
        with TABLES[name].in_parts(files[name]) as add:
            for part in parts:
                add(part)
                if name == "enrolment":
                    counted = len(part), int(part["denominator"].sum())
    return counted
