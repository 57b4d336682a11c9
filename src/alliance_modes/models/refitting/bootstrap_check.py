"""The bootstrap beside the rule: primary tests of one model, and what is said where the two disagree."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from alliance_modes.dictionary.models import TABLES
from alliance_modes.domain import ALPHA, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.models.design.design import PRACTITIONER, Design
from alliance_modes.models.inference.estimate_rows import JOINT_TERM
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.inference.inference import may_claim
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.refitting.bootstrap import BootstrapTest, bootstrap_test
from alliance_modes.models.result import Check, Diagnostic, Estimate, FitResult, Level, ModelResult
from alliance_modes.plan.parts import BootstrapTask
from alliance_modes.plan.plan import Bootstrap
from alliance_modes.plan.terms import Outcome, PlannedModel

CHECK = "bootstrap of the primary tests"


class BootstrapCheck(Closed):
    """One primary test, by the rule (``rule_p``, 0-1) and by the bootstrap.

    ``result`` is ``pass`` where both lie on the same side of .05, ``fail`` where they do not.
    """

    outcome: str
    term: str
    level: Level
    rule_p: float | None
    test: BootstrapTest
    result: Check
    detail: str


class BootstrapResult(Closed):
    """Every check of one model; none where it has no primary outcome."""

    model: str
    checks: tuple[BootstrapCheck, ...] = ()


def bootstrap_model(
    task: BootstrapTask, tables: Mapping[str, pd.DataFrame | None], result: ModelResult
) -> BootstrapResult:
    """Bootstrap the primary tests of one model of the plan.

    Parameters
    ----------
    task : BootstrapTask
        Says whether the model is checked, with how many draws, and whether single terms are too.
    tables : mapping of DataFrame
        The analysis tables, as for ``fit_model``.
    result : ModelResult
        What ``fit_model`` gave.

    Returns
    -------
    BootstrapResult
        One check per primary outcome, level and test. Below 25 practitioners no claim is made, and
        nothing is drawn; nor above the plan's ``most_practitioners``.

    Notes
    -----
    Each test draws from a seed of its own (the plan's, with the model, outcome and term), so that it
    does not depend on the others.
    """
    model = task.model
    checks: list[BootstrapCheck] = []
    for fit, outcome in _primary(model, result):
        why = _not_wanted(task.name, task.bootstrap, fit)
        found = None if why else estimate_outcome(task.predictors, model, outcome, tables.get(model.table))
        for row in _tests(fit, task.bootstrap, found):
            if isinstance(found, Estimated):
                test = _run(task, fit.outcome, row, found)
            else:
                test = _not_checked(why or "the model could not be fitted again")
            checks.append(_check(fit.outcome, row, test))
    return BootstrapResult(model=task.name, checks=tuple(checks))


def bootstrap_not_made(
    name: str, model: PlannedModel, asked: Bootstrap, result: ModelResult
) -> BootstrapResult:
    """Every primary test of one model as ``not_checked``, with the reason why nothing was drawn."""
    checks = [
        _check(fit.outcome, row, _not_checked(_not_wanted(name, asked, fit) or "the check was not run"))
        for fit, _ in _primary(model, result)
        for row in _tests(fit, asked, None)
    ]
    return BootstrapResult(model=name, checks=tuple(checks))


def bootstrap_table(results: Sequence[BootstrapResult]) -> pd.DataFrame:
    """``bootstrap.csv``: one row per check, in the order given."""
    rows = [
        {
            "model": result.model,
            **check.model_dump(exclude={"test"}),
            **check.test.model_dump(exclude={"status", "reason", "p"}),
            "bootstrap_p": check.test.p,
        }
        for result in results
        for check in result.checks
    ]
    return TABLES["bootstrap"].from_rows(rows)


def bootstrap_diagnostics(result: BootstrapResult) -> dict[str, Diagnostic]:
    """One diagnostic per outcome: the worst of its checks, with the detail of each such check."""
    found: dict[str, list[BootstrapCheck]] = {}
    for check in result.checks:
        found.setdefault(check.outcome, []).append(check)
    return {outcome: _diagnostic(checks) for outcome, checks in found.items()}


def _diagnostic(checks: Sequence[BootstrapCheck]) -> Diagnostic:
    order: tuple[Check, ...] = ("fail", "not_checked", "pass")
    worst = min((check.result for check in checks), key=order.index)
    said = dict.fromkeys(check.detail for check in checks if check.result == worst)
    return Diagnostic(check=CHECK, result=worst, detail="; ".join(said))


def _primary(model: PlannedModel, result: ModelResult) -> Iterator[tuple[FitResult, Outcome]]:
    """The fits of primary outcomes, each with its outcome."""
    outcomes = {one.name: one for one in model.outcomes_with("primary")}
    yield from ((fit, outcomes[fit.outcome]) for fit in result.fits if fit.outcome in outcomes)


def _not_checked(reason: str) -> BootstrapTest:
    return BootstrapTest(status="not_checked", reason=reason)


def _not_wanted(name: str, asked: Bootstrap, fit: FitResult) -> str:
    if asked.draws < 1:
        return "the plan asks for no draws (bootstrap: draws: 0)"
    if name not in asked.models:
        return "the plan does not ask for it (bootstrap: models)"
    if fit.status not in ("ok", "singular"):
        return f"the model has no estimates: {fit.reason}"
    practitioners = fit.clusters.get(PRACTITIONER)
    if practitioners is not None and not may_claim(practitioners):
        return f"{practitioners} practitioners, below {PRACTITIONERS_FOR_A_CLAIM}: no claim is made"
    if practitioners is not None and practitioners > asked.most_practitioners:
        return (
            f"not drawn with {practitioners:,} practitioners, more than {asked.most_practitioners:,} "
            "(bootstrap: most_practitioners): with so many the rule's test needs no check by simulation"
        )
    return ""


def _tests(fit: FitResult, asked: Bootstrap, found: object) -> Iterator[Estimate]:
    """The joint tests; single tested terms where the plan asks for them; one blank row without any."""
    joint = [row for row in fit.estimates if row.estimand == "joint_test"]
    if not joint and not isinstance(found, Estimated):
        yield Estimate(term=JOINT_TERM, level="", estimand="joint_test", estimate=None)
    yield from joint
    if asked.single_terms and isinstance(found, Estimated):
        tested = {(column.term, column.level) for column in found.design.columns if column.tested}
        yield from (
            row for row in fit.estimates if row.estimand == "coefficient" and (row.term, row.level) in tested
        )


def _run(task: BootstrapTask, outcome: str, row: Estimate, found: Estimated) -> BootstrapTest:
    key = f"bootstrap.{task.name}.{outcome}.{row.term}.{row.level}"
    return bootstrap_test(
        found.design,
        found.structure.fit.distribution,
        found.structure.groupings,
        _columns(found.design, row),
        task.bootstrap.draws,
        task.bootstrap.stop_after,
        np.random.default_rng([task.seed, zlib.crc32(key.encode())]),
    )


def _columns(design: Design, row: Estimate) -> tuple[str, ...]:
    whole = row.estimand == "joint_test"
    return tuple(
        column.name
        for column in design.columns
        if column.tested and column.level == row.level and (whole or column.term == row.term)
    )


def _check(outcome: str, row: Estimate, test: BootstrapTest) -> BootstrapCheck:
    detail, result = _beside_the_rule(row, test)
    return BootstrapCheck(
        outcome=outcome, term=row.term, level=row.level, rule_p=row.p, test=test, result=result, detail=detail
    )


def _beside_the_rule(row: Estimate, test: BootstrapTest) -> tuple[str, Check]:
    """What the two say, and whether it is the same."""
    if test.p is None or row.p is None:
        return test.reason or "the rule gave no p", "not_checked"
    drawn = f"{test.draws} draws" + (f", {test.failures} more failed" if test.failures else "")
    detail = f"{row.term}: p = {row.p:.3g} by the rule, {test.p:.3g} by the bootstrap ({drawn})"
    if (row.p < ALPHA) == (test.p < ALPHA):
        return detail, "pass"
    return f"{detail}: they disagree at .05", "fail"
