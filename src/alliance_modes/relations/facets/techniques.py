"""The techniques in place of the modes, all in one model of an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.models.design.design import Refusal
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.result import Check
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.terms import Predictor
from alliance_modes.relations.fitted import Asked, fit, tested_modes
from alliance_modes.relations.practitioner_columns import over_practitioners
from alliance_modes.relations.result import RelationCheck, RelationEstimate

JOINT = "techniques (joint)"
ADJUSTED, SHRUNKEN = "adjusted", "shrunken"
"""The coefficient again: with p by Holm over the techniques, after their joint test; and shrunken."""

RANKED = 0.5
"""Reliability of the estimates below which their order is mostly chance."""


def of_techniques(
    one: Asked, task: RelationTask, table: pd.DataFrame, people: pd.DataFrame, columns: tuple[str, ...]
) -> tuple[list[RelationEstimate], list[RelationCheck]]:
    """The numbers and checks of one outcome.

    Parameters
    ----------
    one : Asked
        The outcome, in the plan's model of it, of which the tested modes are left out.
    task : RelationTask
    table : DataFrame
        The analysis table of the model.
    people : DataFrame
        A table with the columns, one value per practitioner.
    columns : tuple of str
        The techniques.

    Returns
    -------
    estimates : list of RelationEstimate
        Per technique its coefficient and what the family has besides, ``adjusted`` and ``shrunken``; and the
        joint test.
    checks : list of RelationCheck
        ``reliability``: of the estimates beside each other.
    """
    absent = [name for name in columns if name not in people]
    if absent:
        reason = f"no {', '.join(absent)} is recorded in this cohort"
        return [_refused(one, Refusal("not_run", reason))], []
    plain = replace(one, model=one.model.without(tested_modes(one, task)))
    wider = table.assign(**{f"{name}_sd": over_practitioners(table, name, people) for name in columns})
    added = {
        name: Predictor(label=name, column=f"{name}_sd", unit="1 SD of practitioners", level="between")
        for name in columns
    }
    found = fit(plain, task, wider, added)
    if not isinstance(found.found, Estimated):
        return [_refused(one, found.found.refusal)], []
    rows = [*found.rows({name: name for name in columns}, task)]
    together = [f"{name}_sd" for name in columns]
    shrunken, reliability = shrunken_effects(found.found, together)
    rows += _adjusted(one, found.found, added)
    rows += [_again(row, SHRUNKEN, value) for row, value in zip(_coefficients(rows), shrunken, strict=True)]
    return rows, [_reliable(one, reliability)]


def shrunken_effects(found: Estimated, columns: list[str]) -> tuple[np.ndarray, float]:
    """Coefficients drawn towards none by how much of their size their errors explain.

    Parameters
    ----------
    found : Estimated
    columns : list of str
        Of the design.

    Returns
    -------
    effects : array
    reliability : float
        Share of their mean square that is more than error (0-1).

    Notes
    -----
    b ~ N(0, t2 I + V), V the covariance by the family's rule; t2 = (b'b - tr V) / k by moments, at
    least 0; effects t2 (t2 I + V)^-1 b.
    """
    inference = found.inference
    places = [inference.place(name) for name in columns]
    beta, vcov = inference.beta[places], inference.vcov[np.ix_(places, places)]
    square = float(beta @ beta) / len(beta)
    variance = max(0.0, square - float(np.trace(vcov)) / len(beta))
    effects = variance * np.linalg.solve(variance * np.eye(len(beta)) + vcov, beta)
    return effects, variance / square if square > 0.0 else 0.0


def _coefficients(rows: list[RelationEstimate]) -> list[RelationEstimate]:
    return [row for row in rows if row.estimand == "coefficient"]


def _again(row: RelationEstimate, estimand: str, estimate: float | None) -> RelationEstimate:
    """The same number, told otherwise and without what its own inference was."""
    without = dict.fromkeys(("se", "df", "statistic", "p", "ci_low", "ci_high"))
    return row.model_copy(update={**without, "estimand": estimand, "estimate": estimate})


def _adjusted(one: Asked, found: Estimated, added: Mapping[str, Predictor]) -> Iterator[RelationEstimate]:
    """The joint test, and each coefficient with p by Holm after it."""
    said: dict[str, Any] = {
        "part": one.part,
        "n": found.design.observations,
        "clusters": dict(found.design.clusters),
    }
    for row in found.estimates:
        kept = row.model_dump(exclude={"term", "p_closed", "estimand", "p"})
        if row.estimand == "joint_test":
            yield RelationEstimate(**said, **kept, term=JOINT, estimand=row.estimand, p=row.p)
        elif row.estimand == "coefficient" and row.term in added:
            own = RelationEstimate(**said, **kept, term=row.term, estimand=ADJUSTED)
            yield _again(own, ADJUSTED, row.estimate).model_copy(update={"p": row.p_closed})


def _reliable(one: Asked, reliability: float) -> RelationCheck:
    result: Check = "pass" if reliability >= RANKED else "fail"
    detail = f"reliability of the estimates beside each other {reliability:.2f}"
    return RelationCheck(part=one.part, check="reliability", result=result, detail=detail)


def _refused(one: Asked, why: Refusal) -> RelationEstimate:
    return RelationEstimate(
        part=one.part, term=JOINT, estimand="joint_test", status=why.status, reason=why.reason
    )
