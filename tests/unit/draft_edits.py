"""How many entries of a draft a person has to add, remove or change to get a given cohort.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alliance_modes.cohort import Cohort, Source
from alliance_modes.ingest.dates import date_reading
from alliance_modes.ingest.readings import code_text
from alliance_modes.instruments.model import load_instruments
from alliance_modes.readers import RawColumn, read
from alliance_modes.readers.raw_table import cell_text

Leaf = tuple[str, ...]


def edits(draft: Cohort, right: Cohort, data: Path) -> list[str]:
    """Leaf entries in which ``draft`` has to change for the same typed tables.

    An entry counts where it bears on a cell that stands in the raw files: a label for a code that
    never occurs, or another way of writing the same list, makes no table different. Title,
    description, data lock and demonstration are questions of the draft and are not compared.
    """
    ours, theirs = dict(_leaves(draft, data)), dict(_leaves(right, data))
    changed = [leaf for leaf in {**ours, **theirs} if ours.get(leaf) != theirs.get(leaf)]
    return [f"{'/'.join(leaf)}: {ours.get(leaf)!r} -> {theirs.get(leaf)!r}" for leaf in changed]


def _leaves(cohort: Cohort, data: Path) -> Iterator[tuple[Leaf, Any]]:
    for name in cohort.readable_ids:
        yield ("readable_ids", name), True
    for table, source in cohort.sources():
        for file in source.files:
            raw = read(source, data / file, file, frozenset(_raw_names(source)))
            part = source.inventories[0].instrument if table == "alliance" else ""
            for leaf, value in _source_leaves(source, raw.columns):
                yield (table, file, part, *leaf), value
            for key in ("format", "sheet", "repeat_instrument"):
                value = getattr(source, key) or raw.detected.get(key)
                yield (table, file, part, key), value
            if any("," in cell_text(value) for column in raw.columns.values() for value in column.values):
                yield (table, file, part, "decimal"), source.decimal


def _raw_names(source: Source) -> Iterator[str]:
    yield from (origin.column for origin in source.columns.values() if origin.column is not None)
    known = load_instruments()
    for inventory in source.inventories:
        yield from inventory.columns(known[inventory.instrument].items)


def _source_leaves(source: Source, columns: Mapping[str, RawColumn]) -> Iterator[tuple[Leaf, Any]]:
    for name, origin in source.columns.items():
        yield ("columns", name), origin.column if origin.column is not None else ("constant", origin.constant)
        if origin.column is None:
            continue
        column = columns[origin.column]
        yield from _labels(("columns", name), origin.labels, [column])
        yield from _missing(("columns", name), {**source.missing, **origin.missing}, origin.labels, [column])
        if name.endswith("_on"):
            formats = origin.date_formats or source.date_formats
            for form in formats:
                if _needed(form, formats, column):
                    yield ("columns", name, "date_formats", form), True
    known = load_instruments()
    for inventory in source.inventories:
        here = ("inventories", inventory.instrument)
        items = inventory.columns(known[inventory.instrument].items)
        yield (*here, "rater"), inventory.rater
        yield (*here, "items"), items
        blocks = [columns[item] for item in items]
        yield from _labels(here, inventory.labels, blocks)
        yield from _missing(here, {**source.missing, **inventory.missing}, inventory.labels, blocks)


def _labels(place: Leaf, labels: Mapping[str, Any], columns: list[RawColumn]) -> Iterator[tuple[Leaf, Any]]:
    for text in _texts(columns):
        if text in labels and str(labels[text]) != text:
            yield (*place, "labels", text), labels[text]


def _missing(
    place: Leaf, codes: Mapping[str, str], labels: Mapping[str, Any], columns: list[RawColumn]
) -> Iterator[tuple[Leaf, Any]]:
    own = {
        code_text(cell_text(value)): reason
        for column in columns
        for value, reason in column.user_missing.items()
    }
    for text in _texts(columns):
        if text not in labels and text in {**own, **codes}:
            yield ("missing", text, *place), {**own, **codes}[text]


def _needed(form: str, formats: tuple[str, ...], column: RawColumn) -> bool:
    others = [other for other in formats if other != form]
    texts = [value for value in column.values if isinstance(value, str) and value]
    return any(date_reading(text, [form]).value and not date_reading(text, others).value for text in texts)


def _texts(columns: list[RawColumn]) -> list[str]:
    return list(dict.fromkeys(code_text(cell_text(v)) for c in columns for v in c.values if v is not None))
