"""Every outcome of one model through lme4, beside the first engine's fit of the same rows and effects."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.second_engines.agreement import EngineResult
from alliance_modes.models.second_engines.compare import beside, without
from alliance_modes.models.second_engines.rscript import Lme4
from alliance_modes.plan.parts import ModelTask


def lme4_model(
    task: ModelTask, tables: Mapping[str, pd.DataFrame | None], here: Lme4, seconds: float
) -> EngineResult:
    """Fit every outcome of one model of the plan with lme4, and set it beside glmm's fit.

    Parameters
    ----------
    task : ModelTask
    tables : mapping of DataFrame
        The analysis tables, as for ``fit_model``.
    here : Lme4
        The program, from ``find_lme4``; without one every refit is ``not_run`` and says why.
    seconds : float
        The time that R has for one outcome.

    Notes
    -----
    The same rows, fixed columns, random effects (those that were fitted, where slopes were left out) and
    approximation (Laplace, or as many quadrature nodes). Standard errors are those that the two engines
    give, before the rules for few practitioners.
    """
    model = task.model
    refits = {}
    for outcome in model.outcomes:
        if not here.is_there:
            refits[outcome.name] = without(here, here.reason)
            continue
        found = estimate_outcome(task.predictors, model, outcome, tables.get(model.table))
        if isinstance(found, Estimated) and found.structure.fit.distribution.own is not None:
            refits[outcome.name] = without(here, f"lme4 has no models of the family {model.family}")
        elif isinstance(found, Estimated):
            refits[outcome.name] = beside(found, here, seconds)
        else:
            refits[outcome.name] = without(here, f"glmm has no estimates: {found.refusal.reason}")
    return EngineResult(model=task.name, refits=refits)
