"""SPSS and Stata files with labels, whose bytes depend on what is in them alone."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pandas as pd

from alliance_modes.ground.files import whole_file

Measure = Literal["nominal", "ordinal", "scale"]
"""SPSS's measurement levels."""

SAV_DATE = slice(92, 109)
SAV_FIXED_DATE = b"01 Jan 2400:00:00"
"""Creation date (9 bytes, "dd mmm yy") and time (8 bytes) of the SPSS header."""

DTA_DATE = re.compile(rb"(<timestamp>\x11).{17}(</timestamp>)", re.DOTALL)
DTA_FIXED_DATE = rb"\g<1>01 Jan 2024 00:00\g<2>"
DTA_HEADER = 4096
"""Bytes among which that date is: before it stand a label of 320 at most, and tags."""
DTA_VERSION = 14
"""Stata's version whose format (118) every Stata since 14 reads; 15 would need Stata/MP."""

NO_ROOM = 1 << 20
"""Bytes that are left where a disk is full: a file that could not be written takes them to the last."""


@contextmanager
def _telling_of_a_full_disk(path: Path) -> Iterator[None]:
    """Say that a disk is full where pyreadstat (1.3.7) says of it that data cannot be written."""
    import pyreadstat

    try:
        yield
    except pyreadstat.ReadstatError as error:
        if shutil.disk_usage(path.parent).free < NO_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise


def write_spss(
    table: pd.DataFrame,
    path: str | Path,
    labels: Mapping[str, str],
    value_labels: Mapping[str, Mapping[float, str]],
    user_missing: Mapping[str, list[float]],
    formats: Mapping[str, str],
    measures: Mapping[str, Measure],
) -> None:
    """Write an SPSS file with labels, missing values and measurement levels, without the clock's time."""
    import pyreadstat

    with whole_file(path) as temporary, _telling_of_a_full_disk(temporary):
        pyreadstat.write_sav(
            table,
            temporary,
            column_labels=dict(labels),
            variable_value_labels={name: dict(values) for name, values in value_labels.items()},
            missing_ranges={name: list(values) for name, values in user_missing.items()},
            variable_format=dict(formats),
            variable_measure=dict(measures),
            row_compress=True,
        )
        with temporary.open("r+b") as stream:
            stream.seek(SAV_DATE.start)
            stream.write(SAV_FIXED_DATE)


def write_stata(
    table: pd.DataFrame,
    path: str | Path,
    labels: Mapping[str, str],
    value_labels: Mapping[str, Mapping[int, str]],
    formats: Mapping[str, str],
) -> None:
    """Write a Stata file (14 and later) with variable and value labels, without the clock's time."""
    import pyreadstat

    with whole_file(path) as temporary, _telling_of_a_full_disk(temporary):
        pyreadstat.write_dta(
            table,
            temporary,
            column_labels=dict(labels),
            version=DTA_VERSION,
            variable_value_labels={name: dict(values) for name, values in value_labels.items()},
            variable_format=dict(formats),
        )
        with temporary.open("r+b") as stream:
            fixed, found = DTA_DATE.subn(DTA_FIXED_DATE, stream.read(DTA_HEADER), count=1)
            if not found:
                raise ValueError(f"{path} says nowhere when it was written")
            stream.seek(0)
            stream.write(fixed)
