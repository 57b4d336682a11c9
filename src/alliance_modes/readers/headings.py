"""Columns whose header is not their name: the text of a question, or a name behind that of its group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.declaration import Read
from alliance_modes.readers.raw_table import RawTable, tidy_text
from alliance_modes.readers.source import RawSource

SEPARATORS = "/-"
"""Between a group and a question: Kobo writes the first, ODK Central the second."""


def read_headed(read: Read, source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read a file of which ``source.headings`` says what its headers mean; without them as ``read`` does.

    Parameters
    ----------
    read : callable
        Reader of the format.
    source, path, file, wanted
        As ``readers.read`` has them.

    Returns
    -------
    RawTable
        Its columns called by their names in ``cohort.yaml``.

    Raises
    ------
    CohortError
        As the reader, and where two columns are headed as one.
    """
    if not source.headings:
        return read(source, path, file, wanted)
    names = read(source, path, file, frozenset()).names
    called = names_of(names, wanted, source.headings, file)
    headers = {name: header for header, name in called.items()}
    table = read(source, path, file, frozenset(headers.get(name, name) for name in wanted))
    return replace(
        table,
        names=tuple(called.get(header, header) for header in table.names),
        columns={called.get(header, header): column for header, column in table.columns.items()},
    )


def names_of(
    headers: Sequence[str], wanted: frozenset[str], headings: Mapping[str, str], file: str
) -> dict[str, str]:
    """The name of each column that is headed by something else.

    A header is compared as a whole, then what stands in it behind each group, the longest part first.
    """
    meant = {tidy_text(heading): tidy_text(name) for heading, name in headings.items()}
    meant |= {name: name for name in (*meant.values(), *wanted)}
    found: dict[str, list[str]] = {}
    for header in headers:
        name = next((meant[part] for part in _parts(header) if part in meant), None)
        if name is not None:
            found.setdefault(name, []).append(header)
    twice = {name: same for name, same in found.items() if len(same) > 1}
    problems = [_twice(name, same, file) for name, same in twice.items() if name in wanted]
    if problems:
        raise CohortError(file, problems)
    return {same[0]: name for name, same in found.items() if name not in twice and same[0] != name}


def _parts(header: str) -> Iterator[str]:
    yield header
    for place, sign in enumerate(header):
        if sign in SEPARATORS:
            yield header[place + 1 :].strip()


def _twice(name: str, headers: Sequence[str], file: str) -> Problem:
    shown = " and ".join(f'"{header}"' for header in headers)
    return Problem(
        f"{len(headers)} columns are headed as this one: {shown}",
        "Export the form again, with one language and one form of headers.",
        file=file,
        column=name,
    )
