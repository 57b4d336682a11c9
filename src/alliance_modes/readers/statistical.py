"""SPSS and Stata files, read in a process of their own so that a damaged one cannot take this one down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from alliance_modes.cohort import Source
from alliance_modes.ground.errors import CohortError, Problem, shown
from alliance_modes.readers import statistical_file
from alliance_modes.readers.delimited import empty_file
from alliance_modes.readers.files import require_file
from alliance_modes.readers.raw_table import Cell, RawColumn, RawTable, no_rows, tidy_cell, tidy_text

PROGRAMS: Mapping[str, str] = MappingProxyType({"spss": "SPSS", "stata": "Stata"})
ENDINGS: Mapping[str, str] = MappingProxyType({"spss": ".sav", "stata": ".dta"})
KINDS = MappingProxyType({"date": date, "datetime": datetime, "time": time})

SECONDS = 8
"""Of computing, for any file; one more for each ``BYTES_PER_SECOND`` of it."""
BYTES_PER_SECOND = 1_000_000
PATIENCE = 10
"""Times these seconds that a busy machine or a slow disk is waited for."""


def read_statistical(source: Source, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the wanted variables of an SPSS or Stata file as raw codes; see ``readers.read``.

    Notes
    -----
    The library that decodes these files is written in C, and some damaged files crash it. So a
    child process reads (``statistical_file``), with a limit of time and memory that grows with the
    file; whatever happens to it becomes a problem with a hint.
    """
    require_file(path, file)
    size = path.stat().st_size
    if size == 0:
        raise CohortError(file, [empty_file(file)])
    head, codes = _answer(source, path, file, wanted, SECONDS + size // BYTES_PER_SECOND)
    if not head["rows"]:
        raise CohortError(file, [no_rows(file, "the file has variables but no cases")])
    columns = {
        column["name"]: _column(column, places)
        for column, places in zip(head["columns"], codes.reshape(-1, head["rows"]), strict=True)
    }
    names = tuple(tidy_text(name) for name in head["names"])
    return RawTable(file, names, columns, np.arange(1, head["rows"] + 1, dtype="int64"))


def _answer(
    source: Source, path: Path, file: str, wanted: frozenset[str], seconds: int
) -> tuple[dict[str, Any], np.ndarray]:
    request = {
        "path": str(path),
        "format": source.format,
        "encoding": source.encoding,
        "wanted": sorted(wanted),
        "seconds": seconds,
        "wait": seconds * PATIENCE + 1,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-P", statistical_file.__file__],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=seconds * PATIENCE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        raise CohortError(file, [_endless(source, file, seconds * PATIENCE)]) from None
    if done.returncode == -signal.SIGXCPU:
        raise CohortError(file, [_endless(source, file, seconds)])
    if done.returncode:
        raise CohortError(file, [_unreadable(source, file, _failure(done))])
    line, _, codes = done.stdout.partition(b"\n")
    head = json.loads(line)
    if "problem" in head:
        raise CohortError(file, [_unreadable(source, file, head["problem"])])
    return head, np.frombuffer(codes, dtype="int32")


def _endless(source: Source, file: str, seconds: int) -> Problem:
    return _unreadable(source, file, f"decoding it did not end within {seconds} s")


def _failure(done: subprocess.CompletedProcess[bytes]) -> str:
    """What became of the child: a crash, or the kind of an error that nobody expected."""
    if done.returncode < 0:
        return "it is damaged, decoding it ended in a crash"
    kind = (done.stderr.decode(errors="replace").strip().splitlines() or ["an error"])[-1].split(":")[0]
    return f"decoding it failed ({shown(kind)})"


def _unreadable(source: Source, file: str, reason: str) -> Problem:
    program = PROGRAMS[source.format]
    hint = (
        f"Open it in {program} and save it as {ENDINGS[source.format]} again, or copy the file again; "
        "declare its encoding if letters look wrong."
    )
    return Problem(f"this {program} file cannot be read: {reason}", hint, file=file)


def _column(column: Mapping[str, Any], codes: np.ndarray) -> RawColumn:
    cells = [_cell(value) for value in column["values"]]
    places: dict[Cell, int] = {}
    place_of = np.array([places.setdefault(cell, len(places)) for cell in cells], dtype="int32")
    missing = {cells[place]: tidy_text(reason) for place, reason in column["missing"]}
    return RawColumn(tuple(places), place_of[codes], MappingProxyType(missing))


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return KINDS[kind].fromisoformat(text)
    return tidy_cell(value)
