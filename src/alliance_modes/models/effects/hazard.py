"""What a model of drop-out says in percentage points: cumulative incidence, other ends competing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from alliance_modes.dictionary.named import ENROLMENT_ID
from alliance_modes.models.design.design import OUTCOME, Design, DesignColumn
from alliance_modes.models.design.events import EVENTS_PER_COEFFICIENT
from alliance_modes.models.effects.competing import EndHazard, People, Setting, incidence_of, people_of
from alliance_modes.models.effects.marginal import HIGH, LOW, Draws, draw
from alliance_modes.models.engine.distributions import CLOGLOG
from alliance_modes.models.engine.glmm import EngineError, fit_mixed
from alliance_modes.models.engine.links import COMPLEMENTARY_LOG_LOG
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.inference.explained import mean_random_variance
from alliance_modes.models.result import CurvePoint, Diagnostic, Estimate, PredictedIncidence

SAMPLE = 100
"""Clients over whom the draws behind an interval are averaged; the estimate is over all."""

DRAWS_AT_ONCE = 100
CHECK = "each competing end with a model of its own"


@dataclass(frozen=True)
class HazardEffects:
    """Rows and curves of one outcome, and what was done about the ends that compete with it."""

    estimates: tuple[Estimate, ...]
    incidences: tuple[PredictedIncidence, ...]
    diagnostic: Diagnostic


def hazard_effects(
    found: Mapping[str, Estimated | Refused],
    end: str,
    focal: Estimated,
    landmark: int,
    draws: int,
    seed: list[int],
) -> HazardEffects:
    """Differences in cumulative incidence of one end by the last planned session.

    Parameters
    ----------
    found : mapping
        Every outcome of the model by name: ends that compete with each other.
    end : str
        The one asked about.
    focal : Estimated
        Its fit, among ``found``.
    landmark : int
        Session after which a 0/1 predictor that changes is set to 1.
    draws : int
        Draws behind each interval.
    seed : list of int

    Returns
    -------
    HazardEffects
        A row in percentage points per tested predictor, and curves: the cohort as it is (for every
        end, with the model's first outcome), and everybody at -1, 0 and 1 of each tested predictor.

    Notes
    -----
    All is averaged over the clients of the model, each to the client's own last planned session, and
    over random effects (``competing``). A predictor that is constant within enrolments: everybody at 1
    against everybody at 0, from the start. One that changes: 1 in every session after the landmark
    against 0 throughout, among those without an early end by then. Intervals: percentiles of draws from
    the multivariate t with each end's own SEs (the rule's) and the predictor's df; variances held.
    They are averaged over at most 100 clients evenly spaced in predicted hazard, and shifted by what
    the estimate over these differs from that over all.
    An end that could not be estimated competes with its hazard by session without predictors, held at
    its fit; with too few events even for that, with a constant hazard; without any, not at all.
    """
    first = next(iter(found)) == end
    people = people_of(focal.design)
    if isinstance(people, str):
        return HazardEffects((), (), Diagnostic(check=CHECK, result="not_checked", detail=people))
    hazards, said = _hazards(found, end, draws, seed)
    asked = _Asked(end, focal, hazards, people, landmark)
    rows, incidences = [], [asked.curve(other.end) for other in hazards if first or other.end == end]
    for column in focal.design.columns:
        if column.tested and not column.smooth:
            row, curves = asked.effect(column)
            rows += row
            incidences += curves
    detail = "; ".join(said) or "every other end has its own model"
    check = Diagnostic(check=CHECK, result="fail" if said else "pass", detail=detail)
    return HazardEffects(tuple(rows), tuple(incidences), check)


@dataclass(frozen=True)
class _Drawn:
    """One end's hazard with normal draws of its coefficients, before they are scaled to a df."""

    hazard: EndHazard
    draws: Draws | None = None
    df: Mapping[str, float] = field(default_factory=dict)

    @property
    def end(self) -> str:
        return self.hazard.end

    def betas(self, column: str, part: slice) -> np.ndarray:
        """Draws of the coefficients, multivariate t with the df of ``column``; normal without one."""
        if self.draws is None:
            return self.hazard.beta[None, :]
        if not column:
            return self.hazard.beta + self.draws.coefficients[part]
        df = self.df.get(column, self.df[INTERCEPT])
        return self.hazard.beta + self.draws.coefficients[part] * self.draws.scale(df, part)[:, None]


