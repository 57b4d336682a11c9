"""Through the alliance, in the research report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from alliance_modes.plan.terms import Outcome, PlannedModel
from alliance_modes.reports.measures import Measure
from alliance_modes.reports.research.relations.block import Block, Numbers, amount
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import number

ASKED = (
    "Does what goes with a way of working go through the alliance? Between practitioners: from mode use to "
    "the client's rating of the alliance early on, and from the usual rating of a practitioner's clients to "
    "what came later, among those still there. Within clients: from mode use in a session to the rating of "
    "it, and from there to the next session."
)
CAUTION = (
    "This reads as cause and effect only if nothing unmeasured stands behind mode use, rating and outcome, "
    "two by two. The usual way, with the mean of all ratings of everybody, takes longer courses for better "
    "alliance."
)
BETWEEN_NOTE = (
    "Per standard deviation of practitioners [95 % interval]. Through: the product of both paths, or its "
    "effect on the chance in percentage points (natural indirect effect), by Monte Carlo. Usual way: the "
    "same product with the mean of all ratings of everybody who started."
)
WITHIN_NOTE = (
    "Per point of use in a session [95 % interval]. Through: the product of both paths and their covariance "
    "over clients. Product alone: of two models fitted apart, without it."
)
FIGURE = "mediation_paths"
POINTS, SHARES, LOG_ODDS = Measure("points"), Measure("percentage points", 1), Measure("log-odds")


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    levels = {
        level: replace(numbers, estimates=numbers.estimates[numbers.estimates["level"] == level])
        for level in ("between", "within")
    }
    between = tuple(_between(levels["between"]))
    tables = (*between, *_within(levels["within"]))
    said = (*_landmark(numbers), *_from_rating(levels), *((CAUTION,) if tables else ()))
    figure = FIGURE if between else ""
    return Block("Through the alliance", ASKED, said, tables, figure, numbers.not_done())


def _landmark(numbers: Numbers) -> Iterator[str]:
    checks = numbers.checks
    for detail in checks.loc[checks["check"] == "landmark", "detail"]:
        yield f"{capital(detail)}. Outcomes count from then on."


def _from_rating(levels: dict[str, Numbers]) -> Iterator[str]:
    """From the rating to each outcome, between and within, and what would bring the former to none."""
    between = levels["between"].estimates
    for part, model, outcome in levels["between"].outcomes():
        rows = between[(between["part"] == part) & between["estimand"].isin(BOUNDS)]
        found = {row["estimand"]: row for _, row in rows.iterrows()}
        if len(found) < len(BOUNDS):
            continue
        scale = POINTS if model.family == "linear" else LOG_ODDS
        term = found["path_b"]["term"]
        of_client = levels["within"].row(part, term, "path_b")
        checks = levels["between"].checks
        known = checks.loc[(checks["part"] == part) & (checks["check"] == "usual_rating"), "detail"].iloc[0]
        yield (
            f"{capital(outcome.told)}: per point of the usual rating of a practitioner's clients "
            f"{amount(found['path_b'], scale)} ({known}), and per point of a client's own rating "
            f"{amount(of_client, scale)}. {_undone(found)}"
        )


def _undone(found: dict[str, pd.Series]) -> str:
    """What would bring the first path to none, where it is told from none at all."""
    path = found["path_b"]
    if path["ci_low"] <= 0.0 <= path["ci_high"]:
        return "The first cannot be told from none."
    return (
        "A confounder behind both that explains "
        f"{number(100.0 * found['robustness_value']['estimate'], 0)} % of what is left of each between "
        "practitioners would bring the first to none, and with it all that goes through the alliance; so "
        f"would a correlation of {number(found['confounding_correlation']['estimate'])} of the two that "
        "has other reasons."
    )


BOUNDS = ("path_b", "robustness_value", "confounding_correlation")


def _between(numbers: Numbers) -> Iterator[DisplayTable]:
    lines = []
    for part, model, outcome in numbers.outcomes():
        for term in _terms(numbers, part, model):
            cells = _cells(numbers, part, term, model)
            lines.append((_first(outcome, term), *cells))
    if lines:
        yield display_table(
            "Between practitioners: what goes through the alliance early on",
            ("Outcome and mode", "Mode to rating", "Through the alliance", "Beside it", "Usual way"),
            "lllll",
            lines,
            BETWEEN_NOTE,
        )


def _cells(numbers: Numbers, part: str, term: str, model: PlannedModel) -> tuple[str, ...]:
    linear = model.family == "linear"
    scale, shown = (POINTS, POINTS) if linear else (LOG_ODDS, SHARES)
    through, beside = ("indirect", "direct") if linear else ("natural_indirect", "natural_direct")
    return (
        amount(numbers.row(part, term, "path_a"), POINTS),
        amount(numbers.row(part, term, through), shown),
        amount(numbers.row(part, term, beside), shown),
        amount(numbers.row(part, term, "indirect_over_all_sessions"), scale),
    )


def _within(numbers: Numbers) -> Iterator[DisplayTable]:
    lines = []
    for part, model, outcome in numbers.outcomes():
        for term in _terms(numbers, part, model):
            rows = [numbers.row(part, term, estimand) for estimand in WITHIN]
            lines.append((_first(outcome, term), *(amount(row, Measure("points", 3)) for row in rows)))
    if lines:
        yield display_table(
            "Within clients: from mode use in a session to its rating and the next session",
            ("Outcome and mode", "Use to rating", "Rating to outcome", "Through the rating", "Product alone"),
            "lllll",
            lines,
            WITHIN_NOTE,
        )


WITHIN = ("path_a", "path_b", "indirect", "indirect_of_products")


def _terms(numbers: Numbers, part: str, model: PlannedModel) -> list[str]:
    """Terms of the modes with something through the alliance, in the order of the plan."""
    rows: pd.DataFrame = numbers.estimates
    found = rows[(rows["part"] == part) & (rows["estimand"] == "indirect") & rows["estimate"].notna()]
    modes = model.mode_terms(numbers.plan.predictors).values()
    return [term for term in modes if term in set(found["term"])]


def _first(outcome: Outcome, term: str) -> str:
    return f"{capital(outcome.told)}: {term}"
