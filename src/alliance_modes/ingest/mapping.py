"""How each canonical column of one source is read: from which raw column, with which meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from alliance_modes.cohort import COHORT_FILE, REAL_VALUE, STAYS_EMPTY, ColumnSource, Inventory, Source
from alliance_modes.dictionary.canonical import dictionary, names_in_exports
from alliance_modes.ground.errors import Problem
from alliance_modes.ground.yaml_models import OPEN, Located
from alliance_modes.ingest.id_forms import WrittenForm
from alliance_modes.ingest.reading import EMPTY, Value
from alliance_modes.ingest.readings import TRUTH, Meaning, code_text
from alliance_modes.instruments.model import Instrument, versions_that_fit
from alliance_modes.readers.raw_table import tidy_text
from alliance_modes.readers.shaping import JOINER
from alliance_modes.words.survey_tools import tool_columns
from alliance_modes.words.vocabulary import plain

ALLIANCE_PREFIX = "item"
TWICE = "Cells are compared without spaces around them, 1.0 as 1: keep one of the keys."
NOT_MISSING = (
    "Every such answer would be taken for missing: leave the code out, or, where it is a code in other "
    "columns, declare it there."
)
Target = TypeVar("Target")


@dataclass(frozen=True)
class Mapped:
    """One canonical column: from the raw column ``raw``, or ``constant`` in every row."""

    column: str
    meaning: Meaning
    dtype: str
    raw: str | None = None
    constant: Value | None = None

    @property
    def identifies(self) -> bool:
        """Whether the column holds ids, whose raw values go nowhere."""
        return self.meaning.kind == "identifier"


class SourcePlan:
    """The mapping of one source, and what is wrong with its declaration.

    Parameters
    ----------
    table : str
        Canonical table.
    number : int
        Place of the source in the table's list, from 0.
    source : Source
        The declaration.
    instruments : mapping of str to Instrument
        Every known instrument.
    located : Located
        ``cohort.yaml`` as written, for line numbers.
    """

    def __init__(
        self,
        table: str,
        number: int,
        source: Source,
        instruments: Mapping[str, Instrument],
        located: Located,
    ) -> None:
        self.table = table
        self.source = source
        self._place: tuple[str | int, ...] = ("tables", table)
        if (*self._place, number) in located.lines:
            self._place = (*self._place, number)
        self._located = located
        self.problems: list[Problem] = []
        for message in _said_twice(source.missing):
            self._refuse(message, TWICE, ("missing",))
        self.mapped = (*self._columns(), *self._items(instruments))

    def wanted(self) -> frozenset[str]:
        """Raw columns that the source reads."""
        return frozenset(mapped.raw for mapped in self.mapped if mapped.raw is not None)

    def known_unread(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of ``names`` that are known for a column that the table has and the source does not map."""
        free = set(dictionary().table(self.table).columns) - set(self.source.columns)
        spelled = {spelling for column in free for spelling in names_in_exports()[column]}
        read = {*self.wanted(), *self.source.drop, *tool_columns(names)}
        return tuple(name for name in names if name not in read and plain(name) in spelled)

    def item_columns(self) -> tuple[str, ...]:
        """Canonical item columns that the source fills."""
        return tuple(mapped.column for mapped in self.mapped if mapped.meaning.kind == "item")

    def _columns(self) -> Iterator[Mapped]:
        for name, declared in dictionary().table(self.table).columns.items():
            origin = self.source.columns.get(name)
            if origin is None or origin.left_out or OPEN in _said(origin):
                continue
            meaning = Meaning(
                declared.type,
                declared.low,
                declared.high,
                whole=declared.type == "integer",
                values=declared.values,
                labels=_answered(origin.labels),
                missing=self._missing(origin) | _unanswered(origin.labels),
                decimal=self.source.decimal,
                date_formats=origin.date_formats or self.source.date_formats,
                time_zone=origin.time_zone,
                form=WrittenForm(origin.pad, origin.fold_case),
                pseudonyms=origin.pseudonyms,
                empty=None if origin.empty in (STAYS_EMPTY, OPEN) else origin.empty,
                unit=origin.unit or "",
                times=origin.times,
            )
            self._check_targets(meaning, origin, ("columns", name))
            self._check_codes(meaning, origin, ("columns", name))
            yield Mapped(name, meaning, declared.dtype, _raw(origin), origin.constant)

    def _items(self, instruments: Mapping[str, Instrument]) -> Iterator[Mapped]:
        seen: set[str] = set()
        for place, inventory in enumerate(self.source.inventories):
            where = ("inventories", place)
            instrument = instruments.get(inventory.instrument)
            if inventory.instrument == OPEN:
                continue
            if instrument is None:
                known = ", ".join(sorted(instruments))
                self._refuse(f'unknown instrument "{inventory.instrument}"', f"Known are: {known}.", where)
                continue
            if instrument.id in seen:
                message = f"{instrument.id} stands twice in one source"
                self._refuse(message, "Use one source per administration.", where)
                continue
            seen.add(instrument.id)
            if self._is_consistent(inventory, instrument, where):
                yield from self._inventory(inventory, instrument, where)

    def _is_consistent(self, inventory: Inventory, instrument: Instrument, where: tuple) -> bool:
        columns = inventory.columns(instrument.items)
        if len(columns) != instrument.items:
            message = (
                f"{len(columns)} item columns are listed, but {instrument.id} has {instrument.items} items"
            )
            self._refuse(message, "List every item column once, in item order.", (*where, "items"))
            return False
        if len(set(columns)) != len(columns):
            twice = sorted({column for column in columns if columns.count(column) > 1})
            message = f"{', '.join(twice)} is listed for more than one item"
            self._refuse(message, "List every item column once, in item order.", (*where, "items"))
            return False
        if inventory.rater is None and self.table == "alliance" and len(instrument.raters) > 1:
            forms = ", ".join(instrument.raters)
            self._refuse(f"{instrument.id} has several forms", f"Write rater: one of {forms}.", where)
            return False
        strangers = [item for item in inventory.already_reversed if not 1 <= item <= instrument.items]
        if strangers:
            message = f"already_reversed names items {strangers}, but {instrument.id} has {instrument.items}"
            self._refuse(message, "Name items by their numbers.", (*where, "already_reversed"))
            return False
        if inventory.rater is not None and inventory.rater not in instrument.raters:
            message = f"{instrument.id} has no form for the {inventory.rater}"
            self._refuse(message, f"Its raters: {', '.join(instrument.raters)}.", (*where, "rater"))
            return False
        return True

    def _inventory(self, inventory: Inventory, instrument: Instrument, where: tuple) -> Iterator[Mapped]:
        alliance = self.table == "alliance"
        if alliance:
            text = Meaning("label")
            yield Mapped("rater", text, "str", constant=inventory.rater or instrument.raters[0])
            yield Mapped("instrument", text, "str", constant=instrument.id)
        meaning = Meaning(
            "item",
            instrument.range.low,
            instrument.range.high,
            whole=instrument.range.whole,
            labels=_numbers(inventory, instrument),
            missing=self._missing(inventory),
            decimal=self.source.decimal,
            outside=lambda number: _outside(instrument, number),
            shift=0.0 if inventory.starts_at is None else instrument.range.low - inventory.starts_at,
        )
        self._check_targets(meaning, inventory, where)
        self._check_codes(meaning, inventory, where)
        turned = replace(meaning, turned=True)
        canonical = instrument.item_columns(ALLIANCE_PREFIX if alliance else None)
        raws = inventory.columns(instrument.items)
        for item, (column, raw) in enumerate(zip(canonical, raws, strict=True), 1):
            here = turned if item in inventory.already_reversed else meaning
            yield Mapped(column, here, "float64", tidy_text(raw))

    def _missing(self, origin: ColumnSource | Inventory) -> dict[str, str]:
        codes = _codes(self.source.missing) | _codes(origin.missing)
        return {code: reason for code, reason in codes.items() if reason != REAL_VALUE}

    def _check_targets(self, meaning: Meaning, origin: ColumnSource | Inventory, where: tuple) -> None:
        for label, target in origin.labels.items():
            if target == OPEN:
                continue
            reading = meaning.declared(target)
            if reading.problem:
                message = f'the label "{label}" stands for a value that is not valid: {reading.problem}'
                self._refuse(message, "Correct the value of the label.", (*where, "labels", label))
        if isinstance(origin, Inventory):
            return
        for key, value in (("constant", origin.constant), ("empty", origin.empty)):
            reading = EMPTY if value in (None, STAYS_EMPTY, OPEN) else meaning.declared(value)
            if reading.problem:
                message = f"the value of {key} is not valid: {reading.problem}"
                self._refuse(message, f"Correct {key}.", (*where, key))

    def _check_codes(self, meaning: Meaning, origin: ColumnSource | Inventory, where: tuple) -> None:
        """Refuse keys that are one key to the cells, and missing codes that are valid answers."""
        for key, declared in (("labels", origin.labels), ("missing", origin.missing)):
            for message in _said_twice(declared):
                self._refuse(message, TWICE, (*where, key))
        for code in sorted(set(meaning.labels).intersection(_codes(origin.missing)) - set(origin.missing)):
            self._refuse(f'"{code}" is both a label and a missing code', TWICE, (*where, "missing"))
        for code in self._missing(origin):
            if code not in meaning.labels and (said := _valid_answer(meaning, code)):
                at = (*where, "missing") if code in _codes(origin.missing) else ("missing",)
                self._refuse(f'the missing code "{code}" is {said}', NOT_MISSING, at)

    def _refuse(self, message: str, hint: str, where: tuple[str | int, ...]) -> None:
        line = self._located.line((*self._place, *where))
        self.problems.append(Problem(message, hint, file=COHORT_FILE, table=self.table, line=line))


