"""Whether an instrument measures the same in several groups, or with two raters of the same people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alliance_modes.measurement.factors import fit_indices as index
from alliance_modes.measurement.factors.confirmatory import (
    FEWEST_CLUSTERS,
    FEWEST_RESPONDENTS,
    cluster_codes,
    reason_not_to,
)
from alliance_modes.measurement.factors.likelihood.moment_fit import (
    MomentFit,
    carried_over,
    expected_information,
    fit_moments,
    inadmissible,
)
from alliance_modes.measurement.factors.likelihood.moments import MeanCovarianceModel, Sample, discrepancy
from alliance_modes.measurement.factors.likelihood.robust import scaled_difference
from alliance_modes.measurement.factors.structures import (
    INVARIANCE_LEVELS,
    FactorStructure,
    grouped_model,
    independence_model,
    paired_model,
)

LARGE = 300
LIMITS = {True: (0.010, 0.015), False: (0.005, 0.010)}
"""Largest loss of CFI and rise of RMSEA, with every group at 300 or more, and otherwise."""

LEAST_CFI, MOST_RMSEA = 0.90, 0.08
"""What the configural model should reach for the comparison of its restrictions to mean much."""

ModelAt = Callable[[str, frozenset[int], frozenset[int]], MeanCovarianceModel]


@dataclass(frozen=True)
class InvarianceStep:
    """One model of the series, and what it lost against the one before.

    ``level`` is ``configural``, ``metric`` or ``scalar``, ``freed`` the items left out of its
    equality (a partial model). ``verdict`` is ``holds``, ``fails`` or ``not_checked``; numbers are
    NaN where ``status`` is not ``ok``. ``chi2_difference`` is scaled for clusters where there are
    20 or more. ``left_out`` names groups too small to be compared.
    """

    level: str
    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    freed: tuple[int, ...] = ()
    status: str = "ok"
    reason: str = ""
    left_out: tuple[str, ...] = ()
    chi2: float = np.nan
    df: float = np.nan
    cfi: float = np.nan
    rmsea: float = np.nan
    srmr: float = np.nan
    loss_of_cfi: float = np.nan
    rise_of_rmsea: float = np.nan
    chi2_difference: float = np.nan
    df_difference: float = np.nan
    p_difference: float = np.nan
    verdict: str = "not_checked"


def invariance_between_groups(
    items: pd.DataFrame,
    structure: FactorStructure,
    groups: pd.Series,
    clusters: pd.Series | None = None,
    fewest: int = FEWEST_RESPONDENTS,
) -> tuple[InvarianceStep, ...]:
    """Configural, metric and scalar invariance between independent groups.

    Parameters
    ----------
    items : DataFrame
        One row per respondent (one administration per person), one column per item number,
        reversed items already turned round; missing = NaN.
    structure : FactorStructure
    groups : Series, same index
        The group of each respondent; missing ones are left out.
    clusters : Series, same index, optional
        What respondents share (their practitioner).
    fewest : int
        Complete respondents that a group must have to be compared.

    Returns
    -------
    tuple of InvarianceStep
        Configural, metric, scalar; a partial model follows one that fails.

    Notes
    -----
    Mean-and-covariance maximum likelihood in all groups at once, on complete answers taken as
    continuous. Metric: loadings equal; scalar: intercepts equal as well. A step holds when CFI falls
    by at most .010 and RMSEA rises by at most .015 (.005 and .010 with a group under 300). Groups
    under 150 complete respondents are left out.

    After a failed step the item whose equality costs most (score test) is freed, then the next,
    until the step holds or half of a factor's items would be free: a suggestion that follows the
    data, to be confirmed on other data. The scalar model with these items free is then compared with the
    partial metric one. The full scalar model is there as well, with its differences from the full metric
    one and the verdict ``not_checked``, since a metric model that fails is no ground to judge it on.

    Validated against lavaan: Holzinger and Swineford's two schools (chi-square 0.05, indices
    1e-3).

    References
    ----------
    Chen, F. F. (2007). Sensitivity of goodness of fit indexes to lack of measurement invariance.
    Structural Equation Modeling, 14(3), 464-504.
    """
    columns = list(structure.items)
    complete = items[columns].dropna()
    named = groups.loc[complete.index].dropna().astype("str")
    counts = named.value_counts().sort_index()
    parts = {name: complete.loc[named.index[named == name]] for name in counts.index}
    unfit = {name: reason_not_to(part, fewest) for name, part in parts.items()}
    kept = tuple(name for name, reason in unfit.items() if not reason)
    left = tuple(f"{name}: {reason}" for name, reason in unfit.items() if reason)
    sizes = tuple(len(parts[name]) for name in kept)
    if len(kept) < 2 or structure.why_not():
        reason = structure.why_not() or "; ".join(left) or "there are no two groups"
        blank = InvarianceStep("configural", tuple(parts), tuple(map(len, parts.values())))
        return _not_estimated(replace(blank, reason=reason))
    codes = pd.Series(cluster_codes(complete.index, clusters), index=complete.index)
    samples = [
        Sample(parts[name].to_numpy(dtype=float), codes[parts[name].index].to_numpy()) for name in kept
    ]

    def model_at(level: str, loadings: frozenset[int], intercepts: frozenset[int]) -> MeanCovarianceModel:
        return grouped_model(structure, kept, level, loadings, intercepts)

    first = InvarianceStep("configural", kept, sizes, left_out=left)
    return _steps(first, structure, model_at, samples, columns, list(structure.factors))


def invariance_between_raters(
    one: pd.DataFrame,
    other: pd.DataFrame,
    structure: FactorStructure,
    raters: tuple[str, str],
    clusters: pd.Series | None = None,
) -> tuple[InvarianceStep, ...]:
    """Configural, metric and scalar invariance between two raters, or two occasions, of the same people.

    Parameters
    ----------
    one, other : DataFrame, same index
        One row per pair, one column per item number, keyed; missing = NaN.
    structure : FactorStructure
    raters : tuple of str
        Who rated ``one`` and ``other``, or when one rater did.
    clusters : Series, same index, optional
        What pairs share (their practitioner).

    Notes
    -----
    One model of both raters' items at once, since the two are not independent: every factor of
    each rater, all correlated, and the residuals of each item correlated across raters. Equality
    and verdicts as between groups; pairs with every item of both answered are used, 150 at least.
    """
    columns = list(structure.items)
    both = pd.concat([one[columns], other[columns]], axis=1)
    both.columns = [f"{item}, {rater}" for rater in raters for item in columns]
    complete = both.dropna()
    blank = InvarianceStep("configural", raters, (len(complete), len(complete)))
    reason = structure.why_not() or reason_not_to(complete)
    if reason:
        return _not_estimated(replace(blank, reason=reason.replace("respondents", "pairs")))

    def model_at(level: str, loadings: frozenset[int], intercepts: frozenset[int]) -> MeanCovarianceModel:
        return paired_model(structure, raters, level, loadings, intercepts)

    factors = [f"{factor}, {rater}" for rater in raters for factor in structure.factors]
    sample = Sample(complete.to_numpy(dtype=float), cluster_codes(complete.index, clusters))
    return _steps(blank, structure, model_at, [sample], list(complete.columns), factors)


def _not_estimated(blank: InvarianceStep) -> tuple[InvarianceStep, ...]:
    return tuple(replace(blank, level=level, status="not_estimated") for level in INVARIANCE_LEVELS)


class _Series:
    """The models of one comparison, fitted as they are asked for, and judged against each other."""

    def __init__(
        self,
        first: InvarianceStep,
        model_at: ModelAt,
        samples: Sequence[Sample],
        items: list,
        factors: list[str],
    ) -> None:
        self.first, self.model_at, self.samples = first, model_at, samples
        self.items, self.factors = items, factors
        self.base = fit_moments(independence_model(samples[0].values.shape[1], len(samples)), samples)
        self.clusters = len(np.unique(np.concatenate([sample.clusters for sample in samples])))

    def fit(
        self,
        level: str,
        loadings: frozenset[int],
        intercepts: frozenset[int],
        near: MomentFit | None = None,
    ) -> MomentFit:
        """Fit one model, from the estimates of ``near`` where there are any."""
        model = self.model_at(level, loadings, intercepts)
        if near is not None:
            fit = fit_moments(model, self.samples, carried_over(near, model))
            if not fit.problem:
                return fit
        return fit_moments(model, self.samples)

    def difference(self, fit: MomentFit, wider: MomentFit) -> tuple[float, int, float]:
        """Difference of chi-squares, its df and p; scaled where there are clusters enough."""
        from scipy.stats import chi2 as distribution

        value, more = fit.chi2 - wider.chi2, fit.model.df - wider.model.df
        if self.clusters >= FEWEST_CLUSTERS:
            value, more = scaled_difference(fit, wider)
        return float(value), more, float(distribution.sf(value, more))

    def step(self, fit: MomentFit, level: str, freed: Sequence[int] = ()) -> InvarianceStep:
        """The indices of one fit, or why it has none."""
        blank = replace(self.first, level=level, freed=tuple(freed))
        if fit.problem:
            return replace(blank, status="not_converged", reason=fit.problem)
        status, reason = inadmissible(fit, self.items, self.factors)
        if status:
            return replace(blank, status=status, reason=reason)
        groups, df = len(self.samples), fit.model.df
        return replace(
            blank,
            chi2=float(fit.chi2),
            df=df,
            cfi=index.cfi(fit.chi2, df, self.base.chi2, self.base.model.df),
            rmsea=index.rmsea(fit.chi2, df, fit.n, groups),
            srmr=index.srmr(fit.model.implied(fit.theta), fit.samples, means=True),
        )

    def against(
        self, step: InvarianceStep, fit: MomentFit, before: InvarianceStep, wider: MomentFit
    ) -> InvarianceStep:
        """The step with its losses against the one before it, and the verdict."""
        if step.status != "ok" or before.status != "ok":
            return step
        cfi_limit, rmsea_limit = LIMITS[min(self.first.sizes) >= LARGE]
        loss, rise = before.cfi - step.cfi, step.rmsea - before.rmsea
        holds = loss <= cfi_limit and rise <= rmsea_limit
        difference, df, p = self.difference(fit, wider)
        return replace(
            step,
            loss_of_cfi=loss,
            rise_of_rmsea=rise,
            chi2_difference=difference,
            df_difference=df,
            p_difference=p,
            verdict="holds" if holds else "fails",
        )


def _steps(
    first: InvarianceStep,
    structure: FactorStructure,
    model_at: ModelAt,
    samples: Sequence[Sample],
    items: list,
    factors: list[str],
) -> tuple[InvarianceStep, ...]:
    none: frozenset[int] = frozenset()
    series = _Series(first, model_at, samples, items, factors)
    wide = series.fit("configural", none, none)
    configural = series.step(wide, "configural")
    if configural.status != "ok":
        missing = f"the configural model was not estimated: {configural.reason}"
        blank = replace(first, status="not_estimated", reason=missing)
        return (configural, *(replace(blank, level=level) for level in ("metric", "scalar")))
    fits_well = configural.cfi >= LEAST_CFI and configural.rmsea <= MOST_RMSEA
    found = [replace(configural, verdict="holds" if fits_well else "fails")]
    before, wider, loadings = found[0], wide, none
    metric: tuple[InvarianceStep, MomentFit] | None = None
    for level in ("metric", "scalar"):
        if before.verdict == "fails" and before.level != "configural":
            fit = series.fit(level, none, none, wider)
            found.append(series.step(fit, level))
            break
        if loadings:
            found.append(_full(series, level, metric))
        fit = series.fit(level, loadings, loadings, wider)
        step = series.against(series.step(fit, level, sorted(loadings)), fit, before, wider)
        metric = metric or (step, fit)
        found.append(step)
        if step.verdict == "fails":
            step, fit, freed = _partial(series, structure, level, loadings, fit, before, wider)
            if freed:
                found.append(step)
            loadings = frozenset(freed) if level == "metric" else loadings
        before, wider = step, fit
    return tuple(found)


def _full(series: _Series, level: str, before: tuple[InvarianceStep, MomentFit] | None) -> InvarianceStep:
    """The model of a level with nothing freed, beside that of the level before; without a verdict."""
    none: frozenset[int] = frozenset()
    wider = None if before is None else before[1]
    fit = series.fit(level, none, none, wider)
    step = series.step(fit, level)
    if before is None or wider is None:
        return step
    return replace(series.against(step, fit, before[0], wider), verdict="not_checked")


def _partial(
    series: _Series,
    structure: FactorStructure,
    level: str,
    loadings: frozenset[int],
    fit: MomentFit,
    before: InvarianceStep,
    wider: MomentFit,
) -> tuple[InvarianceStep, MomentFit, tuple[int, ...]]:
    """Free the equality that costs most, item by item, until the step holds or half would be free."""
    freed: tuple[int, ...] = ()
    step = series.against(series.step(fit, level), fit, before, wider)
    while step.verdict == "fails":
        open_items = [item for item in structure.items if _may_be_freed(item, structure, {*loadings, *freed})]
        gains = {
            item: released(fit, series.model_at(level, *_free(level, loadings, (*freed, item))))
            for item in open_items
        }
        if not gains:
            break
        freed = (*freed, max(gains, key=gains.__getitem__))
        fit = series.fit(level, *_free(level, loadings, freed), fit)
        shown = sorted({*loadings, *freed}) if level == "scalar" else freed
        step = series.against(series.step(fit, level, shown), fit, before, wider)
    return step, fit, freed


def _free(
    level: str, loadings: frozenset[int], freed: tuple[int, ...]
) -> tuple[frozenset[int], frozenset[int]]:
    """Items free in loadings and in intercepts at one level."""
    if level == "metric":
        return frozenset(freed), frozenset()
    return loadings, loadings | frozenset(freed)


def _may_be_freed(item: int, structure: FactorStructure, free: set[int]) -> bool:
    """Whether more than half of the items of each of its factors would still be equal."""
    return item not in free and all(
        2 * len({*free, item} & {*members}) < len(members)
        for members in structure.factors.values()
        if item in members
    )


def released(fit: MomentFit, wider: MeanCovarianceModel) -> float:
    """By how much chi-square would fall, to first order, if some equalities were given up.

    Notes
    -----
    The score test N/4 g' I^-1 g, with the gradient and the expected information of the wider model
    at the estimates of the restricted one.
    """
    theta = carried_over(fit, wider)
    gradient = discrepancy(wider, theta, fit.samples)[1]
    information = expected_information(wider, theta, fit.samples)
    return fit.n / 4 * float(gradient @ np.linalg.lstsq(information, gradient, rcond=None)[0])
