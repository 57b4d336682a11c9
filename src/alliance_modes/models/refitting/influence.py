"""Leaving out each practitioner and each site in turn: do the primary findings hang on one of them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from alliance_modes.domain import ALPHA
from alliance_modes.models.design.design import Design, DesignColumn
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.inference.inference import too_few_practitioners
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.refitting.influence_result import CHANGE_OF_CONCERN, InfluenceResult, InfluenceRow
from alliance_modes.models.refitting.left_out import Without, leave_out_each, times_apart
from alliance_modes.models.result import Level, ModelResult
from alliance_modes.plan.parts import ModelTask

UNITS = ("practitioner", "site")
FEWEST_UNITS = 3
FAILURES_ALLOWED = 0.05


def influence_model(
    task: ModelTask, tables: Mapping[str, pd.DataFrame | None], result: ModelResult
) -> InfluenceResult:
    """Leave out each practitioner and each site of every primary outcome of one model.

    Parameters
    ----------
    task : ModelTask
    tables : mapping of DataFrame
        The analysis tables, as for ``fit_model``.
    result : ModelResult
        What ``fit_model`` gave; outcomes without estimates are not looked at.

    Returns
    -------
    InfluenceResult
    """
    model = task.model
    primary = {one.name: one for one in model.outcomes_with("primary")}
    rows: list[InfluenceRow] = []
    for fit in result.fits:
        if fit.outcome not in primary:
            continue
        found = None
        if fit.status in ("ok", "singular"):
            found = estimate_outcome(task.predictors, model, primary[fit.outcome], tables.get(model.table))
        for unit in UNITS:
            if isinstance(found, Estimated):
                rows += influence(found, unit, fit.outcome)
            else:
                reason = f"the model has no estimates: {fit.reason}"
                rows.append(_not_checked(fit.outcome, unit, reason))
    return InfluenceResult(model=task.name, rows=tuple(rows))


def influence(found: Estimated, unit: str, outcome: str) -> list[InfluenceRow]:
    """Leave out each level of one grouping in turn and fit again.

    Parameters
    ----------
    found : Estimated
        The fit with all rows, and its inference.
    unit : str
        ``practitioner`` or ``site``.
    outcome : str
        Its name, for the rows.

    Returns
    -------
    list of InfluenceRow
        One per tested coefficient and per joint test; one of ``not_checked`` where there are fewer
        than three levels, where one practitioner less would be too few, or where more than 5 % of
        the refits failed.

    Notes
    -----
    A change is (b without the level - b) / SE, SE of the rule with all rows. The p of a refit takes
    the df of the fit with all rows, and its SE times what the rule adds there to the engine's
    SE. Refits start from the variances of the fit with all rows. Of more than 200 levels most are left
    out by a formula, and refitted where that does not decide (``leave_out_each``). ``fail``: a change above
    1 SE, or a claim at .05 (of a joint test or a coefficient) that comes or goes with one level.
    """
    design = found.design
    why = _too_few(design, unit)
    if why:
        return [_not_checked(outcome, unit, why)]
    tested = [column for column in design.columns if column.tested]
    left_out = leave_out_each(found, unit, tested)
    made, failures = left_out.made, left_out.failures
    units = len(made) + failures
    if failures > FAILURES_ALLOWED * units:
        reason = f"{failures} of {left_out.refitted} refits failed"
        return [_not_checked(outcome, unit, reason, units, failures)]
    counts = {"outcome": outcome, "unit": unit, "units": units, "failures": failures}
    counts |= {"refitted": left_out.refitted}
    rows = [_coefficient(found, column, place, made, counts) for place, column in enumerate(tested)]
    return [*rows, *_joint(found, made, counts)]


def _too_few(design: Design, unit: str) -> str:
    if unit not in design.clusters:
        return f"the model has no grouping {unit}"
    count = design.clusters[unit]
    if count < FEWEST_UNITS:
        return f"{count} {unit}{'s' if count != 1 else ''}: leaving one out leaves too few to compare"
    if unit == "practitioner" and too_few_practitioners(count - 1, design.practitioner_columns):
        return f"{count} practitioners: one less would be too few for the model"
    return ""


def _coefficient(
    found: Estimated, column: DesignColumn, place: int, made: Sequence[Without], counts: dict
) -> InfluenceRow:
    inference = found.inference
    where = inference.place(column.name)
    beta, se, p = (float(values[where]) for values in (inference.beta, inference.se, inference.p))
    changes = np.array([(one.beta[place] - beta) / se for one in made])
    worst = int(np.argmax(np.abs(changes)))
    claims = [one.level for one in made if (one.p[place] < ALPHA) != (p < ALPHA)]
    signs = sum(bool(np.sign(one.beta[place]) != np.sign(beta)) for one in made)
    concern = abs(changes[worst]) > CHANGE_OF_CONCERN or bool(claims)
    return InfluenceRow(
        **counts,
        term=column.term,
        level=column.level,
        largest_change_in_se=float(changes[worst]),
        without=made[worst].level,
        estimate=beta,
        estimate_without=float(made[worst].beta[place]),
        p=p,
        p_without=float(made[worst].p[place]),
        p_highest=max(float(one.closed[place]) for one in made),
        sign_changes=signs,
        claim_changes=len(claims),
        claim_changed_by=tuple(claims),
        result="fail" if concern else "pass",
    )


def _joint(found: Estimated, made: Sequence[Without], counts: dict) -> Iterator[InfluenceRow]:
    for row in found.estimates:
        test, p = (row.term, row.level), row.p
        if row.estimand != "joint_test" or p is None or not all(test in one.joint for one in made):
            continue
        worst = max(made, key=lambda one: times_apart(one.joint[test], p))
        claims = [one.level for one in made if (one.joint[test] < ALPHA) != (p < ALPHA)]
        yield InfluenceRow(
            **counts,
            term=row.term,
            level=row.level,
            without=worst.level,
            p=row.p,
            p_without=worst.joint[test],
            p_highest=max(one.joint[test] for one in made),
            claim_changes=len(claims),
            claim_changed_by=tuple(claims),
            result="fail" if claims else "pass",
        )


def _not_checked(outcome: str, unit: str, reason: str, units: int = 0, failures: int = 0) -> InfluenceRow:
    level: Level = ""
    return InfluenceRow(
        outcome=outcome, unit=unit, term="", level=level, units=units, failures=failures,
        result="not_checked", reason=reason,
    )  # fmt: skip
