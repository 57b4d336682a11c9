"""Files of equal form, such as one export per site, joined into one, so that they are one source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import SESSION_NO, SITE_ID, WAVE
from alliance_modes.drafting.blocks import file_rater
from alliance_modes.drafting.columns import name_score, overlap
from alliance_modes.drafting.facts import Facts, column_facts
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.readers import RawColumn
from alliance_modes.readers.raw_table import Cell
from alliance_modes.words.occasions import occasion_of, occasions_in

REPEATED = 0.5
"""Share of the ids of one file in another of equal form from which they are two occasions, not two sites."""

FEWEST_COLUMNS = 2


def join_equal_forms(files: Sequence[RawFile]) -> tuple[RawFile, ...]:
    """Put files together that can be read by one source of ``cohort.yaml``.

    Parameters
    ----------
    files : sequence of RawFile
        Every part of every raw file.

    Returns
    -------
    tuple of RawFile
        In the order of first mention; of a joined one, ``further`` names the other files, and its
        columns and facts are those of all rows, so that which codes there are can be seen from all.

    Notes
    -----
    Files have equal form where format, sheet, repeating instrument, decimal sign and the names of
    the columns are the same (delimiter and order may differ), no code has another label or reason
    for being missing, the dates of each decide the same order of day and month or leave the same
    open, and their names do not speak of different raters or occasions.
    Files that hold the same people once each stay apart unless a column says the occasion.
    """
    groups: list[list[RawFile]] = []
    for file in files:
        group = next((group for group in groups if all(_equal_form(one, file) for one in group)), None)
        if group is None:
            groups.append([file])
        else:
            group.append(file)
    return tuple(group[0] if len(group) == 1 else _together(group) for group in groups)


def join_question(file: RawFile, tables: Iterable[str]) -> str:
    """What a person has to confirm about joined files that hold ``tables``."""
    names = ", ".join((file.name, *file.further))
    word = file.name.rpartition(".")[0].split("_")[-1]
    if any(SITE_ID in dictionary().table(table).columns for table in tables):
        apart = f"which site, say), give each a source of its own with site_id: {{constant: {word}}}"
    else:
        apart = "when or by whom it was filled in, say), give each a source of its own"
    return (
        f"{names}: these have the same columns and are read as one table, each row keeping its file. Is "
        f"what tells them apart in a column? If only the file's name says it ({apart}. If one is an "
        "earlier export of another, remove it."
    )


def _equal_form(one: RawFile, other: RawFile) -> bool:
    return (
        one.name != other.name
        and one.format == other.format
        and one.events == other.events
        and (one.book and one.book.digest) == (other.book and other.book.digest)
        and _read_alike(one) == _read_alike(other)
        and one.repeated == other.repeated
        and not (one.odd or other.odd)
        and (one.unpivot, one.rated) == (other.unpivot, other.rated)
        and len(one.facts) >= FEWEST_COLUMNS
        and set(one.facts) == set(other.facts)
        and _said_by_name(one) == _said_by_name(other)
        and all(_same_codes(one, other, name) for name in one.facts)
        and all(_same_order(one.facts[name], other.facts[name]) for name in one.facts)
        and not _same_people(one, other)
    )


def _same_people(one: RawFile, other: RawFile) -> bool:
    """Whether each file has the same people once, and no column says the occasion: two occasions, then."""
    said = any(
        name_score(name, column) and (facts.kind == "number" or all(map(occasion_of, facts.counts)))
        for name, facts in one.facts.items()
        for column in (SESSION_NO, WAVE)
    )
    return not said and any(
        facts.kind != "date"
        and facts.answered == one.rows
        and facts.unique == 1
        and other.facts[name].unique == 1
        and overlap(facts, other.facts[name]) >= REPEATED
        for name, facts in one.facts.items()
    )


def _read_alike(file: RawFile) -> dict[str, str]:
    """Settings that a source has once; a sheet counts where it is not the first, which is read anyway."""
    found = {key: value for key, value in file.settings.items() if key != "delimiter"}
    if "sheet" in file.detected:
        found.pop("sheet", None)
    return found


def _said_by_name(file: RawFile) -> tuple[str | None, tuple[str, ...]]:
    return file_rater(file), occasions_in(file.name.rpartition(".")[0])


def _same_codes(one: RawFile, other: RawFile, name: str) -> bool:
    labels = one.facts[name].value_labels, other.facts[name].value_labels
    reasons = one.columns[name].user_missing, other.columns[name].user_missing
    shared = set(one.columns[name].values) & set(other.columns[name].values)
    return _agree(*labels) and all(reasons[0].get(cell) == reasons[1].get(cell) for cell in shared)


def _same_order(one: Facts, other: Facts) -> bool:
    """Whether the dates of two columns are read alike: what one decides is never read into the other."""
    if "date" not in (one.kind, other.kind) or "empty" in (one.kind, other.kind):
        return True
    orders = {facts.dates.order for facts in (one, other) if facts.dates.order}
    return one.dates.choices == other.dates.choices and len(orders) < 2


def _agree(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(other.get(code, label) == label for code, label in one.items())


def _together(files: Sequence[RawFile]) -> RawFile:
    first = files[0]
    settings = {
        key: value
        for key, value in first.settings.items()
        if all(file.settings.get(key) == value for file in files)
    }
    columns = {name: _column([file.columns[name] for file in files]) for name in first.columns}
    labels: dict[str, dict[str, str]] = {name: {} for name in first.facts}
    for file in files:
        for name, facts in file.facts.items():
            labels[name] |= facts.value_labels
    decimal = first.settings.get("decimal", ".")
    return replace(
        first,
        settings=settings,
        columns=columns,
        facts={
            name: column_facts(name, columns[name], decimal, labels[name], first.facts[name].coded)
            for name in first.facts
        },
        rows=sum(file.rows for file in files),
        further=tuple(file.name for file in files[1:]),
    )


def _column(pieces: Sequence[RawColumn]) -> RawColumn:
    places: dict[Cell, int] = {}
    missing: dict[Cell, str] = {}
    codes = []
    for piece in pieces:
        place_of = [places.setdefault(cell, len(places)) for cell in piece.values]
        codes.append(np.array(place_of, dtype="int32")[piece.codes])
        missing |= piece.user_missing
    return RawColumn(tuple(places), np.concatenate(codes), missing)
