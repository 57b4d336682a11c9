"""Would this cohort have found it, in the research report."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.plan.terms import Outcome, PlannedModel
from alliance_modes.relations.plasmode.analysis import EACH
from alliance_modes.reports.measures import Measure, measures_of
from alliance_modes.reports.research.relations.block import Block, Numbers
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import MISSING, number, whole

ASKED = (
    "Would this cohort have found an effect, had one been there? Its own people are kept: who has which "
    "clients, groups, gaps and missing answers. Outcomes are drawn from the plan's fit with an effect put "
    "into one predictor at a time, and the plan's model is fitted to each drawn cohort. What was found in "
    "the cohort itself plays no part in it, but for the variances."
)
NOTE = (
    "± is the Monte-Carlo standard error. Found: p < .05 of this test alone; a claim asks for more. Could "
    "show: the effect that is found 8 of 10 times. Type-I error: how often a predictor without an effect "
    "was found; usual z: the same by the engine's own standard error and the normal distribution. "
    "Coverage: of the 95 % interval. Variances are taken as they are estimated."
)
HEADINGS = (
    "Outcome",
    "Predictor",
    "Effect put in",
    "Found",
    "Could show",
    "Type-I error",
    "Usual z",
    "Coverage",
)


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    return Block(
        "Would this cohort have found it?",
        ASKED,
        tuple(_said(numbers)),
        tuple(_table(numbers)),
        not_done=numbers.not_done(lambda term: "" if term == EACH else term),
    )


def _said(numbers: Numbers) -> Iterator[str]:
    for part, model, outcome in numbers.outcomes():
        measure, found = _measure(model, outcome), _terms(numbers, part)
        powers = {term: row for term in found if (row := numbers.row(part, term, "power")) is not None}
        effect = next((numbers.row(part, term, "effect") for term in powers), None)
        if effect is None:
            continue
        told = f"{number(effect['estimate'], measure.decimals)} {measure.long} per {effect['unit']}"
        if measure.ratio:
            told = f"a {measure.unit} of {number(effect['estimate'], measure.decimals)} per {effect['unit']}"
        each = ", ".join(
            f"{whole(100 * row['estimate'])} of 100 times for {_label(numbers, model, term)}"
            for term, row in powers.items()
        )
        yield f"{capital(outcome.told)}: {told} would have been found {each}."
    failed = numbers.checks[numbers.checks["result"] == "fail"]
    for part, _, outcome in numbers.outcomes():
        for detail in failed.loc[failed["part"] == part, "detail"].dropna():
            yield f"{capital(outcome.told)}: {detail}."


def _table(numbers: Numbers) -> Iterator[DisplayTable]:
    lines = []
    for part, model, outcome in numbers.outcomes():
        measure = _measure(model, outcome)
        for term in _terms(numbers, part):
            amounts = [numbers.row(part, term, name) for name in ("effect", "power", "detectable")]
            errors = [numbers.row(part, term, name) for name in ERRORS]
            lines.append(
                (
                    capital(outcome.told),
                    _label(numbers, model, term),
                    _amount(amounts[0], measure),
                    _share(amounts[1]),
                    _amount(amounts[2], measure),
                    *(_share(row) for row in errors),
                )
            )
    if lines:
        yield display_table(
            "What this cohort would have found", HEADINGS, "ll" + "r" * (len(HEADINGS) - 2), lines, NOTE
        )


ERRORS = ("type_one_error", "type_one_error_plain", "coverage")


def _terms(numbers: Numbers, part: str) -> list[str]:
    """The terms of a part in their order, what is told over all last; none where nothing was drawn."""
    rows = numbers.estimates
    return list(dict.fromkeys(rows.loc[(rows["part"] == part) & rows["estimate"].notna(), "term"]))


def _label(numbers: Numbers, model: PlannedModel, term: str) -> str:
    if term == EACH:
        return capital(EACH)
    named = {numbers.plan.predictors[name].term or name: name for name in model.predictors}
    return numbers.plan.predictors[named[term]].label if term in named else term


def _measure(model: PlannedModel, outcome: Outcome) -> Measure:
    return measures_of(model.family)[model.estimand_shown(outcome)]


def _amount(row: pd.Series | None, measure: Measure) -> str:
    return MISSING if row is None else number(row["estimate"], measure.decimals)


def _share(row: pd.Series | None) -> str:
    return MISSING if row is None else f"{whole(100 * row['estimate'])} % ± {whole(100 * row['se'])}"
