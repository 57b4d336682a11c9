"""``cohort.yaml`` from a survey and how its answers come back: nothing is guessed, and nothing is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alliance_modes import __version__
from alliance_modes.cohort import Scalar
from alliance_modes.dictionary.canonical import TABLES, dictionary
from alliance_modes.dictionary.named import SITE_ID
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.instruments.model import Instrument
from alliance_modes.simulate.yaml_text import mapping_yaml
from alliance_modes.survey.form import Choice, Condition, Feeds, Form, Items, Question, Survey
from alliance_modes.survey.target import Export, Target

LICENSED = """\
It holds wording of inventories that belongs to others: never publish it."""


def cohort_text(survey: Survey, target: Target, instruments: Mapping[str, Instrument]) -> str:
    """The ``cohort.yaml`` that reads the exports of ``target``.

    Parameters
    ----------
    survey : Survey
    target : Target
    instruments : mapping of str to Instrument
        Every known instrument.

    Raises
    ------
    ConfigurationError
        A cell of an export would stand for two answers (a word that means another answer in another
        language).
    """
    problems: list[Problem] = []
    sources: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    for form in survey.forms:
        export = target.export(survey, form)
        problems += two_meanings(form, export)
        for feeds in form.feeds:
            sources[feeds.table].append(_source(form, feeds, export, instruments))
    if problems:
        raise ConfigurationError("survey", problems)
    tables = {table: found[0] if len(found) == 1 else found for table, found in sources.items() if found}
    declared = {
        "cohort": survey.name,
        "title": survey.title,
        "data_lock": survey.data_lock,
        "readable_ids": _readable(survey),
        **({"protocol": survey.protocol} if survey.protocol else {}),
        "tables": tables,
    }
    return mapping_yaml(declared, _heading(survey, target))


def _readable(survey: Survey) -> list[str]:
    """The codes that forms ask for as nobody's name, and that reports show: those of sites."""
    asked = {column for form in survey.forms for feeds in form.feeds for column in feeds.columns}
    return [SITE_ID] if SITE_ID in asked else []


def _heading(survey: Survey, target: Target) -> str:
    lines = [
        f"Written with the survey of {survey.name} for {target.title} (Alliance Modes {__version__}).",
        "Put each export beside this file, under the name that stands at files.",
    ]
    return "\n".join([*lines, *([LICENSED] if survey.licensed else [])])


def _source(
    form: Form, feeds: Feeds, export: Export, instruments: Mapping[str, Instrument]
) -> dict[str, Any]:
    types = {column: declared.type for column, declared in dictionary().table(feeds.table).columns.items()}
    mapped = {
        column: _column(form.question(name), types[column] == "identifier", export)
        for column, name in feeds.columns.items()
    }
    source: dict[str, Any] = {"files": export.file, "format": export.format, **export.settings}
    source["may_be_empty"] = True
    source["rows"] = {
        export.columns[one.question]: list(_kept(form.question(one.question), one, export))
        for one in form.keeps
    }
    carried = {export.columns[one.name]: one.fixed for one in form.questions() if one.kind == "fixed"}
    source |= {"carries": carried} if carried else {}
    source["columns"] = mapped
    if feeds.items:
        source["inventories"] = [_inventory(form, items, export, instruments) for items in feeds.items]
    if export.headings:
        source["headings"] = dict(export.headings)
    source["drop"] = [*(export.columns[name] for name in _dropped(form, feeds)), *export.drop]
    return source


def _dropped(form: Form, feeds: Feeds) -> Iterator[str]:
    """Questions that this source does not read: those of no table, and the items of other inventories."""
    read = {*feeds.columns.values(), *(name for items in feeds.items for name in items.questions)}
    return (
        one.name for one in form.questions() if one.answered and one.kind != "fixed" and one.name not in read
    )


def _kept(question: Question, kept: Condition, export: Export) -> Iterator[str]:
    for code in kept.codes:
        yield from dict.fromkeys(export.cells[question.name][code])


def _column(question: Question, is_id: bool, export: Export) -> str | dict[str, Any]:
    """What one canonical column is: the raw column, and the meaning of its cells where they have choices."""
    name = export.columns[question.name]
    if question.pseudonym:
        return {"column": name, "pseudonyms": question.pseudonym, "fold_case": True}
    if is_id:
        return {"column": name, "fold_case": True}
    if not question.choices:
        return name
    labels = {cell: value for cell, choice in _cells(question, export) if (value := choice.value) is not None}
    missing = {cell: choice.missing for cell, choice in _cells(question, export) if choice.missing}
    return {"column": name, "labels": labels, **({"missing": missing} if missing else {})}


def _cells(question: Question, export: Export) -> Iterator[tuple[str, Choice]]:
    for choice in question.choices:
        for cell in dict.fromkeys(export.cells[question.name][choice.code]):
            yield cell, choice


def _inventory(
    form: Form, items: Items, export: Export, instruments: Mapping[str, Instrument]
) -> dict[str, Any]:
    labels: dict[str, Scalar] = {}
    for name in items.questions:
        labels |= {
            cell: choice.value
            for cell, choice in _cells(form.question(name), export)
            if choice.value is not None
        }
    labels = {cell: value for cell, value in labels.items() if cell != str(value)}
    columns = [export.columns[name] for name in items.questions]
    found: dict[str, Any] = {"instrument": items.instrument, "rater": items.rater, "items": _pattern(columns)}
    return {**found, **({"labels": labels} if labels else {})}


def _pattern(columns: list[str]) -> str | list[str]:
    """Columns as a pattern with the item's number, where they differ in it alone."""
    start = columns[0].removesuffix("1")
    same = all(column == f"{start}{item}" for item, column in enumerate(columns, 1))
    return f"{start}{{item}}" if same and "{" not in start else columns


def two_meanings(form: Form, export: Export) -> Iterator[Problem]:
    """Cells that stand for two answers of one question."""
    for question in form.questions():
        seen: dict[str, str] = {}
        for cell, choice in _cells(question, export) if question.choices else ():
            first = seen.setdefault(" ".join(cell.split()), choice.code)
            if first != choice.code:
                message = f'"{cell}" stands for the answers {first} and {choice.code} of {question.name}'
                hint = (
                    f"Word the answers of the form {form.name} apart, or make one survey for each language."
                )
                yield Problem(message, hint)
