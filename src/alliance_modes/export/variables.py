"""What each variable of the exported data is: from the column dictionary and the instruments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.instruments.administrations import ALLIANCE, ITEM
from alliance_modes.instruments.model import Instrument

LONGEST_NAME = 32
"""Characters of a variable's name in Stata; SPSS allows 64."""

LONGEST_LABELLED = 28
"""The same of a variable with value labels: pyreadstat 1.3.7 gives the set of its labels the variable's name
with a number behind it, and writes no file where that is more than 32."""

LANGUAGE = "en"
NO_YES = {0: "no", 1: "yes"}
SOURCE = {
    "source_file": ("label", "raw file that the record is from"),
    "source_row": ("integer", "row of that file, header rows counted"),
}
PARTS = {
    "": ("score", "score"),
    "_mean": ("score", "score as mean of the items"),
    "_valid": ("count", "items answered"),
    "_prorated": ("boolean", "scored with items missing"),
}
"""Suffixes of the variables of a scale, with their types and meanings."""


@dataclass(frozen=True)
class Variable:
    """One variable of an exported table.

    ``type`` is that of the column dictionary, or ``item``, ``score``, ``count``. ``values`` are the
    codes of SPSS and Stata with their labels; in CSV a category stands as its label. ``whole`` says
    that it holds whole numbers only.
    """

    name: str
    type: str
    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    values: Mapping[int, str] = field(default_factory=dict)
    instrument: str = ""
    item: int | None = None
    reversed: bool | None = None
    scale: str = ""
    whole: bool = False
    stata: str = ""


def table_variables(name: str, columns: Sequence[str], used: Sequence[Instrument]) -> tuple[Variable, ...]:
    """Every variable of the exported table ``name``, in order.

    Parameters
    ----------
    name : str
        One of ``schema.TABLES``.
    columns : sequence of str
        Columns of the clean table that are exported.
    used : sequence of Instrument
        The instruments administered in the table, in the order of their ids.

    Returns
    -------
    tuple of Variable
        The columns of the dictionary, the items as answered, ``careless`` where there are any, the
        scores of each scale, and where the record is from. Names are unique, also in Stata.
    """
    found = [variable for variable in _dictionary_variables(name) if variable.name in columns]
    found += [variable for variable in _item_variables(name, used) if variable.name in columns]
    if used:
        found.append(Variable("careless", "boolean", "flagged for careless answers", values=NO_YES))
    for scale in scale_names(name, used):
        found += _score_variables(scale)
    found += [Variable(key, kind, text) for key, (kind, text) in SOURCE.items() if key in columns]
    return tuple(_with_stata_names(found))


@dataclass(frozen=True)
class ExportedScale:
    """A scale and the name of its variables: ``name`` alone, or with the instrument's id before it."""

    name: str
    scale: str
    instruments: tuple[Instrument, ...]


def scale_names(table: str, used: Sequence[Instrument]) -> tuple[ExportedScale, ...]:
    """The scales of a table, and the names of their variables.

    In ``alliance`` each row is one inventory, and scales of one name share their variables.
    Elsewhere a row can hold several inventories: a name that two of them use, or that is a column
    of the table, has the instrument's id before it.
    """
    by_scale: dict[str, list[Instrument]] = {}
    for instrument in used:
        for scale in instrument.scales():
            by_scale.setdefault(scale, []).append(instrument)
    columns = set(dictionary().table(table).columns) | {"careless"}
    found = []
    for scale, owners in by_scale.items():
        if scale not in columns and (len(owners) == 1 or table == ALLIANCE):
            found.append(ExportedScale(scale, scale, tuple(owners)))
        else:
            found += [ExportedScale(f"{owner.id}_{scale}", scale, (owner,)) for owner in owners]
    return tuple(found)


def _dictionary_variables(name: str) -> Iterator[Variable]:
    for key, column in dictionary().table(name).columns.items():
        values = dict(enumerate(column.values, start=1)) if column.type == "category" else {}
        if column.type == "boolean":
            values = NO_YES
        label = column.meaning
        if column.type == "identifier":
            label = f"{label} (a keyed hash, unless the cohort declares the id readable)"
        yield Variable(key, column.type, label, column.unit, column.low, column.high, values)


