"""Rules of REDCap for branching logic, formulas, action tags and missing data codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from alliance_modes.survey.redcap.dictionary import Field
from alliance_modes.survey.redcap.field_rules import (
    ANNOTATION,
    BRANCHING,
    CHOICES,
    DATES,
    TIMES,
    Fault,
)

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
FIELD = re.compile(r"\[([a-z][a-z0-9_]*)(?:\(([^)\]]*)\))?\]")
COMPARED = re.compile(r"\[([a-z][a-z0-9_]*)\]\s*(?:=|<>|!=)\s*(?:'([^']*)'|\"([^\"]*)\")")
EVENT = re.compile(r".+_arm_\d+")
PAIRS = {"(": ")", "[": "]"}
YES_NO = {"yesno", "truefalse"}
ONLY_TEXT = ("@CALCTEXT", "@CALCDATE", "@TODAY", "@NOW")
MISSING_CODE = re.compile(r"[A-Za-z0-9._-]+")


def broken_logic(fields: Sequence[Field], missing_codes: Sequence[str]) -> Iterator[Fault]:
    """The rules that logic, tags and missing data codes break."""
    known = {field.name: field for field in fields}
    for field in fields:
        yield from _of_formula(field, BRANCHING, field.branching, known)
        if field.kind == "calc":
            yield from _of_formula(field, CHOICES, field.choices, known)
        yield from _of_tags(field)
        yield from _of_missing(field, missing_codes)
    for code in missing_codes:
        if fields and not MISSING_CODE.fullmatch(code):
            yield (
                fields[0],
                CHOICES,
                f'"{code}" is no missing data code',
                "Letters, digits, dots, dashes and _.",
            )


def _of_formula(field: Field, column: str, formula: str, known: Mapping[str, Field]) -> Iterator[Fault]:
    if not formula:
        return
    if not _closed(formula):
        rule = "a bracket or a quote is opened and not closed, or the other way round"
        yield field, column, rule, "Count them."
        return
    for name, box in FIELD.findall(QUOTED.sub("''", formula)):
        asked = known.get(name)
        if asked is None:
            if not EVENT.fullmatch(name):
                yield field, column, f"there is no field {name}", "Correct the name in square brackets."
        elif box and box not in {code for code, _ in asked.listed()}:
            yield field, column, f"{name} has no choice {box}", "Correct the code in brackets."
        elif asked.kind == "descriptive":
            yield field, column, f"{name} is descriptive, and holds nothing", "Ask a field that is answered."
    for name, single, double in COMPARED.findall(formula):
        asked, code = known.get(name), single or double
        codes = (
            {"0", "1"}
            if asked and asked.kind in YES_NO
            else {one for one, _ in asked.listed()}
            if asked
            else set()
        )
        if code and codes and code not in codes:
            rule = f"{name} is compared with {code}, which is none of its codes"
            yield field, column, rule, f"Its codes are {', '.join(sorted(codes))}."


def _closed(formula: str) -> bool:
    """Whether every bracket and quote has its other half."""
    bare = QUOTED.sub("", formula)
    if "'" in bare or '"' in bare:
        return False
    open_ones: list[str] = []
    for sign in bare:
        if sign in PAIRS:
            open_ones.append(PAIRS[sign])
        elif sign in PAIRS.values() and (not open_ones or open_ones.pop() != sign):
            return False
    return not open_ones


def _of_tags(field: Field) -> Iterator[Fault]:
    tags = re.findall(r"@[A-Z-]+", QUOTED.sub("''", field.annotation))
    for tag in tags:
        if tag in ONLY_TEXT and field.kind != "text":
            rule = f"{tag} fills text alone, and this field is of type {field.kind}"
            yield field, ANNOTATION, rule, "Take it off, or change the type."
        if tag == "@CALCDATE" and field.validation not in (*DATES, *TIMES):
            yield field, ANNOTATION, "@CALCDATE fills a date alone", "Validate the field as a date."
    if field.annotation and not _closed(field.annotation):
        yield field, ANNOTATION, "a bracket or a quote is not closed", "Count them."


def _of_missing(field: Field, missing_codes: Sequence[str]) -> Iterator[Fault]:
    codes = {code for code, _ in field.listed()} | ({"0", "1"} if field.kind in YES_NO else set())
    for code in missing_codes:
        if code in codes:
            rule = f"the missing data code {code} is an answer of this field"
            yield field, CHOICES, rule, "Choose a code that no field has."
        elif field.validation in ("integer", "number") and _within(field, code):
            rule = f"the missing data code {code} lies within the limits of this field"
            yield field, CHOICES, rule, "Choose a code that nobody can type as an answer."


def _within(field: Field, code: str) -> bool:
    """Whether a code could be typed as a number of the field; limits that are no numbers bound nothing."""
    try:
        number = float(code)
        low = float(field.low) if field.low else float("-inf")
        high = float(field.high) if field.high else float("inf")
    except ValueError:
        return False
    return low <= number <= high
