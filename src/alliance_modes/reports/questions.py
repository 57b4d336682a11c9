"""The plan as a report reads it: one question per model, and what came of it.

Nothing here knows a model, an outcome or a label by heart: which there are, who rates an outcome, how
it is shown and where it stands are the plan's; its numbers are those of ``estimates.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from alliance_modes.domain import ALPHA, Source
from alliance_modes.models.design.design import PRACTITIONER
from alliance_modes.models.inference.estimate_rows import JOINT_TERM
from alliance_modes.models.result import FitResult, ModelResult
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PRODUCT, Outcome, PlannedModel, Predictor, Section
from alliance_modes.reports.measures import Measure, measures_of
from alliance_modes.words.names import adjusted_said, modes_said, uncapital

RATES_THE_MODES: Source = "practitioner"
"""Who answers the survey of modes: of an outcome of the same rater, both sides have one source."""

FURTHEST_FROM_THE_MODES: tuple[Source, ...] = ("records", "client", "observer", RATES_THE_MODES)
SECTIONS: tuple[Section, ...] = ("completion", "engagement", "alliance", "moderation")
"""In the order in which a reader is told: what the programme is for comes first."""


Labels = Mapping[tuple[str, str], str]
"""Labels of outcomes by model and name of the outcome."""


@dataclass(frozen=True)
class Tested:
    """One tested predictor that is no mode between practitioners: its words and its rows of one outcome."""

    predictor: Predictor
    words: str
    unit: str
    rows: pd.DataFrame


@dataclass(frozen=True)
class Asked:
    """One outcome of a question: as planned, and as estimated.

    ``modes`` holds its rows of ``estimates.csv`` of the tested modes between practitioners, with a column
    ``mode``; ``test`` is the row of their joint test, or of the one mode that is tested alone;
    ``estimand`` says by which of its numbers it is shown; ``influence`` holds its rows of ``influence.csv``.
    """

    outcome: Outcome
    family: str
    fit: FitResult | None
    modes: pd.DataFrame
    test: pd.Series | None
    tested: tuple[Tested, ...]
    estimands: tuple[str, ...]
    influence: pd.DataFrame = field(default_factory=pd.DataFrame)

    def rests_on(self, row: pd.Series) -> str:
        """``practitioner`` or ``site`` where p of a row is below .05 only with a certain one of them.

        It is the p that a claim is made by: adjusted, and of a single coefficient by closed testing.
        """
        if self.influence.empty:
            return ""
        lost = self.influence["p_adjusted_highest"].astype("float64") >= ALPHA
        here = self.influence[
            (self.influence["term"] == row["term"])
            & (self.influence["level"].fillna("") == row["level"])
            & (row["p_adjusted"] < ALPHA)
            & lost
        ]
        return "" if here.empty else str(here["unit"].iloc[0])

    @property
    def label(self) -> str:
        """What a reader is shown for it."""
        return self.outcome.told

    @property
    def same_source(self) -> bool:
        """Whether the rater of the modes rated it too."""
        return self.outcome.rated_by == RATES_THE_MODES

    @property
    def estimand(self) -> str | None:
        """The number of the modes that is shown first: as planned, else the next that was estimated."""
        return self.shown_of(self.modes)

    @property
    def measure(self) -> Measure:
        """What that number is called."""
        return self.measure_of(self.estimand or self.estimands[0])

    def measure_of(self, estimand: str) -> Measure:
        """What a number of this outcome is called."""
        return measures_of(self.family)[estimand]

    def shown_of(self, rows: pd.DataFrame) -> str | None:
        """The estimand by which rows of this outcome are shown; None where there are none."""
        known = set(rows["estimand"]) if len(rows) else set()
        return next((estimand for estimand in self.estimands if estimand in known), None)

    def by_mode(self, estimand: str | None = None) -> pd.DataFrame:
        """One row per mode, by name, of one estimand (the one shown unless given)."""
        found = self._by_estimand.get(estimand or self.estimand)
        return self.modes.iloc[:0].set_index("mode") if found is None else found

    @cached_property
    def _by_estimand(self) -> dict[str | None, pd.DataFrame]:
        return {
            str(estimand): rows.drop_duplicates("mode").set_index("mode")
            for estimand, rows in self.modes.groupby("estimand", sort=False)
        }


@dataclass(frozen=True)
class Question:
    """One model of the plan, as a report asks it: its name, what was planned, and what came of it."""

    name: str
    planned: PlannedModel
    modes: Mapping[str, str]
    result: ModelResult | None = None
    asked: tuple[Asked, ...] = field(default=())
    involves_modes: bool = False

    @property
    def section(self) -> Section:
        """The section of the report that it stands in."""
        return self.planned.stands_in

    @property
    def modes_told(self) -> str:
        """The modes that it tests, in words: ``the three modes``, ``the educative mode``."""
        return modes_said(self.modes)

    @property
    def covariates(self) -> tuple[str, ...]:
        """What stands beside the tested predictors in the fits; none where plan or cohort has none."""
        fits = [] if self.result is None else self.result.fits
        return tuple(
            name
            for name in self.planned.covariates
            if not fits or any(name not in fit.reduced for fit in fits)
        )

    @property
    def adjusted_told(self) -> str:
        """How its tests are adjusted, in words."""
        return adjusted_said({self.planned.claim_of(one) for one in self.planned.outcomes})

    @property
    def estimated(self) -> tuple[Asked, ...]:
        """The outcomes of which a mode was estimated."""
        return tuple(one for one in self.asked if len(one.modes))

    @property
    def same_source(self) -> tuple[Asked, ...]:
        """Outcomes with an estimate whose rater also rated the modes, where the question is about modes."""
        if not self.involves_modes:
            return ()
        return tuple(
            one
            for one in self.asked
            if one.same_source and (len(one.modes) or any(len(each.rows) for each in one.tested))
        )


def questions(
    plan: Plan,
    models: Mapping[str, ModelResult],
    estimates: pd.DataFrame,
    influence: pd.DataFrame | None = None,
) -> tuple[Question, ...]:
    """One question per model that has a result, in the plan's order.

    Parameters
    ----------
    plan : Plan
        Says of every outcome who rates it.
    models : mapping
        ``ModelResult`` by model name.
    estimates : DataFrame
        ``estimates.csv``: one row per model, outcome, term, level and estimand.
    influence : DataFrame, optional
        ``influence.csv``; without it nothing is known of what rests on one practitioner or site.
    """
    known = estimates[estimates["estimate"].notna() | (estimates["estimand"] == "joint_test")]
    left_out = pd.DataFrame(columns=["model", "outcome"]) if influence is None else influence
    return tuple(
        _question(
            name, planned, plan, models[name], *(_of(rows, "model", name) for rows in (known, left_out))
        )
        for name, planned in plan.models.items()
        if name in models
    )


def for_a_reader(asked: Iterable[Question]) -> tuple[Question, ...]:
    """Questions about modes, what the records tell first and what practitioners rate last."""

    def place(question: Question) -> tuple[int, int]:
        raters = [FURTHEST_FROM_THE_MODES.index(one.outcome.rated_by) for one in question.asked]
        return min(raters), SECTIONS.index(question.section)

    return tuple(sorted((one for one in asked if one.modes), key=place))


def practitioners_fitted(asked: Iterable[Question]) -> int | None:
    """The practitioners of the largest fit from which a mode was estimated; None where there is none."""
    fits = [one.fit for question in asked for one in question.estimated if one.fit is not None]
    return max((fit.clusters[PRACTITIONER] for fit in fits if PRACTITIONER in fit.clusters), default=None)


def labels_of(models: Mapping[str, ModelResult]) -> Labels:
    """The label of each outcome, by its model and its name: two models may have outcomes of one name."""
    return {(name, fit.outcome): fit.label for name, model in models.items() for fit in model.fits}


def label_of(row: Any, labels: Labels) -> str:
    """What a reader is shown for the outcome of a row of results (its ``model`` and ``outcome``)."""
    return labels.get((str(row.model), str(row.outcome)), str(row.outcome))


def mode_names(plan: Plan) -> dict[tuple[str, str], str]:
    """The mode that a term of a model stands for, by model and term."""
    return {
        (name, term): mode
        for name, planned in plan.models.items()
        for mode, term in planned.mode_terms(plan.predictors).items()
    }


def term_words(plan: Plan, term: str) -> str:
    """What a reader is shown for a term of the estimates: ``engagement mode``, ``readiness``."""
    known = (predictor for name, predictor in plan.predictors.items() if term in (name, predictor.term))
    found = next(known, None)
    return term if found is None else uncapital(found.label)


def _of(rows: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    return rows[rows[column] == value] if len(rows) else rows


def _question(
    name: str,
    planned: PlannedModel,
    plan: Plan,
    result: ModelResult,
    rows: pd.DataFrame,
    influence: pd.DataFrame,
) -> Question:
    fits = {fit.outcome: fit for fit in result.fits}
    modes = planned.mode_terms(plan.predictors)
    by_outcome = dict(list(rows.groupby("outcome", sort=False)))
    asked = tuple(
        replace(
            _asked(one, planned, plan, modes, fits.get(one.name), by_outcome.get(one.name, rows.iloc[:0])),
            influence=_of(influence, "outcome", one.name),
        )
        for one in planned.outcomes
    )
    involved = any(
        plan.predictors[part].mode is not None for term in planned.tested for part in term.split(PRODUCT)
    )
    return Question(name, planned, modes, result, asked, involved)


def _asked(
    outcome: Outcome,
    planned: PlannedModel,
    plan: Plan,
    modes: Mapping[str, str],
    fit: FitResult | None,
    rows: pd.DataFrame,
) -> Asked:
    between = rows[~(rows["level"] == "within")]
    names = {term: mode for mode, term in modes.items()}
    of_modes = between.assign(mode=between["term"].map(names)).dropna(subset=["mode", "estimate"])
    estimands = tuple(dict.fromkeys((planned.estimand_shown(outcome), *measures_of(planned.family))))
    tested = tuple(_tested(planned, plan, rows)) if len(rows) else ()
    test = _test(of_modes, between)
    return Asked(outcome, planned.family, fit, of_modes, test, tested, estimands)


def _test(of_modes: pd.DataFrame, between: pd.DataFrame) -> pd.Series | None:
    """The joint test of the modes; that of a mode which is tested alone; None where there is neither."""
    if of_modes.empty:
        return None
    levels = set(of_modes["level"].fillna(""))
    joint = between[(between["estimand"] == "joint_test") & (between["term"] == JOINT_TERM)]
    joint = joint[joint["level"].fillna("").isin(levels)]
    if len(joint):
        return joint.iloc[0]
    alone = of_modes[of_modes["estimand"] == "coefficient"]
    return alone.iloc[0] if of_modes["mode"].nunique() == 1 and len(alone) else None


def _tested(planned: PlannedModel, plan: Plan, rows: pd.DataFrame) -> Iterable[Tested]:
    """What a model tests beside modes between practitioners and their products; every term if none."""
    modes = planned.mode_terms(plan.predictors)
    for name in planned.tested or planned.terms:
        parts = [plan.predictors[part] for part in name.split(PRODUCT)]
        between = parts[0].mode is not None and parts[0].level != "within"
        if between and (len(parts) > 1 or parts[0].mode in modes):
            continue
        term = re.escape((parts[0].term or name) if len(parts) == 1 else name)
        form = rf"{term}(: .*)?" if parts[0].smooth is None else rf"{term}_\d+"
        here = rows[rows["term"].str.fullmatch(form)]
        if len(parts) == 1 and not parts[0].split:
            here = here[here["level"].fillna("") == parts[0].level]
        for (found, level), one in here.groupby(["term", here["level"].fillna("")], sort=False):
            yield Tested(parts[0], _words(parts, str(found), str(level)), _unit(parts), one)


def _words(parts: list[Predictor], term: str, level: str) -> str:
    category = f" ({term.partition(': ')[2]})" if ": " in term else ""
    apart = f", {level} practitioners" if level and any(part.split for part in parts) else ""
    return f"{' by '.join(part.label for part in parts)}{category}{apart}"


def _unit(parts: list[Predictor]) -> str:
    return ", ".join(part.unit for part in parts)