def _item_variables(name: str, used: Sequence[Instrument]) -> Iterator[Variable]:
    if name != ALLIANCE:
        for instrument in used:
            yield from (_item(instrument, item, instrument.id) for item in range(1, instrument.items + 1))
        return
    for item in range(1, max((instrument.items for instrument in used), default=0) + 1):
        owners = [instrument for instrument in used if instrument.items >= item]
        if len(owners) == 1:
            yield _item(owners[0], item, ITEM)
            continue
        turned = [owner.id for owner in owners if item in owner.reversed]
        note = f" (reversed when scored: {', '.join(turned)})" if turned else ""
        low, high = min(o.range.low for o in owners), max(o.range.high for o in owners)
        label = f"item {item} of the inventory, as answered{note}"
        ids = ", ".join(owner.id for owner in owners)
        only_whole = all(owner.range.whole for owner in owners)
        yield Variable(
            f"{ITEM}_{item}", "item", label, low=low, high=high, instrument=ids, item=item, whole=only_whole
        )


def _item(instrument: Instrument, item: int, prefix: str) -> Variable:
    turned = item in instrument.reversed
    wording = instrument.wording.get(item, "")
    label = f"{instrument.id} {item}, as answered{' (reversed when scored)' if turned else ''}"
    return Variable(
        f"{prefix}_{item}",
        "item",
        f"{label}: {wording}" if wording else label,
        low=instrument.range.low,
        high=instrument.range.high,
        values=_responses(instrument),
        instrument=instrument.id,
        item=item,
        reversed=turned,
        whole=instrument.range.whole,
    )


def _responses(instrument: Instrument) -> Mapping[int, str]:
    """Response labels in English, else in the language that stands first in the file."""
    first = next(iter(instrument.responses), LANGUAGE)
    return instrument.responses.get(LANGUAGE, instrument.responses.get(first, {}))


def _score_variables(scale: ExportedScale) -> Iterator[Variable]:
    ids = ", ".join(instrument.id for instrument in scale.instruments)
    title = scale.scale.replace("_", " ")
    for suffix, (kind, text) in PARTS.items():
        low, high = _limits(scale, suffix)
        metric = _metrics(scale) if not suffix else ""
        yield Variable(
            f"{scale.name}{suffix}",
            kind,
            f"{title}: {text}{metric}",
            low=low,
            high=high,
            values=NO_YES if kind == "boolean" else {},
            instrument=ids,
            scale=scale.scale,
        )


def _metrics(scale: ExportedScale) -> str:
    parts = [f"{owner.id} {_score_range(owner, scale.scale)}" for owner in scale.instruments]
    return f" ({'; '.join(parts)})"


def _score_range(instrument: Instrument, scale: str) -> str:
    low, high = instrument.score_range(scale)
    return f"{low:g} to {high:g}"


def _limits(scale: ExportedScale, suffix: str) -> tuple[float | None, float | None]:
    owners = scale.instruments
    if suffix == "_valid":
        return 0, max(len(owner.scales()[scale.scale]) for owner in owners)
    if suffix == "_prorated":
        return None, None
    ranges = [
        owner.score_range(scale.scale) if not suffix else (owner.range.low, owner.range.high)
        for owner in owners
    ]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _with_stata_names(variables: Sequence[Variable]) -> Iterator[Variable]:
    """Names no longer than Stata files can hold; a longer one is cut and numbered."""
    taken = {variable.name for variable in variables if len(variable.name) <= _longest(variable)}
    for variable in variables:
        short, most = variable.name, _longest(variable)
        number = 1
        while len(short) > most or (short != variable.name and short in taken):
            ending = f"_{number}"
            short, number = variable.name[: most - len(ending)] + ending, number + 1
        taken.add(short)
        yield replace(variable, stata=short)


def _longest(variable: Variable) -> int:
    return LONGEST_LABELLED if variable.values else LONGEST_NAME
