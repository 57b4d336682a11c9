"""One outcome of one model: from its analysis table to estimates with their inference, and no more.

What is made of it for a reader (second engines, variance shares, diagnostics, curves) is added in
``fitting``; a study that fits thousands of cohorts needs only this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from alliance_modes.derive.practitioner import of_surveys
from alliance_modes.derive.survey_times import unmeasured_said
from alliance_modes.models.design.build import build_design, rows_about
from alliance_modes.models.design.design import Design, Refusal
from alliance_modes.models.design.random_structure import Structure, fit_structure
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import EngineError, fit_mixed
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.refusals import refusal_after, refusal_before
from alliance_modes.models.result import Status
from alliance_modes.plan.terms import Outcome, PlannedModel, Predictor

MANY_ROWS = 20_000
"""Rows above which refits of a generalised model do not compute the joint Hessian again."""

CAUSE = "; of mode use: "
"""Between the reason of a refusal and what left too few rows."""


def estimate_outcome(
    predictors: Mapping[str, Predictor],
    model: PlannedModel,
    outcome: Outcome,
    table: pd.DataFrame | None,
) -> Estimated | Refused:
    """Fit one outcome of one model, with the inference of its family.

    Parameters
    ----------
    predictors, model, outcome
        As the plan says.
    table : DataFrame or None
        The analysis table that the model names.

    Returns
    -------
    Estimated or Refused

    Notes
    -----
    Refused before the fit by ``build_design`` and ``refusal_before``, after it by
    ``refusal_after`` and where the engine used other rows than it was given.
    """
    design = build_design(table, model, outcome, predictors)
    if isinstance(design, Refusal):
        return Refused(_with_cause(design, model, outcome, predictors, table))
    found = estimate_design(family_of(model.family).prepare(design), model)
    if isinstance(found, Refused):
        return Refused(_with_cause(found.refusal, model, outcome, predictors, table), found.design)
    return found


def _with_cause(
    refusal: Refusal,
    model: PlannedModel,
    outcome: Outcome,
    predictors: Mapping[str, Predictor],
    table: pd.DataFrame | None,
) -> Refusal:
    """The refusal with how many practitioners were not surveyed in time, where that left too few rows.

    It did not where all practitioners of the population were.
    """
    asked = of_surveys([column for name in model.predictors for column in predictors[name].columns()])
    if table is None or "exposure" not in table or not (refusal.few and asked):
        return refusal
    if not unmeasured_said(rows_about(table, outcome)):
        return refusal
    cause = unmeasured_said(table)
    return replace(refusal, reason=f"{refusal.reason}{CAUSE}{cause}") if cause else refusal


def estimate_design(
    design: Design,
    model: PlannedModel,
    start: EngineFit | None = None,
    *,
    checked: bool = False,
    larger: np.ndarray | None = None,
    known: Structure | None = None,
) -> Estimated | Refused:
    """``estimate_outcome`` from rows and columns that are built.

    ``start`` and ``known`` are those of ``fit_structure``.

    ``checked``: ``refusal_before`` was asked of rows that are the same but for imputed values. ``larger``:
    the engine's SEs are those with the variances taken as known, times this (``larger_errors``).
    """
    family = family_of(model.family)
    refusal = None if checked else refusal_before(design, family)
    if refusal is not None:
        return Refused(refusal, design)
    try:
        quick = larger is not None
        distribution = family.distribution_of(design)
        nodes = model.quadrature_nodes
        structure = fit_structure(design, distribution, start, nodes, quick=quick, known=known)
    except EngineError as failure:
        return Refused(Refusal("not_converged", str(failure)), design)
    refusal = refusal_after(structure.fit, family) or _rows_disagree(design, structure)
    if refusal is not None:
        return Refused(refusal, design)
    if larger is not None and len(larger) == len(structure.fit.se):
        vcov = structure.fit.vcov * np.outer(larger, larger)
        structure = replace(structure, fit=replace(structure.fit, se=structure.fit.se * larger, vcov=vcov))
    status: Status = "singular" if structure.fit.singular else "ok"
    inference, estimates = family.estimates(design, structure, status)
    return Estimated(design, structure, inference, estimates)


def estimate_without_slope(
    found: Estimated, model: PlannedModel, grouping: str, slope: str
) -> Estimated | Refused:
    """The same outcome on the same rows and columns, without one random slope.

    Parameters
    ----------
    found : Estimated
        With the slope.
    model : PlannedModel
        Without it.
    grouping, slope : str
        Which effect does not vary over which grouping: name of the grouping, and of the slope's column.

    Notes
    -----
    Nothing is looked at again before the fit, and what was fitted on the way to ``found`` not fitted again.
    """
    groupings = tuple(
        replace(one, slopes=tuple(each for each in one.slopes if each != slope))
        if one.name == grouping
        else one
        for one in found.design.groupings
    )
    design = replace(found.design, groupings=groupings)
    return estimate_design(design, model, checked=True, known=found.structure)


def larger_errors(found: Estimated) -> np.ndarray | None:
    """How much larger the SEs of a fit are than those that take its variances as known, by coefficient.

    For refits of a generalised model to many rows that are nearly the same; None where each refit has SEs of
    its own: of linear models, at most 20,000 rows, quadrature where groupings nest, and where SEs take the
    variances as known anyway.

    Notes
    -----
    The engine's joint Hessian behind the SEs takes three quarters of a fit (12.5 s in place of 3.2 s of
    processor time for 47,469 rows, 54 s in place of 13 s for 49,293 counts; less where groupings nest), and
    makes SEs larger by .7 to 1.4 %. Taken over, it is off by at most .5 % of an SE with 4,767 rows, and by
    less with more.
    """
    fit, design = found.structure.fit, found.design
    if (
        fit.distribution.normal
        or design.together
        or fit.laplace is not None
        or len(design.frame) <= MANY_ROWS
    ):
        return None
    known = fit_mixed(
        *(design.frame, design.response, design.fixed, found.structure.groupings, fit.distribution),
        offset=design.offset,
        nagq=fit.nagq,
        start=fit,
        quick=True,
    )
    return fit.se / known.se if known.converged and len(known.se) == len(fit.se) else None


def _rows_disagree(design: Design, structure: Structure) -> Refusal | None:
    used, given = structure.fit.nobs, len(design.frame)
    if used == given:
        return None
    return Refusal("not_estimated", f"the engine used {used} of {given} complete rows")