def _answered(labels: Mapping[str, Target]) -> dict[str, Target]:
    return {code: target for code, target in _codes(labels).items() if target != OPEN}


def _unanswered(labels: Mapping[str, Target]) -> dict[str, str]:
    """Labels that a person has yet to decide; nothing is run before."""
    return {code: "not decided" for code, target in _codes(labels).items() if target == OPEN}


def _said_twice(declared: Mapping[str, object]) -> list[str]:
    """Keys that are one key once they are compared as cells are ("1" and "1.0")."""
    written: dict[str, list[str]] = {}
    for key in declared:
        written.setdefault(code_text(key), []).append(f'"{key}"')
    return [
        f"{' and '.join(keys)} are one and the same to the cells"
        for keys in written.values()
        if len(keys) > 1
    ]


def _valid_answer(meaning: Meaning, code: str) -> str:
    """What a missing code would be as a cell of the column, if it would be a valid one."""
    if meaning.kind == "item":
        reading = replace(meaning, labels={}, missing={}).value(code)
        return "a valid answer of the instrument" if reading.value is not None else ""
    if meaning.kind == "boolean" and not meaning.labels and code.lower() in TRUTH:
        return "a valid value of the column"
    return "a valid value of the column" if meaning.kind == "category" and code in meaning.values else ""