def _hazards(
    found: Mapping[str, Estimated | Refused], end: str, draws: int, seed: list[int]
) -> tuple[list[_Drawn], list[str]]:
    hazards, said = [], []
    for place, (name, one) in enumerate(found.items()):
        if isinstance(one, Estimated):
            hazards.append(_estimated(name, one, draws, [*seed, place]))
            continue
        held, how = _held(name, one.design)
        said.append(f"{name} {how} ({one.refusal.reason})")
        hazards += [] if held is None else [_Drawn(held)]
    return hazards, said


def _estimated(name: str, one: Estimated, draws: int, seed: list[int]) -> _Drawn:
    inference = one.inference
    groups = one.structure.fit.covariances
    variance = math.fsum(mean_random_variance(group, one.design.frame) for group in groups)
    drawn = draw(inference, np.zeros((0, len(inference.beta))), draws, seed)
    hazard = EndHazard(name, one.design, inference.names, inference.beta, float(np.sqrt(variance)))
    df = dict(zip(inference.names, inference.df.tolist(), strict=True))
    return _Drawn(hazard, drawn, df)


def _held(name: str, design: Design | None) -> tuple[EndHazard | None, str]:
    """The hazard of an end without predictors, and in words what was done."""
    events = 0.0 if design is None else float(design.frame[OUTCOME].sum())
    if design is None or not events:
        return None, "is left out: nobody ended so"
    smooth = tuple(name for one in design.smooths for name in one.names)
    if events >= EVENTS_PER_COEFFICIENT * (len(smooth) + 1):
        try:
            fit = fit_mixed(design.frame, design.response, smooth, (), CLOGLOG)
        except EngineError:
            fit = None
        if fit is not None and fit.converged and not fit.aliased:
            return EndHazard(name, design, fit.names, fit.beta, 0.0), "is held at its hazard by session"
    constant = COMPLEMENTARY_LOG_LOG.predictor(np.array([events / design.observations]))
    return EndHazard(name, design, (INTERCEPT,), constant, 0.0), "is held at a constant hazard"


