"""Two raters of the same session, in the research report."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.reports.measures import coefficient_unit
from alliance_modes.reports.research.relations.block import ANSWERED, Block, Numbers
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, plain
from alliance_modes.words.rounding import MISSING, is_missing, number, p_value

ASKED = (
    "Does the {judge} know how the {truth} sees the alliance? The {judge}'s rating of a session is read as a "
    "judgement of the {truth}'s: directional bias is how much higher it lies, tracking how far it follows. "
    "And do outcomes go with agreement of the two? The surface of an outcome over both ratings tells that "
    "apart from what either rating does alone."
)
JUDGED = (
    "Ratings in tenths of the response range, both centred on the {truth}'s mean [95 % interval]. Own mean: "
    "what is left of bias where each rating is centred on its own mean, the usual way. Within: among clients "
    "of one practitioner."
)
SURFACE = (
    "Per tenth of the response range, from its middle [95 % interval]; p not adjusted. a1, a2: slope and "
    "curvature where both agree; a3, a4: where they differ. p10, p11: intercept and slope of the ridge. "
    "Difference score: the absolute difference alone, the usual way. Below it the surface at some points, "
    "less its middle."
)
TERMS = ("a1", "a2", "a3", "a4", "p10", "p11")
FIGURE = "response_surface"
POINTS = {"agree": "Both at {x}", "differ": "{truth} at {x}, {judge} at {other}"}


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    settings = numbers.plan.relations.dyad
    said = {"truth": plain(settings.truth), "judge": plain(settings.judge)}
    surface = tuple(_surface(numbers))
    return Block(
        f"{capital(said['truth'])} and {said['judge']} on the same session",
        ASKED.format(**said),
        (*_metric(numbers), *_congruence(numbers)),
        (*_judged(numbers, JUDGED.format(**said)), *surface),
        figure=FIGURE if surface else "",
        not_done=numbers.not_done(_of_pair, _scale),
    )


def _of_pair(term: str) -> str:
    return {"a4": "the surface", "directional_bias": "bias and tracking"}.get(term, plain(term))


def _scale(part: str) -> str:
    return plain(part.partition(".")[2])


def _metric(numbers: Numbers) -> Iterator[str]:
    checks = numbers.checks
    apart = checks[(checks["check"] == "same_metric") & (checks["result"] == "fail")]
    if len(apart):
        yield (
            "The raters filled in different forms, so that bias is also that of the forms: "
            f"{'; '.join(dict.fromkeys(apart['detail']))}."
        )
    few = checks[(checks["check"] == "practitioners") & (checks["result"] == "fail")]
    if len(few):
        yield f"Hints only: {'; '.join(dict.fromkeys(few['detail']))}."


def _congruence(numbers: Numbers) -> Iterator[str]:
    for part, _, outcome in numbers.outcomes():
        found = numbers.checks[(numbers.checks["part"] == part) & (numbers.checks["check"] == "congruence")]
        for one in found.itertuples():
            verdict = (
                "may go with agreement" if one.result == "pass" else "no effect of agreement can be said"
            )
            yield f"{capital(outcome.told)}: {verdict} ({one.detail})."


def _judged(numbers: Numbers, note: str) -> Iterator[DisplayTable]:
    lines = []
    rows = numbers.estimates[numbers.estimates["term"].isin(["directional_bias", "tracking"])]
    for part in dict.fromkeys(rows["part"]):
        own = numbers.row(part, "directional_bias", "coefficient_own_mean")
        cells = [
            _with_limits(numbers.row(part, "directional_bias", "coefficient")),
            MISSING if own is None else number(own["estimate"]),
            *(_with_limits(_at(rows, part, level)) for level in ("", "within", "between")),
        ]
        if cells[0] != MISSING:
            lines.append((capital(plain(part.partition(".")[2])), *cells))
    if lines:
        headings = ("Scale", "Directional bias", "Own mean", "Tracking", "Within", "Between")
        yield display_table("Bias and tracking", headings, "llrlll", lines, note)


def _at(rows: pd.DataFrame, part: str, level: str) -> pd.Series | None:
    here = rows[(rows["part"] == part) & (rows["term"] == "tracking") & (rows["level"].fillna("") == level)]
    here = here[here["status"].isin(ANSWERED)]
    return None if here.empty else here.iloc[0]


def _surface(numbers: Numbers) -> Iterator[DisplayTable]:
    shown = [one for one in numbers.outcomes() if numbers.row(one[0], "a1", "coefficient") is not None]
    if not shown:
        return
    headings = (
        "",
        *(f"{capital(outcome.told)} ({coefficient_unit(model.family)})" for _, model, outcome in shown),
    )
    lines = []
    for term in TERMS:
        estimand = "axis" if term in ("p10", "p11") else "coefficient"
        lines.append((term, *(_with_p(numbers.row(part, term, estimand)) for part, _, _ in shown)))
    usual = [numbers.row(part, "absolute_difference", "coefficient_difference_score") for part, _, _ in shown]
    lines.append(("Difference score", *map(_with_p, usual)))
    lines += _heights(numbers, [part for part, _, _ in shown])
    yield display_table("The surface over both ratings", headings, "l" + "l" * len(shown), lines, SURFACE)


def _heights(numbers: Numbers, parts: list[str]) -> Iterator[tuple[str, ...]]:
    """The surface at some points of both lines, beside its middle."""
    points = numbers.points[numbers.points["part"].isin(parts) & (numbers.points["x"] != 0.0)]
    points = points[points["series"].isin(POINTS)]
    for (series, x), here in points.groupby(["series", "x"], sort=False):
        rows = here.set_index("part")
        cells = (_with_limits(rows.loc[part]) if part in rows.index else MISSING for part in parts)
        settings = numbers.plan.relations.dyad
        said = {"truth": capital(plain(settings.truth)), "judge": plain(settings.judge)}
        yield (POINTS[str(series)].format(x=number(x, 0), other=number(-x, 0), **said), *cells)


def _with_p(row: pd.Series | None) -> str:
    if row is None:
        return MISSING
    return _with_limits(row) + ("" if is_missing(row["p"]) else f"; p {p_value(row['p'])}")


def _with_limits(row: pd.Series | None) -> str:
    if row is None:
        return MISSING
    return f"{number(row['estimate'])} [{number(row['ci_low'])} to {number(row['ci_high'])}]"
