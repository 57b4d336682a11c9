"""Files decoded in a process of their own, so that a damaged one cannot take this one down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alliance_modes.ground.errors import CohortError, Problem, shown
from alliance_modes.readers.delimited import empty_file
from alliance_modes.readers.files import require_file
from alliance_modes.readers.raw_table import Cell, RawColumn, RawTable, no_rows, tidy_cell, tidy_text
from alliance_modes.readers.source import RawSource

if TYPE_CHECKING:
    import numpy as np

KINDS: Mapping[str, type[date] | type[time]] = MappingProxyType(
    {"date": date, "datetime": datetime, "time": time}
)

SECONDS = 8
"""Of computing, for any file; one more for each ``BYTES_PER_SECOND`` of it."""
BYTES_PER_SECOND = 1_000_000
PATIENCE = 10
"""Times these seconds that a busy machine or a slow disk is waited for."""


@dataclass(frozen=True)
class Decoder:
    """A program that decodes files of one kind (``ground.confined.answer``).

    Parameters
    ----------
    program : str
        Its file. It is given path, format, encoding, wanted columns and limits, and answers with the
        names of all columns, the number of rows, and the distinct cells and codes of the wanted ones.
    kind : str
        What people call such a file ("SPSS file").
    hint : str
        What to do with one that cannot be read.
    rows : str
        What its rows are called where there are none ("variables but no cases").
    """

    program: str
    kind: str
    hint: str
    rows: str


def read_apart(
    decoder: Decoder, source: RawSource, path: Path, file: str, wanted: frozenset[str]
) -> RawTable:
    """Read the wanted columns of a file in a process of its own; see ``readers.read``.

    Notes
    -----
    The child has a limit of time and memory that grows with the file; whatever happens to it becomes
    a problem with a hint. Rows are numbered from 1, without a header.
    """
    import numpy as np

    head, found = columns_apart(
        decoder, path, file, format=source.format, encoding=source.encoding, wanted=sorted(wanted)
    )
    if not head["rows"]:
        raise no_rows(file, f"the file has {decoder.rows}")
    columns = {about["name"]: column for about, column in zip(head["columns"], found, strict=True)}
    names = tuple(tidy_text(name) for name in head["names"])
    return RawTable(file, names, columns, np.arange(1, head["rows"] + 1, dtype="int64"))


def columns_apart(
    decoder: Decoder, path: Path, file: str, **asked: Any
) -> tuple[dict[str, Any], list[RawColumn]]:
    """What the decoder says of a file when it is ``asked`` so, and the columns that it gives."""
    require_file(path, file)
    size = path.stat().st_size
    if size == 0:
        raise CohortError(file, [empty_file(file)])
    seconds = SECONDS + size // BYTES_PER_SECOND
    request = {"path": str(path), **asked, "seconds": seconds, "wait": seconds * PATIENCE + 1}
    head, codes = _answer(decoder, request, file)
    columns = [_column(column, places) for column, places in zip(head["columns"], codes, strict=True)]
    return head, columns


def _answer(
    decoder: Decoder, request: Mapping[str, Any], file: str
) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The head of the answer, and the codes of each column."""
    import numpy as np

    seconds = request["seconds"]
    try:
        done = subprocess.run(
            [sys.executable, "-P", decoder.program],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=seconds * PATIENCE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        raise CohortError(file, [_endless(decoder, file, seconds * PATIENCE)]) from None
    if done.returncode == -signal.SIGXCPU:
        raise CohortError(file, [_endless(decoder, file, seconds)])
    if done.returncode:
        raise CohortError(file, [_unreadable(decoder, file, _failure(done))])
    start = done.stdout.index(b"\n") + 1
    head = json.loads(done.stdout[:start])
    if "problem" in head:
        raise CohortError(file, [_refused(decoder, head, file)])
    codes = []
    for kind in head["codes"]:
        codes.append(np.frombuffer(done.stdout, dtype=kind, count=head["rows"], offset=start))
        start += codes[-1].nbytes
    return head, codes


def _refused(decoder: Decoder, said: Mapping[str, str], file: str) -> Problem:
    """What the child says of the file, or, with a hint of its own, of one of its columns."""
    if "hint" not in said:
        return _unreadable(decoder, file, said["problem"])
    return Problem(said["problem"], said["hint"], file=file, column=said["column"])


def _endless(decoder: Decoder, file: str, seconds: int) -> Problem:
    return _unreadable(decoder, file, f"decoding it did not end within {seconds} s")


def _failure(done: subprocess.CompletedProcess[bytes]) -> str:
    """What became of the child: a crash, or the kind of an error that nobody expected."""
    if done.returncode < 0:
        return "it is damaged, decoding it ended in a crash"
    kind = (done.stderr.decode(errors="replace").strip().splitlines() or ["an error"])[-1].split(":")[0]
    return f"decoding it failed ({shown(kind)})"


def _unreadable(decoder: Decoder, file: str, reason: str) -> Problem:
    return Problem(f"this {decoder.kind} cannot be read: {reason}", decoder.hint, file=file)


def _column(column: Mapping[str, Any], codes: np.ndarray) -> RawColumn:
    import numpy as np

    cells = [_cell(value) for value in column["values"]]
    places: dict[Cell, int] = {}
    place_of = np.array([places.setdefault(cell, len(places)) for cell in cells], dtype=codes.dtype)
    missing = {cells[place]: tidy_text(reason) for place, reason in column["missing"]}
    return RawColumn(tuple(places), place_of[codes], MappingProxyType(missing))


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return KINDS[kind].fromisoformat(text)
    return tidy_cell(value)
