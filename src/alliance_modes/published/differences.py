"""Two runs side by side: which numbers moved, and what changed between them.

A run is its folder ``reports/<cohort>/internal``, or a copy of it: tables of results and the manifest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_modes.dictionary.every import every_table
from alliance_modes.dictionary.result_table import ResultTable
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import read_json
from alliance_modes.intake.origin import named_so
from alliance_modes.published.expected import NEAR, Quantity
from alliance_modes.published.results import LEAST, numbers_of, text_of

if TYPE_CHECKING:
    import pandas as pd

MANIFEST = "manifest.json"
HELD = {"cohort": str, "origin": dict, "inputs": dict, "software": dict, "seeds": dict, "agreements": list}
"""What a manifest holds about what a run was made from, with its kinds."""

SE = {"estimate": "se"}
"""Columns that move by so many of another."""


@dataclass(frozen=True)
class Moved:
    """One number that is not the same in both runs.

    Parameters
    ----------
    quantity : Quantity
    before, after : float or None
        None where one run has no such number.
    in_se : float or None
        The difference in standard errors of the first run, of an estimate.
    """

    quantity: Quantity
    before: float | None
    after: float | None
    in_se: float | None = None


@dataclass(frozen=True)
class Differences:
    """What differs between two runs.

    Parameters
    ----------
    reasons : tuple of str
        What changed of data, plan, code and software, a sentence each; empty where nothing did.
    moved : tuple of Moved
        The largest first: new and lost numbers, then estimates by standard errors, then others.
    compared : int
        Numbers of both runs together.
    """

    reasons: tuple[str, ...]
    moved: tuple[Moved, ...]
    compared: int


def differences(before: Path, after: Path) -> Differences:
    """Compare two runs of one cohort.

    Parameters
    ----------
    before, after : Path
        Folders with ``tables/`` and ``manifest.json``.

    Raises
    ------
    ConfigurationError
        A folder is not one of a run.
    """
    manifests = [manifest_of(folder) for folder in (before, after)]
    found, compared = [], 0
    for declared in every_table():
        if not declared.file.startswith("reports/{cohort}/internal/tables/") or not declared.key:
            continue
        first, second = (_numbers(declared, folder) for folder in (before, after))
        compared += len(first.keys() | second.keys())
        found += list(_moved(declared.name, first, second))
    found.sort(key=_order)
    return Differences(tuple(reasons(*manifests)), tuple(found), compared)


Numbers = Mapping[tuple[tuple[tuple[str, str], ...], str], float]
"""Numbers of one table by key and column."""


def _numbers(declared: ResultTable, folder: Path) -> Numbers:
    path = folder / "tables" / Path(declared.file).name
    if not path.is_file():
        return {}
    table = declared.read(path)
    return dict(_cells(table, declared.key, list(numbers_of(declared, table))))


def _cells(
    table: pd.DataFrame, key: tuple[str, ...], columns: list[str]
) -> Iterator[tuple[tuple[tuple[tuple[str, str], ...], str], float]]:
    for row in table[[*key, *columns]].itertuples(index=False):
        of = dict(zip([*key, *columns], row, strict=True))
        keys = tuple((name, text_of(of[name])) for name in key)
        yield from (((keys, name), float(of[name])) for name in columns if text_of(of[name]))


def _moved(table: str, first: Numbers, second: Numbers) -> Iterator[Moved]:
    for place in sorted(first.keys() | second.keys()):
        keys, column = place
        before, after = first.get(place), second.get(place)
        quantity = Quantity(table, column, dict(keys))
        if before is None or after is None:
            yield Moved(quantity, before, after)
        elif before != after and not _near(before, after):
            se = first.get((keys, SE[column])) if column in SE else None
            yield Moved(quantity, before, after, (after - before) / se if se else None)


def _near(before: float, after: float) -> bool:
    """Whether two numbers are one but for the last digits; nothing is near an infinite number."""
    return math.isfinite(before) and abs(after - before) <= NEAR * max(abs(before), LEAST)


def _order(one: Moved) -> tuple:
    if one.before is None or one.after is None:
        return (0, 0.0, str(one.quantity))
    if one.in_se is not None:
        return (1, -abs(one.in_se), str(one.quantity))
    relative = abs(one.after - one.before) / max(abs(one.before), LEAST)
    return (2, -relative if math.isfinite(relative) else -math.inf, str(one.quantity))


def manifest_of(folder: Path) -> dict[str, Any]:
    """What a run was made from and by, as it wrote it down in its folder.

    Raises
    ------
    ConfigurationError
        The folder is not one of a run.
    """
    path = folder / MANIFEST
    if not path.is_file():
        hint = (
            "Name reports/<cohort>/internal of a run, or a copy of it that has its tables and manifest.json."
        )
        raise ConfigurationError(str(folder), [Problem(f"there is no {MANIFEST}", hint)])
    return made_from_at(path)


def made_from_at(path: Path) -> dict[str, Any]:
    """What a run was made from and by, of a file that a run or a freeze wrote.

    Raises
    ------
    ConfigurationError
        It is not as these write it.
    """
    try:
        found = read_json(path)
    except ValueError:
        found = None
    if not isinstance(found, dict) or any(not isinstance(found.get(key), kind) for key, kind in HELD.items()):
        hint = "It was changed or cut short: take a copy of it as it was written."
        raise ConfigurationError(str(path), [Problem("it does not say what a run was made from", hint)])
    return found


def reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What changed between two runs, by their manifests: data, plan, key, agreements, code, software."""
    if before["cohort"] != after["cohort"]:
        yield f"Cohort: {before['cohort']}, then {after['cohort']}."
    raw = [dict(one["origin"].get("files", ())) for one in (before, after)]
    yield from _changed("Data", raw[0], raw[1])
    other = [
        {name: digest for name, digest in one["inputs"].items() if named_so(of, name) is None}
        for one, of in zip((before, after), raw, strict=True)
    ]
    yield from _changed("Plan and settings", other[0], other[1])
    if before["origin"].get("key") != after["origin"].get("key"):
        yield "Key of the ids: another one, so that no id is as before."
    for name, said in (("seeds", "Seeds"), ("agreements", "Agreements with losses")):
        if before[name] != after[name]:
            yield f"{said}: changed."
    code = [_code(one["software"]) for one in (before, after)]
    if code[0] != code[1]:
        shown = 1 if code[0][:2] != code[1][:2] else 2
        yield f"Code: Alliance Modes {_said(code[0], shown)}, then {_said(code[1], shown)}."
    for name in ("python", "platform"):
        if before["software"][name] != after["software"][name]:
            yield f"{name.capitalize()}: {before['software'][name]}, then {after['software'][name]}."
    packages = [one["software"]["packages"] for one in (before, after)]
    yield from _changed("Packages", packages[0], packages[1], show=True)


SHORT = 12
"""Signs of a digest that are shown."""


def _code(software: Mapping[str, Any]) -> tuple[str, str, str]:
    """Version, commit, and the first signs of the digest of the code; the last two may be empty."""
    return software["alliance-modes"], software["commit"], software.get("code", "")[:SHORT]


def _said(code: tuple[str, str, str], shown: int) -> str:
    return f"{code[0]} ({code[shown]})" if code[shown] else code[0]


def _changed(
    what: str, before: Mapping[str, str], after: Mapping[str, str], show: bool = False
) -> Iterator[str]:
    """Names of which the digest, or with ``show`` the version, is another one; new and gone ones."""
    found = [
        f"{name} {before[name]} to {after[name]}" if show else name
        for name in sorted(before.keys() & after.keys())
        if before[name] != after[name]
    ]
    found += [f"{name} (new)" for name in sorted(after.keys() - before.keys())]
    found += [f"{name} (gone)" for name in sorted(before.keys() - after.keys())]
    if found:
        yield f"{what}: {', '.join(found)}."