@dataclass(frozen=True)
class _Asked:
    """One end of one model, with all that competes, ready to be asked about settings."""

    end: str
    focal: Estimated
    hazards: list[_Drawn]
    people: People
    landmark: int

    def effect(self, column: DesignColumn) -> tuple[list[Estimate], list[PredictedIncidence]]:
        """The row in percentage points of one tested column, and its curves."""
        frame = self.focal.design.frame
        values = frame[column.name]
        changes = bool((frame.groupby(ENROLMENT_ID)[column.name].nunique() > 1).any())
        if values.min() > 0 or values.max() < 1 or (changes and not column.binary):
            return [], []
        since = self.landmark if changes else 0
        if since >= self.people.sessions:
            return [], []
        settings = [Setting(column.name, value, since) for value in (0.0, 1.0)]
        if values.min() <= -1 and not changes:
            settings.append(Setting(column.name, -1.0))
        estimates = [self._all(setting) for setting in settings]
        drawn = [self._drawn(setting, column.name) for setting in settings]
        small = [self._sampled(setting) for setting in settings]
        curves = [
            _curve(
                self.end,
                column.term,
                setting.value,
                estimate[0],
                np.clip(np.quantile(here[0] - less[0] + estimate[0], (LOW, HIGH), axis=0), 0.0, 1.0),
            )
            for setting, estimate, here, less in zip(settings, estimates, drawn, small, strict=True)
        ]
        row = self._row(column, since, estimates, drawn, small)
        return [row], curves

    def curve(self, end: str) -> PredictedIncidence:
        """The cohort as it is. An end that is held has no interval.

        The interval is of log(-log(1 - incidence)), which is nearly linear in the coefficients: its SE over
        normal draws, with t on the most df that a coefficient of the end has. The intercept's df are those of
        a client with all covariates at 0, and not of the average over clients.
        """
        estimate, _ = self._all(Setting(), end)
        own = next(one for one in self.hazards if one.end == end)
        if own.draws is None:
            return _curve(end, "", None, estimate, None)
        drawn, _ = self._drawn(Setting(), "", end)
        centre = COMPLEMENTARY_LOG_LOG.predictor(estimate[0])
        reach = np.std(COMPLEMENTARY_LOG_LOG.predictor(drawn), axis=0, ddof=1)
        reach = reach * stats.t.ppf(HIGH, max(own.df.values()))
        limits = (COMPLEMENTARY_LOG_LOG.mean(centre + side * reach) for side in (-1.0, 1.0))
        low, high = (np.where(estimate[0] > 0.0, limit, 0.0) for limit in limits)
        return _curve(end, "", None, estimate, (low, high))

    def _row(self, column: DesignColumn, since: int, estimates: list, drawn: list, small: list) -> Estimate:
        def points(of: list) -> np.ndarray:
            difference = of[1][0][:, -1] - of[0][0][:, -1]
            return 100.0 * (difference / of[0][1][:, since] if since else difference)

        estimate = float(points(estimates)[0])
        shifted = points(drawn) - points(small) + estimate
        low, high = np.quantile(shifted, (LOW, HIGH))
        among = f"; of those still enrolled after session {since}" if since else ""
        return Estimate(
            term=column.term,
            level=column.level,
            estimand="percentage_points",
            unit=f"percentage points of cumulative incidence by the last planned session per {column.unit}"
            f"{among}",
            estimate=estimate,
            se=float(np.std(shifted, ddof=1)),
            ci_low=float(low),
            ci_high=float(high),
            status=self.focal.status,
        )

    def _all(self, setting: Setting, end: str = "") -> tuple[np.ndarray, np.ndarray]:
        return incidence_of([one.hazard for one in self.hazards], end or self.end, self.people, setting)

    def _sampled(self, setting: Setting, end: str = "") -> tuple[np.ndarray, np.ndarray]:
        return incidence_of([one.hazard for one in self.hazards], end or self.end, self._few(), setting)

    def _drawn(self, setting: Setting, column: str, end: str = "") -> tuple[np.ndarray, np.ndarray]:
        total = next(len(one.draws.coefficients) for one in self.hazards if one.draws is not None)
        hazards, few = [one.hazard for one in self.hazards], self._few()
        parts = [
            incidence_of(hazards, end or self.end, few, setting, list(betas))
            for betas in self._batches(column, total)
        ]
        incidence, free = (np.concatenate(kind) for kind in zip(*parts, strict=True))
        return incidence, free

    def _batches(self, column: str, total: int) -> Iterator[list[np.ndarray]]:
        for first in range(0, total, DRAWS_AT_ONCE):
            part = slice(first, min(first + DRAWS_AT_ONCE, total))
            yield [one.betas(column, part) for one in self.hazards]

    def _few(self) -> People:
        hazard = next(one.hazard for one in self.hazards if one.end == self.end)
        client = hazard.client_part(self.people, Setting(), hazard.beta[None, :])[0]
        if len(client) != len(self.people.last):
            return self.people
        return self.people.sample(np.argsort(client, kind="stable"), SAMPLE)


def _curve(
    end: str,
    term: str,
    value: float | None,
    estimate: np.ndarray,
    limits: tuple[np.ndarray, np.ndarray] | np.ndarray | None,
) -> PredictedIncidence:
    points = tuple(CurvePoint(x=float(session), estimate=float(at)) for session, at in enumerate(estimate[0]))
    if limits is not None:
        low, high = (limit.tolist() for limit in limits)
        points = tuple(
            point.model_copy(update={"ci_low": below, "ci_high": above})
            for point, below, above in zip(points, low, high, strict=True)
        )
    return PredictedIncidence(end=end, term=term, value=value, points=points)
