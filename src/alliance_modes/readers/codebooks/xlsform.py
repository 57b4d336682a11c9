"""XLSForm: the workbook from which KoboToolbox, ODK and others make a form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from alliance_modes.ground.errors import CohortError
from alliance_modes.readers.codebooks.book import (
    TICKED,
    CodeBook,
    CodedField,
    book_of,
    number_or_none,
    plain_text,
)
from alliance_modes.readers.other_workbooks import other_grid, other_sheets
from alliance_modes.readers.raw_table import cell_text, tidy_text
from alliance_modes.readers.source import tried

KIND = "an XLSForm"
SHEETS = ("survey", "choices", "settings")
TYPES = re.compile(
    r"(?:text|integer|decimal|range|select|rank|note|begin|end|start|today|date|time|calculate|geo|gps|image|"
    r"audio|video|file|barcode|acknowledge|hidden|username|phonenumber|deviceid|email|audit|background|string|"
    r"int|q )",
    re.IGNORECASE,
)
"""How the types of an XLSForm begin."""

LABEL = re.compile(r"label(?:\s*::?\s*(?P<language>.+))?", re.IGNORECASE)
CHOOSE = re.compile(r"(?P<how>select_one|select_multiple|rank)\s+(?P<list>\S+)(?:\s+or_other)?")
LEAST = re.compile(r"(?<![\w.])\.\s*(?P<sign>>=?)\s*(?P<number>-?[0-9]+(?:\.[0-9]+)?)")
MOST = re.compile(r"(?<![\w.])\.\s*(?P<sign><=?)\s*(?P<number>-?[0-9]+(?:\.[0-9]+)?)")
ENGLISH = ("english", "(en)")


def read(path: Path, file: str) -> CodeBook | None:
    """The code book that a workbook is: a sheet ``survey`` of types and names; None where it is none.

    Where labels stand in several languages, those in English are taken, else those of the form's default
    language, else the first.
    """
    try:
        sheets = {name.strip().lower(): name for name in other_sheets(path, file)}
        survey, choices, settings = (_rows(path, file, sheets.get(sheet)) for sheet in SHEETS)
    except CohortError:
        return None
    types = [row["type"] for row in survey if row.get("type") and "name" in row]
    if not types or 2 * sum(bool(TYPES.match(one)) for one in types) < len(types):
        return None
    default = settings[0].get("default_language", "") if settings else ""
    column = _label_column(tuple(survey[0]), default)
    of_choices = _label_column(tuple(choices[0]), default) if choices else ""
    lists: dict[str, dict[str, str]] = {}
    also: dict[str, dict[str, set[str]]] = {}
    for row in choices:
        listed, code = (
            row.get("list_name") or row.get("list name", ""),
            row.get("name") or row.get("value", ""),
        )
        if listed and code:
            lists.setdefault(listed, {})[code] = plain_text(row.get(of_choices, "")) or code
            for key, said in row.items():
                if said and LABEL.fullmatch(key):
                    also.setdefault(listed, {}).setdefault(plain_text(said), set()).add(lists[listed][code])
    one_way = {
        name: {said: next(iter(labels)) for said, labels in words.items() if len(labels) == 1}
        for name, words in also.items()
    }
    return book_of(file, KIND, [one for row in survey for one in _described(row, column, lists, one_way)])


def _rows(path: Path, file: str, sheet: str | None) -> list[dict[str, str]]:
    """The rows of a sheet by the names of its columns, in small letters; none where there is no sheet."""
    if sheet is None:
        return []
    rows = [
        [cell_text(cell) for cell in row]
        for row in other_grid(tried("excel", sheet=sheet), path, file).records
    ]
    filled = [row for row in rows if any(row)]
    names = [tidy_text(name).lower() for name in filled[0]] if filled else []
    return [{name: cell for name, cell in zip(names, row, strict=False) if name} for row in filled[1:]]


def _label_column(names: Sequence[str], default: str) -> str:
    """The column of labels that is read."""
    found = {name: (match["language"] or "").strip() for name in names if (match := LABEL.fullmatch(name))}
    for name, language in found.items():
        if any(word in language.lower() for word in ENGLISH) or language.lower() == "en":
            return name
    return next((name for name, language in found.items() if language == default), next(iter(found), ""))


def _described(
    row: Mapping[str, str],
    column: str,
    lists: Mapping[str, Mapping[str, str]],
    also: Mapping[str, Mapping[str, str]],
) -> Iterator[CodedField]:
    name, kind, text = row.get("name", ""), _type(row.get("type", "")), plain_text(row.get(column, ""))
    chosen = CHOOSE.match(
        kind.replace("select one", "select_one").replace("select multiple", "select_multiple")
    )
    if not name or kind.startswith(("begin", "end", "note")):
        return
    if chosen and chosen["how"] == "select_multiple":
        for code, label in lists.get(chosen["list"], {}).items():
            yield CodedField(f"{name}/{code}", TICKED, "", box=label)
    elif chosen and chosen["how"] == "select_one":
        other = {"other": "Other"} if kind.endswith("or_other") else {}
        labels = {**lists.get(chosen["list"], {}), **other}
        yield CodedField(name, labels, text, also=also.get(chosen["list"], {}))
    elif kind == "acknowledge":
        yield CodedField(name, {"OK": "Yes"}, text)
    else:
        low, high = (
            _limits(row.get("constraint", ""), kind) if kind in ("integer", "decimal") else (None, None)
        )
        long = "multiline" in row.get("appearance", "")
        yield CodedField(name, {}, text, low, high, free_text=long)


def _type(written: str) -> str:
    """The type of a question as it is written today ("select one from", "select all that apply from")."""
    said = " ".join(written.split())
    for old, new in (
        ("select all that apply", "select_multiple"),
        ("select multiple", "select_multiple"),
        ("select one", "select_one"),
    ):
        if said.lower().startswith(old):
            return f"{new} {said[len(old) :].strip().removeprefix('from ').strip()}"
    return said


def _limits(constraint: str, kind: str) -> tuple[float | None, float | None]:
    """The ends of ". >= 0 and . <= 10"; none where other conditions stand beside, or an "or"."""
    if re.search(r"\bor\b|\bnot\b|\$|\bif\b", constraint):
        return None, None
    step = 1.0 if kind == "integer" else 0.0
    low, high = LEAST.search(constraint), MOST.search(constraint)
    return (
        None if low is None else _end(low, step),
        None if high is None else _end(high, -step),
    )


def _end(match: re.Match[str], step: float) -> float | None:
    number = number_or_none(match["number"])
    return number if number is None or "=" in match["sign"] else number + step
