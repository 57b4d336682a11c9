"""Within clients: mode use in a session, the rating of it, the outcome of the next session (1-1-1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.models.result import Status
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.mediation import Mediation
from alliance_modes.relations.fitted import Asked
from alliance_modes.relations.mediation.natural import Drawn, of_draws
from alliance_modes.relations.mediation.stacked import Equation, StackedFit, fit_stacked
from alliance_modes.relations.pairs import Courses, courses, session_clock, with_enough, within
from alliance_modes.relations.result import RelationEstimate

PRODUCT_OF_TWO = "indirect_of_products"
"""The product of the slopes of two models fitted apart, without their covariance: the usual way."""


@dataclass(frozen=True)
class Stacked:
    """Both equations as one fit, and each alone.

    Effects that vary over clients stand in the order a, b, direct in ``both``. ``slopes`` are the places
    of the same three among its coefficients, ``rows`` those of one equation.
    """

    both: StackedFit
    rating: StackedFit
    outcome: StackedFit
    slopes: tuple[int, int, int]
    rows: int

    def indirect(self, draws: int, seed: list[int]) -> Drawn:
        """The mean over clients of a times b: the product of the means, and the covariance of the two."""
        rng = np.random.default_rng(seed)
        first, second, _ = self.slopes
        places = np.ix_((first, second), (first, second))
        at = self.both.beta[[first, second]]
        drawn = rng.multivariate_normal(at, self.both.vcov[places], draws, method="eigh")
        together = float(self.both.covariance[0, 1])
        moved = together + self.both.covariance_se(0, 1) * rng.standard_normal(draws)
        return of_draws(float(at[0] * at[1] + together), drawn[:, 0] * drawn[:, 1] + moved)

    def product_of_two(self, draws: int, seed: list[int]) -> Drawn:
        """The product of the slopes of the two models apart."""
        rng = np.random.default_rng(seed)
        parts = [(fit.beta[0], np.sqrt(fit.vcov[0, 0])) for fit in (self.rating, self.outcome)]
        drawn = [mean + se * rng.standard_normal(draws) for mean, se in parts]
        return of_draws(float(parts[0][0] * parts[1][0]), drawn[0] * drawn[1])


def stack(
    exposure: np.ndarray,
    mediator: np.ndarray,
    outcome: np.ndarray,
    people: np.ndarray,
    *,
    beside: Sequence[Sequence[np.ndarray]] = ((), ()),
    taken_out: int = 0,
) -> Stacked:
    """Fit mediator on exposure, and outcome on mediator and exposure, with slopes that vary over people.

    Parameters
    ----------
    exposure, mediator, outcome : array
        Deviations within people, by row.
    people : array
        Whose each row is.
    beside : two sequences of array
        Other columns with a fixed effect in the first and in the second equation.
    taken_out : int
        As in ``Equation``.
    """
    first = Equation(mediator, np.column_stack([exposure, *beside[0]]), exposure[:, None], people, taken_out)
    slopes = np.column_stack([mediator, exposure])
    second = Equation(outcome, np.column_stack([slopes, *beside[1]]), slopes, people, taken_out)
    start = first.fixed.shape[1]
    return Stacked(
        fit_stacked([first, second]),
        fit_stacked([first]),
        fit_stacked([second]),
        (0, start, start + 1),
        len(outcome),
    )


def within_clients(
    one: Asked, task: RelationTask, settings: Mediation, sessions: pd.DataFrame, seed: list[int]
) -> Iterator[RelationEstimate]:
    """What goes through the rating within clients, by mode; or why nothing is said of it.

    Notes
    -----
    Use of a mode in a session -> the client's rating of that session -> the outcome of the next session
    number, all as deviations within the client, beside use of the other modes, the session number and,
    for the outcome, that of the rated session. Slopes vary over clients, freely covarying. What is
    known of a client's mean is taken out, and counts as one row less for each.
    """
    modes = _modes_in_session(one, task)
    if not modes:
        return
    made = _courses(one, settings, modes, sessions)
    if isinstance(made, str):
        for term in modes:
            yield _refused(one, term, "not_run", made)
        return
    for term in modes:
        yield from _of_mode(one, task, settings, made, modes, term, seed)


def _modes_in_session(one: Asked, task: RelationTask) -> Mapping[str, str]:
    """Column of each mode's use in the session by term, of a linear model of sessions."""
    if one.table != "session" or one.model.family != "linear":
        return {}
    named = {name: task.predictors[name] for name in one.model.predictors}
    return {
        found.term or name: found.column
        for name, found in named.items()
        if found.mode is not None and found.level == "within"
    }