def _said(origin: ColumnSource) -> tuple[object, ...]:
    """What a column is and means, each of which can be an open answer."""
    return (origin.column, *(origin.columns or ()), origin.constant, *origin.labels.values())


def _raw(origin: ColumnSource) -> str | None:
    return JOINER.join(origin.raw_names) if origin.raw_names else None


def _codes(declared: Mapping[str, Target]) -> dict[str, Target]:
    return {code_text(code): value for code, value in declared.items()}


def _numbers(inventory: Inventory, instrument: Instrument) -> dict[str, float]:
    """What the labels of an inventory stand for, turned round where the first answer is the highest."""
    labels = _codes(inventory.labels)
    if inventory.labels_rising:
        return labels
    ends = instrument.range.low + instrument.range.high
    return {text: ends - number for text, number in labels.items()}


def _outside(instrument: Instrument, number: float) -> tuple[str, str]:
    message = f"{number:g} is not a response of {instrument.id} ({instrument.range})"
    versions = versions_that_fit(instrument, [number])
    if versions:
        named = " or ".join(f"{version.id} ({version.items} items, {version.range})" for version in versions)
        hint = f"It looks like {named}: check which version was given, and declare that instrument."
    else:
        hint = "Correct it, or, if it is a code, declare it under missing with its reason."
    return message, hint
