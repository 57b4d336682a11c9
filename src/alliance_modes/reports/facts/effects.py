"""What the plan's questions about ways of working came to, outcome by outcome, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from alliance_modes.domain import ALPHA, MODES, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.collect import hypothesis_families
from alliance_modes.models.effects.detectable import detectable_difference, spread_of_draws_to_se
from alliance_modes.models.multiplicity import METHODS
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.parts import estimates_part
from alliance_modes.plan.terms import Section
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.measures import Measure
from alliance_modes.reports.questions import Asked, Question, for_a_reader, practitioners_fitted
from alliance_modes.reports.research.findings.claims import (
    EXPLORED,
    TOO_FEW,
    UNCLEAR,
    UNTESTED,
    stands_out,
    verdict_on,
)
from alliance_modes.words.rounding import is_missing

Verdict = Literal["clear", "unclear", "too few", "explored", "untested"]
VERDICTS: Mapping[str, Verdict] = {
    "": "clear",
    UNCLEAR: "unclear",
    TOO_FEW: "too few",
    EXPLORED: "explored",
    UNTESTED: "untested",
}
POINTS = "percentage_points"
SIMULATED = (POINTS, "expected_count")
"""Estimands whose standard errors are the SD of draws from t."""


@dataclass(frozen=True)
class ModeEffect:
    """One mode and one outcome, per standard deviation of mode use between practitioners.

    ``clear`` says that this mode stands out by itself; ``rests_on`` is ``practitioner`` or ``site`` where
    that holds with a single one of them only. ``detectable`` is what could have been shown, in the unit of
    the estimate; None for ratios, and where no test was possible.
    """

    mode: str
    estimate: float
    low: float | None
    high: float | None
    clear: bool
    rests_on: str
    detectable: float | None


@dataclass(frozen=True)
class OutcomeEffects:
    """One outcome of a question about modes: what was asked, how it ended, and the modes in the plan's order.

    ``column`` is that of the analysis table; ``counted`` what its percentage points are of a hundred of;
    ``tests`` how many tests share the level of .05 with that of this outcome.
    """

    question: str
    section: Section
    label: str
    column: str
    counted: str
    rated_by: str
    at_a_glance: bool
    same_source: bool
    estimand: str
    measure: Measure
    verdict: Verdict
    rests_on: str
    tests: int
    modes: tuple[ModeEffect, ...]

    @property
    def of_hundred(self) -> bool:
        """Whether its numbers are people (or sessions) of a hundred."""
        return self.estimand == POINTS

    @property
    def clear(self) -> tuple[ModeEffect, ...]:
        """The modes that stand out by themselves, where the test of all of them allows a claim."""
        return tuple(one for one in self.modes if one.clear) if self.verdict == "clear" else ()


def gated(inputs: ReportInputs) -> bool:
    """Whether too few practitioners entered the models for any claim."""
    entered = practitioners_fitted(one for one in inputs.questions if one.modes)
    return entered is not None and entered < PRACTITIONERS_FOR_A_CLAIM


def outcome_effects(inputs: ReportInputs, shown: ReportInputs | None = None) -> tuple[OutcomeEffects, ...]:
    """Every outcome of which a mode was estimated; what the records tell comes first.

    Parameters
    ----------
    inputs : ReportInputs
        Decide what may be claimed, and how many tests share a level.
    shown : ReportInputs, optional
        The same with the results that an edition may show, where it may not show all of them.
    """
    too_few, shared = gated(inputs), _shared_levels(inputs)
    return tuple(
        _effects(question, one, too_few, shared)
        for question in for_a_reader((shown or inputs).questions)
        for one in question.estimated
        if one.estimand is not None
    )


def _shared_levels(inputs: ReportInputs) -> dict[str, int]:
    """How many tests each family of hypotheses has, by claim; one where they are not adjusted."""
    part = estimates_part(inputs.plan)
    counted = part.multiplicity.not_computed == "counted"
    return {
        claim: (family.planned if counted else len(family.tests)) if claim in METHODS else 1
        for claim, family in hypothesis_families(inputs.models.values(), part).items()
    }


def _effects(question: Question, one: Asked, too_few: bool, shared: Mapping[str, int]) -> OutcomeEffects:
    verdict = VERDICTS[verdict_on(one, too_few)]
    claim = "" if one.test is None else str(one.test["family"])
    tests = max(shared.get(claim, 1), 1)
    return OutcomeEffects(
        question=question.planned.title,
        section=question.section,
        label=one.label,
        column=one.outcome.column,
        counted=_counted(question, one),
        rated_by=one.outcome.rated_by,
        at_a_glance=one.outcome.at_a_glance,
        same_source=one.same_source,
        estimand=str(one.estimand),
        measure=one.measure,
        verdict=verdict,
        rests_on="" if one.test is None or verdict != "clear" else one.rests_on(one.test),
        tests=tests,
        modes=tuple(_of_modes(one, verdict == "clear", ALPHA / tests)),
    )


def _counted(question: Question, one: Asked) -> str:
    """What a row of the outcome is one of: a person, a session, a rating."""
    if one.outcome.trials:
        return "sessions" if "session" in one.outcome.trials else "occasions"
    if question.planned.table == "enrolment" or FAMILIES[question.planned.family].hazard:
        return "people"
    return "sessions" if question.planned.table == "session" else "ratings"


def _of_modes(one: Asked, claimed: bool, alpha: float) -> Iterable[ModeEffect]:
    shown, coefficients = one.by_mode(), one.by_mode("coefficient")
    for mode in MODES:
        if mode not in shown.index:
            continue
        row, alone = shown.loc[mode], claimed and stands_out(one, mode)
        df = None if mode not in coefficients.index else coefficients.loc[mode, "df"]
        yield ModeEffect(
            mode,
            float(row["estimate"]),
            _number(row["ci_low"]),
            _number(row["ci_high"]),
            alone,
            one.rests_on(coefficients.loc[mode]) if alone else "",
            None if one.measure.ratio else _detectable(row["se"], df, str(one.estimand), alpha),
        )


def _detectable(se: object, df: object, estimand: str, alpha: float) -> float | None:
    if is_missing(se) or is_missing(df):
        return None
    error, free = float(str(se)), float(str(df))
    if estimand in SIMULATED:
        error = spread_of_draws_to_se(error, free)
    return _number(detectable_difference(error, free, alpha))


def _number(value: object) -> float | None:
    return None if is_missing(value) else float(str(value))
