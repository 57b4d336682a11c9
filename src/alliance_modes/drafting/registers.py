"""Attendance registers with one column per session, known by their names and marks, and read as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from alliance_modes.dictionary.named import ATTENDED, HELD_ON, SESSION_NO
from alliance_modes.drafting.date_cells import dates_of, is_date
from alliance_modes.drafting.decisions import Asked, ColumnDraft, Key, ShapeLine
from alliance_modes.drafting.facts import Facts, column_facts
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.ingest.dates import date_reading
from alliance_modes.ingest.readings import value_text
from alliance_modes.readers import RawTable
from alliance_modes.readers.raw_table import cell_text
from alliance_modes.readers.shaping import shaped
from alliance_modes.readers.source import TriedSource, Unpivot
from alliance_modes.words.occasions import occasion_of
from alliance_modes.words.vocabulary import vocabulary

FEWEST_SESSIONS = 3
FEWEST_FURTHER = 3
"""Columns beside the register from which the file is a table of its own as well."""

MOST_MARKS = 8
PRESENT = ("1", "p", "x", "✓", "✔", "☑", "✅", "true", "att", "late", "l")
ABSENT = ("0", "a", "✗", "✘", "☒", "❌", "false", "dna", "abs", "excused", "e", "-", "/")
NUMBER, VALUE, HEADING = SESSION_NO, ATTENDED, HELD_ON


def register_of(file: RawFile) -> Unpivot | None:
    """The columns of a register, each with the number of its session; None where there is none.

    A register has three columns or more that are called after sessions, weeks, days or numbers only,
    and whose cells are marks of presence and absence: two numbers 0 and 1, or known marks and words.
    """
    named = {name: number for name in file.facts if (number := _number(name)) is not None}
    dated = _dated(file)
    turned, heading = (dated, HEADING) if len(dated) > len(named) else (named, None)
    turned = {name: number for name, number in turned.items() if _is_marked(file.facts[name])}
    marks = {text for name in turned for text in file.facts[name].counts}
    if len(turned) < FEWEST_SESSIONS or not 1 <= len(marks) <= MOST_MARKS:
        return None
    if len(set(turned.values())) < len(turned) or {NUMBER, VALUE, HEADING} & set(file.facts):
        return None
    return Unpivot(columns=turned, number=NUMBER, value=VALUE, heading=heading)


def _number(name: str) -> int | None:
    if name.strip().isdigit():
        return int(name)
    occasion = occasion_of(name)
    if occasion is None:
        return None
    digits = "".join(sign for sign in name if sign.isdigit())
    return occasion.session or (int(digits) if digits else None)


def _dated(file: RawFile) -> dict[str, int]:
    """Columns whose names are days, numbered in the order of the days, else in that of the file."""
    names = [name for name in file.facts if is_date(name)]
    read = dates_of(dict.fromkeys(names, 1)) if names else None
    if read is not None and read.formats:
        days = {name: date_reading(name, read.formats).value for name in names}
        names.sort(key=lambda name: value_text(days[name] or name))
    return {name: place for place, name in enumerate(names, 1)}


def _is_marked(facts: Facts) -> bool:
    if not facts.counts:
        return True
    known = {*PRESENT, *ABSENT, *vocabulary().yes, *vocabulary().no}
    return all(text.lower() in known for text in facts.counts)


def with_register(file: RawFile) -> Iterator[RawFile]:
    """The file, and where it holds a register the rows of that: a table of sessions."""
    unpivot = register_of(file)
    if unpivot is None:
        yield file
        return
    rest = [name for name in file.facts if name not in unpivot.columns]
    if len(rest) > FEWEST_FURTHER:
        yield replace(
            file,
            facts={name: file.facts[name] for name in rest},
            columns={name: file.columns[name] for name in rest},
        )
    source = TriedSource(files=("x",), format=file.format, unpivot=unpivot)
    table = RawTable(file.name, tuple(file.facts), file.columns, np.arange(file.rows))
    long = shaped(table, source, frozenset({*rest, *unpivot.made()}))
    decimal = file.settings.get("decimal", ".")
    facts = {}
    for name, column in long.columns.items():
        old = file.facts.get(next(iter(unpivot.columns)) if name == unpivot.value else name)
        labels, coded = ({}, None) if old is None else (old.value_labels, old.coded)
        facts[name] = column_facts(name, column, decimal, labels, coded)
    yield replace(file, facts=facts, columns=long.columns, rows=len(long.rows), unpivot=unpivot)


def with_marks_asked(file: RawFile, columns: Mapping[str, ColumnDraft]) -> Mapping[str, ColumnDraft]:
    """``columns`` of a register with its numbers asked: nothing says whether 1 is presence or absence."""
    column = columns.get(VALUE)
    if file.unpivot is None or column is None or column.labels or column.asked:
        return columns
    counts = file.facts[VALUE].counts
    if all(file.facts[VALUE].value_labels.get(text) for text in counts):
        return columns
    asked: dict[Key, Asked] = {
        ("labels", text): Asked(
            f'{file.title}: does "{text}" in the register ({counts[text]} of '
            f"{sum(counts.values())} filled cells) say that the person was there?",
            ("true", "false"),
        )
        for text in sorted(counts, reverse=True)
    }
    labels = dict.fromkeys((key[1] for key in asked), OPEN)
    return {**columns, VALUE: replace(column, labels=labels, asked=asked, sure="guess")}


def unpivot_lines(file: RawFile) -> tuple[ShapeLine, ...]:
    """``unpivot`` as a draft writes it; empty cells are asked about where the marks say absence as well."""
    unpivot = file.unpivot
    if unpivot is None:
        return ()
    entries = ", ".join(f'"{name}": {number}' for name, number in unpivot.columns.items())
    people = file.rows // len(unpivot.columns)
    why = f"likely: {len(unpivot.columns)} columns of marks are an attendance register of {people} rows"
    lines = [
        ShapeLine("unpivot:", why=why),
        ShapeLine(f"  columns: {{{entries}}}"),
        ShapeLine(f"  number: {unpivot.number}"),
        ShapeLine(f"  value: {unpivot.value}"),
    ]
    if unpivot.heading is not None:
        lines.append(ShapeLine(f"  heading: {unpivot.heading}"))
    asked = _about_empty(file, file.facts[unpivot.value])
    if asked is not None:
        lines.append(ShapeLine(f'  leave_out_empty: "{OPEN}"', asked))
    return tuple(lines)


def _about_empty(file: RawFile, marks: Facts) -> Asked | None:
    column = file.columns[str(file.unpivot and file.unpivot.value)]
    blank = np.array([cell is None or cell_text(cell) == "" for cell in column.values], dtype=bool)
    empty = int(blank[column.codes].sum())
    absent = {*ABSENT, *vocabulary().no}
    if empty <= 0 or not any(text.lower() in absent for text in marks.counts):
        return None
    return Asked(
        f"{file.title}: {empty} of {marks.rows} cells of the register are empty, beside marks of presence "
        "and of absence. Was there no session for the person then, so that they make no row (true), or is "
        "it not known whether they came (false)?",
        ("true", "false"),
    )
