"""What was found, in sentences: the first page of the programme report.

A sentence says an association only where the joint test of the three modes, adjusted over its
family, is below .05 and at least 25 practitioners were surveyed. Everything else says what the
interval allows and what it does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alliance_modes.domain import ALPHA, MODES, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.measurement.intervals import clustered_mean, wilson_interval
from alliance_modes.models.result import FitResult
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.tables import people
from alliance_modes.tables.effects import joint_test, mode_estimates
from alliance_modes.tables.outcomes import counted_enrolments
from alliance_modes.words.names import by_rater, capital, listed, mode_name
from alliance_modes.words.rounding import is_missing, number, p_value, percent, whole

SAME_SOURCE = "practitioner-rated"
DESCRIPTIVE = "descriptive"


ASKED = (
    ("completion", "percentage_points", "Completion"),
    ("dropout_modes", "percentage_points", "Drop-out"),
    ("attendance", "percentage_points", "Attendance"),
    ("alliance", "standardised", "The alliance"),
    ("engagement", "standardised", "Engagement in sessions"),
)


@dataclass(frozen=True)
class Findings:
    """The first page: one headline, what it rests on, and sentences per question (its name first)."""

    headline: str
    basis: tuple[str, ...]
    told: tuple[tuple[str, tuple[str, ...]], ...]
    gated: bool


def findings(inputs: ReportInputs) -> Findings:
    """Write the findings of one cohort from its estimates."""
    surveyed = people.surveyed(inputs.analysis["practitioner"])
    gated = surveyed < PRACTITIONERS_FOR_A_CLAIM
    told = tuple((name, _sentences(inputs, model, estimand, gated)) for model, estimand, name in ASKED)
    clear = [] if gated else clear_outcomes(inputs)
    return Findings(_headline(inputs, clear, gated, surveyed), tuple(_basis(inputs, surveyed)), told, gated)


def clear_outcomes(inputs: ReportInputs) -> list[str]:
    """Labels of the outcomes whose joint test of the modes is below .05 after adjustment."""
    return [
        fit.label
        for name, model in inputs.models.items()
        for fit in model.fits
        if is_clear(joint_test(inputs.estimates, name, fit.outcome))
    ]


def is_clear(joint: pd.Series | None) -> bool:
    """Whether a joint test is below .05 after adjustment over its family."""
    return joint is not None and not is_missing(joint["p_adjusted"]) and float(joint["p_adjusted"]) < ALPHA


def _headline(inputs: ReportInputs, clear: list[str], gated: bool, surveyed: int) -> str:
    if mode_estimates(inputs.estimates).empty:
        return (
            "This cohort cannot say how practitioners' modes of work go with the alliance, engagement or "
            "completion: no such model could be run on it. What it can show follows."
        )
    if gated:
        return (
            f"No claim is made about modes of practice: {surveyed} practitioners were surveyed, and below "
            f"{PRACTITIONERS_FOR_A_CLAIM} such estimates are too easily chance. The estimates stand in the "
            "tables for the record."
        )
    if not clear:
        return (
            "Nothing in these data can be told apart from no association between how practitioners work and "
            "how their clients fare. That is not the same as showing that there is none: the intervals below "
            "say how large a difference remains possible."
        )
    own = [label for label in clear if SAME_SOURCE in label]
    other = [label for label in clear if SAME_SOURCE not in label]
    parts = []
    if other:
        parts.append(f"How practitioners work goes together with {by_rater(other)}.")
    if own:
        opening = "It also goes together" if other else "How practitioners work goes together only"
        parts.append(f"{opening} with {by_rater(own)}, where the rater of both is the same person.")
    parts.append("These are associations, not effects: practitioners were not assigned to clients at random.")
    return " ".join(parts)


def _basis(inputs: ReportInputs, surveyed: int) -> list[str]:
    counted = counted_enrolments(inputs.analysis["enrolment"])
    parts = []
    if len(counted):
        kinds = counted["end_kind"]
        done = wilson_interval(int((kinds == "completed").sum()), len(counted))
        out = wilson_interval(int((kinds == "dropped_out").sum()), len(counted))
        parts.append(
            f"Of {whole(len(counted))} enrolments that started and whose planned end lies before data "
            f"lock, {percent(done.estimate)} completed [95 % interval {percent(done.low)} to "
            f"{percent(done.high)}] and {percent(out.estimate)} dropped out [{percent(out.low)} to "
            f"{percent(out.high)}]."
        )
    if surveyed:
        means = {mode: inputs.analysis["practitioner"][mode].mean() for mode in MODES}
        order = sorted(means, key=lambda mode: -means[mode])
        shown = [f"the {mode_name(mode)} {number(means[mode], 1)}" for mode in order]
        parts.append(
            f"{whole(surveyed)} practitioners said how often they work in each mode, from 1 (never) to 5 "
            f"(always); the means are {listed(shown)}."
        )
    alliance = inputs.analysis["alliance"]
    if len(alliance):
        counts = alliance["rater"].value_counts().sort_index()
        raters = [f"{whole(count)} by {rater}s" for rater, count in counts.items()]
        told = f": {listed(raters)}" if len(counts) > 1 else f", by {counts.index[0]}s"
        parts.append(f"The alliance was rated {whole(len(alliance))} times{told}.")
        if not surveyed:
            parts += _arms(alliance)
    return parts


def _arms(alliance: pd.DataFrame) -> list[str]:
    """Mean client-rated alliance by programme or arm, where modes cannot be spoken of."""
    rated = alliance[
        (alliance["rater"] == "client") & alliance["total"].notna() & alliance["programme_id"].notna()
    ]
    rated = rated.sort_values("session_no", kind="stable").drop_duplicates("enrolment_id")
    shown = []
    for arm, here in rated.groupby("programme_id", sort=True):
        mean = clustered_mean(here["total"])
        shown.append(
            f"{arm} {number(mean.estimate)} [95 % interval {number(mean.low)} to {number(mean.high)}] "
            f"(SD {number(here['total'].std())}, n = {whole(mean.n)})"
        )
    return (
        [f"Mean client-rated alliance at the first inventory, all items: {listed(shown)}."] if shown else []
    )


def _sentences(inputs: ReportInputs, model: str, estimand: str, gated: bool) -> tuple[str, ...]:
    result = inputs.models.get(model)
    if result is None:
        return ("The analysis plan has no such model.",)
    rows = mode_estimates(inputs.estimates)
    rows = rows[(rows["model"] == model) & (rows["estimand"] == estimand)]
    if rows.empty:
        reason = result.reason or next(
            (fit.reason for fit in result.fits if fit.reason), "no estimate was possible"
        )
        return (f"Not run: {reason.rstrip('.')}.",)
    clear, unclear, untested, barred = [], [], [], []
    for fit in result.fits:
        if not (rows["outcome"] == fit.outcome).any():
            continue
        joint = joint_test(inputs.estimates, model, fit.outcome)
        if gated or (joint is not None and joint["family"] == DESCRIPTIVE):
            barred.append(fit)
        elif is_clear(joint):
            clear.append(fit)
        else:
            (untested if joint is None or is_missing(joint["p_adjusted"]) else unclear).append(fit)
    return (
        *_clear_sentences(inputs.estimates, model, clear, rows, estimand),
        *_together(unclear, rows, estimand, "cannot be told apart from no association with any mode"),
        *_together(barred, rows, estimand, "too few practitioners, so no claim is made"),
        *_together(
            untested,
            rows,
            estimand,
            "the joint test of the modes was not possible, so no mode is singled out",
        ),
    )


def _clear_sentences(
    estimates: pd.DataFrame, model: str, clear: list[FitResult], rows: pd.DataFrame, estimand: str
) -> list[str]:
    """One sentence per mode and direction, over all outcomes of which it can be said."""
    said: dict[tuple[str, str], list[tuple[str, str]]] = {}
    alone, details = [], []
    for fit in clear:
        here = rows[rows["outcome"] == fit.outcome].drop_duplicates("mode").set_index("mode")
        named = [
            mode
            for mode in MODES
            if mode in here.index
            and stands_out(here.loc[mode], single_p(estimates, model, fit.outcome, mode))
        ]
        for mode in named:
            way = "higher" if here.loc[mode, "estimate"] > 0 else "lower"
            said.setdefault((mode, way), []).append((fit.label, f"({amount(here.loc[mode], estimand)})"))
        if not named:
            alone.append(fit.label)
            shown = [f"{amount(here.loc[mode], estimand)} for the {mode_name(mode)}" for mode in here.index]
            details += [f"{fit.label}: {listed(shown)}."] if estimand == "percentage_points" else []
    sentences = [
        f"More use of the {mode_name(mode)} goes with {way} {by_rater(*zip(*pairs, strict=True))}."
        for (mode, way), pairs in sorted(said.items(), key=lambda item: MODES.index(item[0][0]))
    ]
    if alone:
        sentences.append(f"The three modes together go with {by_rater(alone)}, but no single one stands out.")
        sentences += details
    if clear:
        largest = max(float(joint_test(estimates, model, fit.outcome)["p_adjusted"]) for fit in clear)
        many = len(clear) > 1
        sentences.append(
            f"Joint test{'s' if many else ''} of the three modes, adjusted over the family: "
            f"{'each ' if many else ''}p {_equals(p_value(largest), many)}."
        )
    return sentences


def _together(fits: list[FitResult], rows: pd.DataFrame, estimand: str, said: str) -> list[str]:
    """One sentence for all outcomes of which the same is said, with the reach of their intervals."""
    if not fits:
        return []
    here = rows[rows["outcome"].isin([fit.outcome for fit in fits])]
    decimals, unit = (
        (1, "percentage points") if estimand == "percentage_points" else (2, "standard deviations")
    )
    names = capital(by_rater([fit.label for fit in fits]))
    return [
        f"{names}: {said}. The 95 % intervals of the single modes reach "
        f"from {number(here['ci_low'].min(), decimals)} to {number(here['ci_high'].max(), decimals)} {unit}."
    ]


def single_p(estimates: pd.DataFrame, model: str, outcome: str, mode: str) -> float | None:
    """Adjusted p of one mode: that of its coefficient, whatever number is shown for it."""
    rows = mode_estimates(estimates)
    rows = rows[(rows["model"] == model) & (rows["outcome"] == outcome) & (rows["mode"] == mode)]
    known = rows.loc[rows["estimand"] == "coefficient", "p_adjusted"].dropna()
    return float(known.iloc[0]) if len(known) else None


def amount(row: pd.Series, estimand: str) -> str:
    """An estimate with its unit and interval: ``8.7 points [4.1 to 12.7]``."""
    decimals, unit = (1, "points") if estimand == "percentage_points" else (2, "SD")
    limits = (
        "no interval"
        if is_missing(row["ci_low"]) or is_missing(row["ci_high"])
        else f"{number(row['ci_low'], decimals)} to {number(row['ci_high'], decimals)}"
    )
    return f"{number(row['estimate'], decimals)} {unit} [{limits}]"


def stands_out(row: pd.Series, p: float | None) -> bool:
    """Whether a single mode's interval lies wholly on one side of none, and its adjusted p is below .05."""
    if is_missing(row["ci_low"]) or is_missing(row["ci_high"]) or is_missing(p):
        return False
    return (float(row["ci_low"]) > 0 or float(row["ci_high"]) < 0) and float(p) < ALPHA


def _equals(text: str, at_most: bool) -> str:
    if text == number(ALPHA, 3).removeprefix("0"):
        return f"< {text}"
    return text if text.startswith("<") else f"{'≤' if at_most else '='} {text}"
