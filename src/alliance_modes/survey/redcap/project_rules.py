"""Rules of REDCap that fields keep or break together: names, order, forms and matrices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from alliance_modes.survey.redcap.dictionary import Field
from alliance_modes.survey.redcap.field_rules import (
    CHOICES,
    FORM,
    KIND,
    MATRIX,
    NAME,
    RANKING,
    WORD,
    Fault,
)

GRIDS = ("radio", "checkbox")
OWN_SUFFIXES = ("_complete", "_timestamp", "_return_code")
"""What REDCap puts behind the name of a form for columns of its own."""


def broken_by_all(fields: Sequence[Field]) -> Iterator[Fault]:
    """The rules that the fields of a project break together."""
    if fields:
        yield from _of_record(fields[0])
    yield from _of_names(fields)
    yield from _of_order(fields)
    for name, group in _matrices(fields).items():
        yield from _of_matrix(name, group, fields)
    for field in fields:
        if field.ranking and not field.matrix:
            yield field, RANKING, "only a matrix is ranked", "Leave it empty, or name the matrix."


def _of_record(first: Field) -> Iterator[Fault]:
    if first.kind != "text":
        rule = "the first field names the record, and is text"
        yield first, KIND, rule, "Put a text field such as record_id first."
    if first.branching or first.matrix:
        rule = "the first field names the record, and is always shown"
        yield first, KIND, rule, "Take branching logic and matrix off it."


def _of_names(fields: Sequence[Field]) -> Iterator[Fault]:
    rows: dict[str, int] = {}
    own = {form + suffix for form in {field.form for field in fields} for suffix in OWN_SUFFIXES}
    for field in fields:
        first = rows.setdefault(field.name, field.row)
        if first != field.row:
            rule = f"the variable stands in row {first} already, and a name stands once in a project"
            yield field, NAME, rule, "Rename one of the two."
        if field.name in own:
            yield field, NAME, "REDCap keeps this name for a column of a form", "Rename it."


def _of_order(fields: Sequence[Field]) -> Iterator[Fault]:
    seen: set[str] = set()
    for form, together in groupby(fields, key=lambda field: field.form):
        first = next(together)
        if form in seen:
            rule = f"the fields of the form {form} do not stand together"
            yield first, FORM, rule, "Move them below each other."
        seen.add(form)


def _matrices(fields: Sequence[Field]) -> dict[str, list[int]]:
    """Places of the fields of each matrix."""
    found: dict[str, list[int]] = {}
    for place, field in enumerate(fields):
        if field.matrix:
            found.setdefault(field.matrix, []).append(place)
    return found


def _of_matrix(name: str, places: Sequence[int], fields: Sequence[Field]) -> Iterator[Fault]:
    first = fields[places[0]]
    if not WORD.fullmatch(name):
        rule = f'"{name}" is no name of a matrix: small letters, digits and _'
        yield first, MATRIX, rule, "Rename it."
    if name in {field.name for field in fields}:
        yield first, MATRIX, f"the matrix {name} is called as a variable", "Rename one of the two."
    if places[-1] - places[0] + 1 != len(places):
        between = next(place for place in range(places[0], places[-1]) if place not in places)
        rule = f"it stands between fields of the matrix {name}"
        yield fields[between], MATRIX, rule, "Move the fields of a matrix below each other."
    for place in places:
        field = fields[place]
        if field.kind not in GRIDS:
            rule = f"a matrix has fields of type {' or '.join(GRIDS)}, and this one is {field.kind}"
            yield field, MATRIX, rule, "Take it out of the matrix, or change its type."
        elif field.kind != first.kind:
            rule = f"{first.name} of the same matrix is of type {first.kind}"
            yield field, MATRIX, rule, "Give all fields of a matrix one type."
        elif field.listed() != first.listed():
            rule = f"it has other choices than {first.name} of the same matrix"
            yield field, CHOICES, rule, "Give all fields of a matrix the same choices, in the same order."
        if field.form != first.form:
            rule = f"the matrix {name} goes over two forms, {first.form} and {field.form}"
            yield field, MATRIX, rule, "Make a matrix for each form."
        if field.ranking and field.kind == "checkbox":
            yield field, RANKING, "only a matrix of radio fields is ranked", "Leave it empty."
