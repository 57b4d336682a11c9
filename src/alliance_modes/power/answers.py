"""What the plan's own fit says of drawn outcomes, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from alliance_modes.domain import ALPHA
from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.inference.estimate_rows import joint_term
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.inference.inference import may_claim
from alliance_modes.models.multiplicity import adjusted, after_joint_test
from alliance_modes.models.outcome import estimate_design
from alliance_modes.models.result import Estimate
from alliance_modes.plan.terms import PlannedModel
from alliance_modes.power.injected import Injected, effect_columns, rows_of


@dataclass(frozen=True)
class Family:
    """Whose claims are counted: the kind of ``claim``, and how many tests the plan makes of that kind."""

    claim: str
    tests: int


@dataclass(frozen=True)
class Answer:
    """What one fit says of one tested column; ``truth`` is the coefficient that outcomes were drawn with.

    ``structure`` numbers the people of the draw, ``draw`` the outcomes of them. ``p`` is of the rule,
    ``p_plain`` that of the engine's own standard error and the normal distribution. ``claimed``: by the
    p that claims rest on, where there are enough practitioners, and no other test of the family finds
    anything.
    """

    structure: int
    draw: int
    column: str
    truth: float
    estimate: float
    se: float
    df: float
    p: float
    p_plain: float
    low: float
    high: float
    claimed: bool


def in_turn(names: Sequence[str], draws: int) -> tuple[str | None, ...]:
    """Which column has the effect in each draw: none, and then each of them in turn, again and again."""
    turns = (None, *names)
    return tuple(turns[draw % len(turns)] for draw in range(draws))


def answers(
    design: Design,
    model: PlannedModel,
    family: Family,
    injected: Injected,
    draws: Sequence[tuple[int, str | None, float]],
    seed: Sequence[int],
    structure: int = 0,
    start: EngineFit | None = None,
) -> Iterator[Answer | None]:
    """Draw outcomes, fit the plan's model to each, and say what it finds of every tested column.

    Parameters
    ----------
    design : Design
        Rows, columns and groupings; its outcome plays no part.
    model : PlannedModel
    family : Family
        For claims.
    injected : Injected
        What outcomes are drawn from; the tested columns have no effect but the one of the draw.
    draws : sequence of (int, str or None, float)
        The number of each draw, the column that has the effect in it, and its coefficient.
    seed : sequence of int
        Each draw has a stream of its own, whichever others are made.
    structure : int
        The number of the people.
    start : EngineFit, optional
        Where each search begins.

    Yields
    ------
    Answer or None
        One per tested column, in order; one None for a draw that the plan's model was not estimated of.
    """
    names = tuple(column.name for column in effect_columns(design))
    rows = rows_of(design)
    nothing = injected.with_effects(dict.fromkeys(names, 0.0))
    for number, column, coefficient in draws:
        effects = {} if column is None else {column: coefficient}
        truth = nothing.with_effects(effects)
        drawn = truth.outcomes(rows, np.random.default_rng([*seed, number]))
        found = estimate_design(replace(design, frame=design.frame.assign(**{OUTCOME: drawn})), model, start)
        if isinstance(found, Refused):
            yield None
            continue
        for name in names:
            yield _answer(found, name, family, truth.coefficients[name], (structure, number))


def _answer(found: Estimated, name: str, family: Family, truth: float, place: tuple[int, int]) -> Answer:
    inference, fit = found.inference, found.structure.fit
    at = inference.place(name)
    low, high = (float(limit[at]) for limit in inference.interval())
    z = abs(float(fit.beta[at] / fit.se[at]))
    return Answer(
        *place,
        name,
        truth,
        float(inference.beta[at]),
        float(inference.se[at]),
        float(inference.df[at]),
        float(inference.p[at]),
        float(2.0 * stats.norm.sf(z)),
        low,
        high,
        _claimed(found, name, family),
    )


def _claimed(found: Estimated, name: str, family: Family) -> bool:
    """As ``models.collect`` adjusts, where all other tests of the family have p = 1."""
    design = found.design
    if design.practitioners is not None and not may_claim(design.practitioners):
        return False
    column = next(one for one in design.columns if one.name == name)
    single, joint = _rows(found.estimates, column.term, column.level, joint_term(column.predictor))
    if single is None or single.p is None:
        return False
    own = single.p if joint is None or joint.p is None else joint.p
    of_joint = adjusted({"": own}, family.claim, family.tests)[""]
    if of_joint is None:
        return False
    closed = single.p if single.p_closed is None else single.p_closed
    return after_joint_test(closed, of_joint) < ALPHA


def _rows(
    estimates: Sequence[Estimate], term: str, level: str, joint: str
) -> tuple[Estimate | None, Estimate | None]:
    """The row of a coefficient, and that of its joint test."""
    of = {
        (row.estimand, row.term): row
        for row in estimates
        if row.level == level and row.estimand in ("coefficient", "joint_test")
    }
    return of.get(("coefficient", term)), of.get(("joint_test", joint))
