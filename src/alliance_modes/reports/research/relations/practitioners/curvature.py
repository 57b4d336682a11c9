"""Curvature over practitioners, in the research report."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.domain import ALPHA
from alliance_modes.plan.terms import Outcome
from alliance_modes.relations.curvature.analysis import ALLIANCE, BY_REGRESSION, RAW_MEAN
from alliance_modes.relations.curvature.low import WAYS
from alliance_modes.reports.measures import coefficient_unit
from alliance_modes.reports.research.relations.block import ANSWERED, Block, Numbers, tested
from alliance_modes.words.display import display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import MISSING, is_missing, number, p_value

ASKED = (
    "Do clients of practitioners with a very low, or a very high, mean alliance fare worse? Means of few "
    "clients are drawn towards what is expected, and each client's own rating stands beside the "
    "practitioner's mean, so that it is not taken for the practitioner's."
)
NOTE = (
    "Per standard deviation of practitioners' mean alliance [95 % interval]. Slope: at the mean "
    "practitioner. Turning point: in standard deviations from the mean, with Fieller's limits where they "
    "have an end; outside: beyond every practitioner. Raw means: the square by the usual way; in brackets "
    "that which a straight line would give."
)


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    lines = list(_lines(numbers))
    table = (
        [display_table("Outcomes over practitioners' mean alliance", HEADINGS, "lllrlr", lines, NOTE)]
        if lines
        else []
    )
    return Block(
        "Practitioners with a very low or very high alliance",
        ASKED,
        tuple(said for part, _, outcome in numbers.outcomes() for said in _said(numbers, part, outcome)),
        tuple(table),
        figure="alliance_curvature" if lines else "",
        not_done=numbers.not_done(lambda term: ""),
    )


HEADINGS = ("Outcome", "Slope", "Square", "p", "Turning point", "Raw means")


def _said(numbers: Numbers, part: str, outcome: Outcome) -> Iterator[str]:
    square, turn = numbers.row(part, ALLIANCE, "square"), numbers.row(part, ALLIANCE, "turn")
    if square is None or turn is None:
        return
    lead = f"{capital(outcome.told)}:"
    bow = "rises and then falls" if square["estimate"] < 0 else "falls and then rises"
    if turn["p"] < ALPHA:
        yield f"{lead} {bow} from the lowest practitioner to the highest (p {p_value(turn['p'])})."
    elif square["p"] < ALPHA:
        yield (
            f"{lead} not a straight line (p {p_value(square['p'])}), but that it turns between the lowest "
            f"practitioner and the highest cannot be told (p {p_value(turn['p'])})."
        )
    else:
        yield f"{lead} no curvature can be told (p {p_value(square['p'])})."
    checks = numbers.checks[(numbers.checks["part"] == part) & (numbers.checks["check"] == "ends")]
    for one in checks[checks["result"] == "fail"].itertuples():
        yield f"{lead} few practitioners carry the ends of the curve ({one.detail})."
    yield from _low(numbers, part, lead)


def _low(numbers: Numbers, part: str, lead: str) -> Iterator[str]:
    """Between which values the slope lies where low ratings are treated in other ways."""
    rows = numbers.estimates[(numbers.estimates["part"] == part) & (numbers.estimates["level"] == "between")]
    ways = rows[rows["estimand"].isin([f"coefficient_{way}" for way in WAYS])]
    values = ways.loc[ways["status"].isin(ANSWERED), "estimate"].dropna()
    kept = _slope(numbers, part)
    checks = numbers.checks[(numbers.checks["part"] == part)].set_index("check")["detail"]
    if kept is not None and len(values):
        yield (
            f"{lead} with low ratings left out or drawn in, the slope lies between "
            f"{number(values.min(), 2)} and {number(values.max(), 2)} in place of "
            f"{number(kept['estimate'], 2)} (2 SD below the mean: {checks['low ratings: left_out_two_sd']})."
        )


def _lines(numbers: Numbers) -> Iterator[tuple[str, ...]]:
    for part, model, outcome in numbers.outcomes():
        square = numbers.row(part, ALLIANCE, "square")
        if square is None:
            continue
        raw = numbers.row(part, ALLIANCE, f"square{RAW_MEAN}")
        straight = numbers.row(part, ALLIANCE, BY_REGRESSION)
        yield (
            f"{capital(outcome.told)} ({coefficient_unit(model.family)})",
            _limits(_slope(numbers, part)),
            _limits(square),
            tested(square),
            _turning(numbers, part),
            MISSING
            if raw is None or straight is None
            else f"{number(raw['estimate'], 2)} ({number(straight['estimate'], 2)})",
        )


def _turning(numbers: Numbers, part: str) -> str:
    """Where the curve turns; ``outside`` where no practitioner is that far."""
    checks = numbers.checks
    found = checks[(checks["part"] == part) & (checks["check"] == "turning_point")]
    if (found["result"] == "fail").any():
        return "outside"
    return _limits(numbers.row(part, ALLIANCE, "turning_point"))


def _slope(numbers: Numbers, part: str) -> pd.Series | None:
    rows = numbers.estimates
    wanted = (rows["part"] == part) & (rows["estimand"] == "coefficient") & (rows["level"] == "between")
    found = rows[wanted & rows["status"].isin(ANSWERED)]
    return None if found.empty else found.iloc[0]


def _limits(row: pd.Series | None) -> str:
    if row is None:
        return MISSING
    if is_missing(row["ci_low"]):
        return f"{number(row['estimate'], 2)} [no end]"
    return f"{number(row['estimate'], 2)} [{number(row['ci_low'], 2)} to {number(row['ci_high'], 2)}]"
