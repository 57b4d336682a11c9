"""The same data through a second engine: statsmodels beside glmm, and the difference reported."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.models.design.design import GROUPING_COLUMNS, OUTCOME, PRACTITIONER, Design
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import EngineError, fit_mixed
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.result import Refit, RefitTerm

if TYPE_CHECKING:
    from statsmodels.genmod.families import Family
    from statsmodels.genmod.generalized_estimating_equations import GEE
    from statsmodels.regression.mixed_linear_model import MixedLMParams

HIGHER = 0.001
"""How much higher the second engine's log-likelihood may be; see ``Refit.tolerance`` for estimates."""

AVERAGED = "statsmodels GEE"
NO_PRACTITIONERS = "practitioners are not a grouping of this model"
MOST_INDICATORS = 40_000
"""Rows times thresholds of ordered levels, above which the covariance would take too long."""

MOST_ROWS = 250_000
"""Rows of a linear model, above which some levels stand for all: MixedLM holds the design four times."""

OPTIMISERS, EXACT_TO = ("powell", "bfgs"), 1e-7
LEAST_START = 0.1
"""SD, in residual SDs, from which the second engine starts where glmm found less: at zero there is no slope,
and a variance that glmm wrongly has there would stay."""


def refit_linear(design: Design) -> Refit:
    """One linear model with a single grouping through statsmodels' MixedLM and through glmm.

    The model's own grouping where it has one without slopes, else practitioners alone: MixedLM does
    not carry several crossed groupings. Of many rows both engines fit the same part: every second, third …
    level of the grouping, whole, so that about ``MOST_ROWS`` are left.

    Notes
    -----
    BFGS from what glmm found, which stays there only where MixedLM's own likelihood has no slope, and
    Powell's method from MixedLM's start where that fails: from its default start L-BFGS can report success
    with the variance at zero where it is not.
    """
    name = _single_grouping(design)
    if name is None:
        return _not_run("statsmodels MixedLM", "", "no grouping has two levels")
    described, rows = f"(1 | {name})", len(design.frame)
    design = _of_some_levels(design, GROUPING_COLUMNS[name])
    if len(design.frame) < rows:
        described += f", {len(design.frame):,} of {rows:,} rows"
    grouping = Grouping(name, (GROUPING_COLUMNS[name],))
    try:
        reference = fit_mixed(design.frame, OUTCOME, design.fixed, (grouping,))
    except EngineError as failure:
        return _not_run("statsmodels MixedLM", described, str(failure))
    if not reference.converged:
        return _not_run("statsmodels MixedLM", described, f"glmm did not converge with {described} alone")
    from statsmodels.regression.mixed_linear_model import MixedLM

    model = MixedLM(
        design.frame[OUTCOME].to_numpy(),
        design.matrix(),
        groups=design.frame[GROUPING_COLUMNS[name]].to_numpy(),
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            second = model.fit(reml=True, method="bfgs", start_params=_start(reference), gtol=EXACT_TO)
            if not second.converged:
                second = model.fit(reml=True, method=list(OPTIMISERS))
    except (np.linalg.LinAlgError, ValueError) as error:
        return Refit(engine="statsmodels MixedLM", model=described, status="not_converged", reason=str(error))
    estimates, errors = np.asarray(second.fe_params), np.asarray(second.bse_fe)
    if not second.converged or not np.all(np.isfinite(errors)):
        return Refit(
            engine="statsmodels MixedLM",
            model=described,
            status="not_converged",
            reason="no optimiser converged",
        )
    places = {fixed: place for place, fixed in enumerate((INTERCEPT, *design.fixed))}
    return _refit(
        "statsmodels MixedLM", described, design, places, estimates, errors, reference.beta, reference.se
    )


def _of_some_levels(design: Design, column: str) -> Design:
    """The rows of every so many-th level, where there are more than ``MOST_ROWS``; of two levels at least."""
    codes, levels = pd.factorize(design.frame[column], sort=True)
    step = min(-(-len(codes) // MOST_ROWS), len(levels) // 2)
    if step < 2:
        return design
    return replace(design, frame=design.frame[codes % step == 0].reset_index(drop=True))


def _start(reference: EngineFit) -> MixedLMParams:
    """The variance that glmm found, in residual variances; MixedLM profiles the coefficients out."""
    from statsmodels.regression.mixed_linear_model import MixedLMParams

    found = float(reference.covariances[0].covariance[0, 0]) / reference.dispersion
    variance = np.array([[max(found, LEAST_START**2)]])
    return MixedLMParams.from_components(np.zeros(len(reference.names)), cov_re=variance)


def refit_population_averaged(
    design: Design, inference: Inference, family: Family, rows: np.ndarray, outcome: np.ndarray
) -> Refit:
    """Population-averaged coefficients by GEE, exchangeable within practitioners, beside the mixed model's.

    Parameters
    ----------
    design : Design
    inference : Inference
        Of the mixed model.
    family : statsmodels Family
        Distribution and link.
    rows, outcome : array
        The row of ``design`` that each outcome belongs to, and the outcome.

    Notes
    -----
    Mancl & DeRouen's bias-reduced covariance, for few clusters. The two estimands differ: averaged
    over practitioners, groups and sites, odds ratios lie closer to 1 than within them.
    """
    if PRACTITIONER not in {grouping.name for grouping in design.groupings}:
        return _not_run(AVERAGED, "", NO_PRACTITIONERS)
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.generalized_estimating_equations import GEE

    model = GEE(
        outcome,
        design.matrix()[rows],
        groups=design.frame[GROUPING_COLUMNS[PRACTITIONER]].to_numpy()[rows],
        family=family,
        offset=None if design.offsets is None else design.offsets[rows],
        cov_struct=Exchangeable(),
    )
    return _averaged(design, inference, model, "exchangeable within practitioners", 0)


def refit_ordered_levels(design: Design, inference: Inference) -> Refit:
    """Population-averaged cumulative log-odds by GEE, beside the mixed model's; see there for the estimands.

    Rows of a practitioner are taken as independent for the estimates, and not for their covariance.
    """
    if PRACTITIONER not in {grouping.name for grouping in design.groupings}:
        return _not_run(AVERAGED, "", NO_PRACTITIONERS)
    thresholds = design.frame[OUTCOME].nunique() - 1
    described = "ordered levels, independent within practitioners"
    if len(design.frame) * thresholds > MOST_INDICATORS:
        return _not_run(AVERAGED, described, f"more than {MOST_INDICATORS} indicators of thresholds")
    from statsmodels.genmod.cov_struct import Independence
    from statsmodels.genmod.generalized_estimating_equations import OrdinalGEE

    model = OrdinalGEE(
        design.frame[OUTCOME].to_numpy(dtype=float),
        design.frame[list(design.fixed)].to_numpy(dtype=float),
        groups=design.frame[GROUPING_COLUMNS[PRACTITIONER]].to_numpy(),
        cov_struct=Independence(),
    )
    return _averaged(design, inference, model, described, thresholds - 1)


def _averaged(design: Design, inference: Inference, model: GEE, described: str, before: int) -> Refit:
    """The fit of a GEE; ``before`` its coefficients are so many others, of thresholds."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            second = model.fit(cov_type="bias_reduced")
    except (np.linalg.LinAlgError, ValueError) as error:
        return Refit(engine=AVERAGED, model=described, status="not_converged", reason=str(error))
    if not second.converged or not np.all(np.isfinite(second.bse)):
        reason = "GEE did not converge"
        return Refit(engine=AVERAGED, model=described, status="not_converged", reason=reason)
    places = {name: place for place, name in enumerate((INTERCEPT, *design.fixed))}
    estimates, errors = (np.asarray(values)[before:] for values in (second.params, second.bse))
    refit = _refit(AVERAGED, described, design, places, estimates, errors, inference.beta, inference.se)
    return refit.model_copy(update={"same_estimand": False})


def agrees(refit: Refit) -> bool | None:
    """Whether two engines gave the same answer; None where they were not asked the same question.

    A second engine that finds a higher likelihood than the first does not agree with it.
    """
    if (
        refit.status not in ("ok", "singular")
        or not refit.same_estimand
        or refit.largest_difference_in_se is None
    ):
        return None
    if refit.loglik is not None and refit.loglik - (refit.reference_loglik or 0.0) > HIGHER:
        return False
    return refit.largest_difference_in_se <= refit.tolerance


def _single_grouping(design: Design) -> str | None:
    names = [grouping.name for grouping in design.groupings]
    if not names:
        return None
    return PRACTITIONER if PRACTITIONER in names else names[0]


def _refit(
    engine: str,
    model: str,
    design: Design,
    places: Mapping[str, int],
    estimates: np.ndarray,
    errors: np.ndarray,
    reference: np.ndarray,
    reference_errors: np.ndarray,
) -> Refit:
    terms = tuple(
        RefitTerm(
            term=column.term,
            level=column.level,
            estimate=float(estimates[places[column.name]]),
            se=float(errors[places[column.name]]),
            reference_estimate=float(reference[places[column.name]]),
            reference_se=float(reference_errors[places[column.name]]),
        )
        for column in design.columns
    )
    largest = max(
        max(abs(term.estimate - term.reference_estimate), abs(term.se - term.reference_se))
        / term.reference_se
        for term in terms
    )
    return Refit(
        engine=engine, model=model, status="ok", largest_difference_in_se=float(largest), terms=terms
    )


def _not_run(engine: str, model: str, reason: str) -> Refit:
    return Refit(engine=engine, model=model, status="not_run", reason=reason)
