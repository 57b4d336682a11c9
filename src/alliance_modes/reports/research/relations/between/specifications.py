"""The specification curve, in the research report."""

from __future__ import annotations

from collections.abc import Iterator

from alliance_modes.models.families.registry import family_of
from alliance_modes.plan.terms import Outcome, PlannedModel
from alliance_modes.reports.research.relations.block import Block, Numbers, tested
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import MISSING, number, percent, whole
from alliance_modes.words.specifications import option_told

ASKED = (
    "Would the estimates have come out otherwise with other rules of scoring, of cleaning, of who counts and "
    "how? Each specification is the planned analysis with some of these choices made in another way. The "
    "curve is descriptive: one cohort is analysed again and again, and how many specifications have p < .05 "
    "is no test."
)
NOTE = (
    "Per SD of mode use; points of the rating, or log-odds, which are farther from zero the more stands "
    "beside them. Same sign: as the planned estimate."
)
WITH_TEST = "p of the median: from mode scores permuted over practitioners."


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    return Block(
        "Other ways to have analysed it",
        ASKED,
        tuple(said for part, _, outcome in numbers.outcomes() for said in _moved(numbers, part, outcome)),
        tuple(_table(numbers)),
        not_done=numbers.not_done(lambda term: ""),
    )


def _moved(numbers: Numbers, part: str, outcome: Outcome) -> Iterator[str]:
    checks = numbers.checks[numbers.checks["part"] == part]
    looked = checks[checks["result"] != "not_checked"]
    if looked.empty:
        return
    found = [option_told(*name.split(": ", 1)) for name in looked.loc[looked["result"] == "fail", "check"]]
    lead = f"{capital(outcome.told)}: of {whole(len(looked))} choices made otherwise one at a time"
    if found:
        yield f"{lead}, these move the estimates by more than chance (Holm): {'; '.join(found)}."
    else:
        yield f"{lead}, none moves the estimates by more than chance (Holm)."


def _table(numbers: Numbers) -> Iterator[DisplayTable]:
    drawn = numbers.estimates.loc[numbers.estimates["estimand"] == "median", "p"].notna().any()
    lines = [
        line
        for part, model, outcome in numbers.outcomes()
        for line in _lines(numbers, part, model, outcome, bool(drawn))
    ]
    if lines:
        headings = ("Outcome", "Mode", "Planned", "Median", "Lowest to highest", "Same sign", "p < .05 in")
        yield display_table(
            "Estimates over the specifications",
            (*headings, *(["p of the median"] if drawn else [])),
            "ll" + "r" * (5 + bool(drawn)),
            lines,
            f"{NOTE} {WITH_TEST}" if drawn else NOTE,
        )


def _lines(
    numbers: Numbers, part: str, model: PlannedModel, outcome: Outcome, drawn: bool
) -> Iterator[tuple[str, ...]]:
    medians = numbers.estimates[
        (numbers.estimates["part"] == part) & (numbers.estimates["estimand"] == "median")
    ]
    unit = family_of(model.family).scale.unit
    for place, term in enumerate(medians["term"]):

        def value(estimand: str, term: str = term) -> float | None:
            row = numbers.row(part, term, estimand)
            return None if row is None else float(row["estimate"])

        head = f"{capital(outcome.told)} ({unit}; {whole(medians['n'].iloc[place])} specifications)"
        shares = (value("share_of_same_sign"), value("share_below_level"))
        yield (
            head if place == 0 else "",
            capital(term),
            *(number(value(one), 2) for one in ("coefficient", "median")),
            f"{number(value('lowest'), 2)} to {number(value('highest'), 2)}",
            *(MISSING if share is None else percent(share, 0) for share in shares),
            *([tested(numbers.row(part, term, "median"))] if drawn else []),
        )