def _courses(
    one: Asked, settings: Mediation, modes: Mapping[str, str], sessions: pd.DataFrame
) -> Courses | str:
    needed = (settings.session_rating, *modes.values())
    absent = [name for name in needed if name not in sessions or sessions[name].isna().all()]
    if absent:
        return f"no session has a value of {', '.join(absent)}"
    every = courses(sessions, one.outcome, settings.session_rating, tuple(modes.values()))
    return with_enough(every, settings.ratings, settings.clients)


def _of_mode(
    one: Asked,
    task: RelationTask,
    settings: Mediation,
    made: Courses,
    modes: Mapping[str, str],
    term: str,
    seed: list[int],
) -> Iterator[RelationEstimate]:
    pairs = made.pairs
    person, _ = np.nonzero(pairs)

    def apart(values: np.ndarray) -> np.ndarray:
        return within(values, pairs, lines=False)[pairs]

    asked = {
        modes[term]: apart(made.further[modes[term]]),
        settings.session_rating: apart(made.rating),
        one.outcome.column: apart(made.following()),
    }
    alike = [name for name, values in asked.items() if not values.any()]
    if alike:
        yield _refused(one, term, "not_run", f"no client differs from session to session in {alike[0]}")
        return
    others = [apart(made.further[column]) for name, column in modes.items() if name != term]
    both = [*(each for each in others if each.any()), session_clock(pairs)[pairs]]
    try:
        exposure, mediator, outcome = asked.values()
        found = stack(
            exposure,
            mediator,
            outcome,
            person,
            beside=(both, [*both, apart(made.outcome)]),
            taken_out=len(made.people),
        )
    except ModelError as failure:
        yield _refused(one, term, "not_estimated", str(failure))
        return
    if not found.both.converged:
        yield _refused(one, term, "not_converged", "both equations together found no maximum")
        return
    yield from _rows(one, term, found, task.draws, seed)


def _rows(one: Asked, term: str, found: Stacked, draws: int, seed: list[int]) -> Iterator[RelationEstimate]:
    shared: dict[str, Any] = {
        "part": one.part,
        "term": term,
        "level": "within",
        "n": found.rows,
        "clusters": {"enrolment": found.both.people},
        "status": "singular" if found.both.singular else "ok",
    }
    units = (
        "points of the rating per point of use",
        "points per point of the rating",
        "points per point of use",
    )
    for estimand, place, unit in zip(("path_a", "path_b", "direct"), found.slopes, units, strict=True):
        estimate, se = float(found.both.beta[place]), float(np.sqrt(found.both.vcov[place, place]))
        yield RelationEstimate(**shared, estimand=estimand, unit=unit, **_normal(estimate, se))
    together = _normal(float(found.both.covariance[0, 1]), found.both.covariance_se(0, 1))
    yield RelationEstimate(**shared, estimand="covariance_of_paths", unit=units[2], **{**together, "p": None})
    for estimand, drawn in (
        ("indirect", found.indirect(draws, seed)),
        (PRODUCT_OF_TWO, found.product_of_two(draws, seed)),
    ):
        yield RelationEstimate(**shared, estimand=estimand, unit=units[2], **vars(drawn))


def _normal(estimate: float, se: float) -> dict[str, Any]:
    """A number with its normal interval; the statistic and p where it has an SE."""
    reach = float(stats.norm.ppf(0.5 + CONFIDENCE / 2.0)) * se
    statistic = estimate / se if se > 0.0 else None
    p = None if statistic is None else float(2.0 * stats.norm.sf(abs(statistic)))
    low, high = estimate - reach, estimate + reach
    return {"estimate": estimate, "se": se, "statistic": statistic, "p": p, "ci_low": low, "ci_high": high}


def _refused(one: Asked, term: str, status: Status, reason: str) -> RelationEstimate:
    return RelationEstimate(
        part=one.part, term=term, level="within", estimand="indirect", status=status, reason=reason
    )
