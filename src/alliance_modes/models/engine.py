"""The one adapter between a model and glmm, the engine that fits it.

What glmm passes over in silence (aliased columns, a grouping of one level, rows dropped, a
quadrature that fell back to Laplace) stands in the returned value, to be acted on by the caller.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Literal

import glmm
import numpy as np
import pandas as pd

from alliance_modes.errors import ModelError
from alliance_modes.models.families import link_of

EngineFamily = Literal["linear", "logistic", "cloglog", "binomial_counts"]
INTERCEPT = "(Intercept)"
RESIDUAL = "residual"
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")


class EngineError(ModelError):
    """The engine broke off instead of saying that it could not fit the model."""


@dataclass(frozen=True)
class Grouping:
    """A random intercept, and slopes if any, over the levels of one column.

    Several ``columns`` mean the levels of their combination (cask within batch).
    """

    name: str
    columns: tuple[str, ...]
    slopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupCovariance:
    """Covariance of the random effects of one grouping; ``pinned`` marks a variance held at zero."""

    grouping: str
    terms: tuple[str, ...]
    covariance: np.ndarray
    pinned: tuple[bool, ...]


@dataclass(frozen=True)
class GroupEffects:
    """Conditional modes of the random effects: one row per level, one column per term."""

    grouping: str
    levels: tuple[str, ...]
    terms: tuple[str, ...]
    values: np.ndarray


@dataclass(frozen=True)
class EngineFit:
    """One fit. Arrays are read-only; coefficients are in the order of ``names``.

    ``loglik`` is the log-likelihood, or minus half the REML criterion where ``reml`` is true.
    ``dispersion`` is the residual variance (1 where the family has none). ``df`` is Satterthwaite's
    (residual df without groupings), NaN where the family has none. ``rows_dropped`` counts rows
    of the input that the engine did not use; ``nagq`` the quadrature nodes that it did use.
    """

    family: EngineFamily
    formula: str
    engine: str
    names: tuple[str, ...]
    beta: np.ndarray
    se: np.ndarray
    vcov: np.ndarray
    df: np.ndarray
    loglik: float
    parameters: int
    reml: bool
    dispersion: float
    covariances: tuple[GroupCovariance, ...]
    effects: tuple[GroupEffects, ...]
    fitted: np.ndarray
    response: np.ndarray
    converged: bool
    singular: bool
    aliased: tuple[str, ...]
    nobs: int
    rows_dropped: int
    nagq: int
    warnings: tuple[str, ...]
    raw: glmm.Fit = field(repr=False, compare=False)

    @property
    def reml_criterion(self) -> float:
        """-2 x the restricted log-likelihood; NaN for a fit by maximum likelihood."""
        return -2.0 * self.loglik if self.reml else float("nan")

    @property
    def aic(self) -> float:
        """Akaike's criterion; on a REML fit it compares only models with the same predictors."""
        return -2.0 * self.loglik + 2.0 * self.parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with the number of rows; see ``aic`` for REML."""
        return -2.0 * self.loglik + self.parameters * float(np.log(self.nobs))

    def pinned(self) -> tuple[str, ...]:
        """Variances held at zero, named ``site`` or ``enrolment (slope of time)``."""
        return tuple(
            group.grouping if term == INTERCEPT else f"{group.grouping} (slope of {term})"
            for group in self.covariances
            for term, held in zip(group.terms, group.pinned, strict=True)
            if held
        )


@dataclass(frozen=True)
class Contrast:
    """An F test of several coefficients at once."""

    statistic: float
    numerator_df: float
    denominator_df: float
    p: float


def engine_name() -> str:
    """``glmm`` and its version."""
    return f"glmm {version('glmm')}"


def fit_mixed(
    data: pd.DataFrame,
    response: str | tuple[str, str],
    fixed: Sequence[str],
    groupings: Sequence[Grouping],
    family: EngineFamily = "linear",
    *,
    intercept: bool = True,
    reml: bool = True,
    weights: np.ndarray | None = None,
    nagq: int = 1,
    start: EngineFit | None = None,
    quick: bool = False,
) -> EngineFit:
    """Fit one linear or generalised linear mixed model.

    Parameters
    ----------
    data : DataFrame
        One row per observation. Number and boolean columns enter as they are; a text or
        categorical column enters as treatment contrasts against its first category.
    response : str or (str, str)
        The outcome; for ``binomial_counts`` the columns of successes and of trials.
    fixed : sequence of str
        Columns with a fixed effect, besides the intercept.
    groupings : sequence of Grouping
        Random effects; none gives ordinary (logistic) regression.
    family : str
        ``linear``, ``logistic``, ``cloglog`` (0/1 outcomes) or ``binomial_counts`` (logit link).
    intercept : bool
        Whether the model has one.
    reml : bool
        Restricted maximum likelihood, for a linear model.
    weights : array, optional
        Prior weights of the rows (the residual variance is divided by them).
    nagq : int
        Quadrature nodes; more than 1 works with one grouping, else Laplace is used and recorded.
    start : EngineFit, optional
        A fit of the same random effects from whose variances (and coefficients, where they are
        the same) the search starts: many refits of nearly the same data.
    quick : bool
        For refits of which the coefficients and the log-likelihood are wanted: SEs without the
        Hessian, no Satterthwaite df.

    Returns
    -------
    EngineFit

    Raises
    ------
    ModelError
        A column is missing or its name cannot stand in a formula.
    EngineError
        The engine broke off (on separated outcomes it can); a ``ModelError`` too.

    Notes
    -----
    Rows with a missing value are left out by the engine and counted in ``rows_dropped``. SEs of
    generalised models come from the joint Hessian of the Laplace (or quadrature) deviance.
    Validated against lme4 and lmerTest on the ``lmm_*``, ``glmm_*`` and ``discrete_hazard_cloglog``
    reference sets.
    """
    link = link_of(family)
    frame, formula = _frame_and_formula(data, response, fixed, groupings, intercept)
    options: dict = {"reml": reml} if family == "linear" else {"link": link.name, "nagq": nagq}
    if quick:
        options |= {"satterthwaite": False, "wald_se": "rx"}
    if start is not None:
        options["warm_start"] = _start(start, fixed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", glmm.DiagnosticWarning)
            raw = glmm.fit(
                frame,
                formula,
                "gaussian" if family == "linear" else "binomial",
                weights=weights,
                anova_test="Wald",
                **options,
            )
    except (ValueError, TypeError) as error:
        said = formula.replace("level_", "")
        raise EngineError(f"the engine broke off at {said}: {error}") from error
    return _engine_fit(raw, family, formula, groupings, len(frame))


def lower_factor(covariance: np.ndarray) -> np.ndarray:
    """Lower triangular L with LL' = covariance, which may be singular (a variance at zero)."""
    size = len(covariance)
    factor = np.zeros((size, size))
    tiny = 1e-14 * max(float(np.max(np.diag(covariance), initial=0.0)), 1e-300)
    for column in range(size):
        left = covariance[column:, column] - factor[column:, :column] @ factor[column, :column]
        if left[0] > tiny:
            factor[column:, column] = left / np.sqrt(left[0])
    return factor


def _start(fit: EngineFit, fixed: Sequence[str]) -> dict:
    """Where the engine's search starts: factors relative to the residual SD, column by column."""
    scale = np.sqrt(fit.dispersion)
    theta = [
        float(factor[row, column])
        for factor in (lower_factor(group.covariance) / scale for group in fit.covariances)
        for column in range(len(factor))
        for row in range(column, len(factor))
    ]
    same = fit.names == (INTERCEPT, *fixed)
    return {"theta": theta, **({"beta": list(map(float, fit.beta))} if same else {})}


def contrast_test(fit: EngineFit, names: Sequence[str]) -> Contrast:
    """F test that the coefficients ``names`` of a linear model are all zero, Satterthwaite's df."""
    rows = np.zeros((len(names), len(fit.names)))
    for row, name in enumerate(names):
        rows[row, fit.names.index(name)] = 1.0
    table = fit.raw.contrast_test(rows)
    return Contrast(
        statistic=float(table["F value"][0]),
        numerator_df=float(table["NumDF"][0]),
        denominator_df=float(table["DenDF"][0]),
        p=float(table["Pr(>F)"][0]),
    )


def _frame_and_formula(
    data: pd.DataFrame,
    response: str | tuple[str, str],
    fixed: Sequence[str],
    groupings: Sequence[Grouping],
    intercept: bool,
) -> tuple[dict, str]:
    responses = (response,) if isinstance(response, str) else response
    slopes = [name for grouping in groupings for name in grouping.slopes]
    names = list(dict.fromkeys((*responses, *fixed, *slopes)))
    levels = [column for grouping in groupings for column in grouping.columns]
    _check_columns(data, (*names, *levels))
    frame = pd.DataFrame({name: _plain(data[name]) for name in names})
    left = response
    if not isinstance(response, str):
        successes, trials = response
        frame["failures_"] = frame[trials] - frame[successes]
        left = f"cbind({successes}, failures_)"
    right = ["1" if intercept else "0", *fixed]
    for grouping in groupings:
        key = f"level_{grouping.name}"
        frame[key] = _levels(data, grouping)
        right.append(f"({' + '.join(('1', *grouping.slopes))} | {key})")
    return frame, f"{left} ~ {' + '.join(right)}"


def _check_columns(data: pd.DataFrame, names: Sequence[str]) -> None:
    absent = sorted({name for name in names if name not in data.columns})
    if absent:
        raise ModelError(
            f"no column {', '.join(absent)} in the data; there are {', '.join(map(str, data.columns))}"
        )
    unusable = sorted({name for name in names if not _NAME.match(name)})
    if unusable:
        raise ModelError(f"{', '.join(unusable)} cannot stand in a formula: use letters, digits and _")


def _plain(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.remove_unused_categories()
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype("float64")
    return column


def level_text(data: pd.DataFrame, grouping: Grouping) -> pd.Series:
    """The level of each row as text, missing where a column of the grouping is."""
    if len(grouping.columns) == 1:
        text = data[grouping.columns[0]].astype("str")
    else:
        text = data[list(grouping.columns)].astype("str").agg(":".join, axis=1)
    missing = data[list(grouping.columns)].isna().any(axis=1)
    return text.mask(missing)


def _levels(data: pd.DataFrame, grouping: Grouping) -> pd.Categorical:
    """Levels as a category of those in use, sorted, so that nothing depends on the order of rows."""
    return pd.Categorical(level_text(data, grouping))


def _engine_fit(
    raw: glmm.Fit, family: EngineFamily, formula: str, groupings: Sequence[Grouping], rows: int
) -> EngineFit:
    names = tuple(str(name) for name in raw.names)
    kept = {f"level_{grouping.name}": grouping for grouping in groupings}
    return EngineFit(
        family=family,
        formula=formula.replace("level_", ""),
        engine=engine_name(),
        names=names,
        beta=_fixed(raw.beta),
        se=_fixed(raw.se),
        vcov=_fixed(raw.vcov).reshape(len(names), len(names)),
        df=_fixed(raw.coef_df),
        loglik=float(raw.loglik),
        parameters=int(raw.df),
        reml=bool(raw.reml),
        dispersion=float(raw.dispersion),
        covariances=tuple(
            _covariance(raw, place, kept[name], terms)
            for place, (name, terms) in enumerate(raw.re_groups)
            if len(raw.varcorr)  # a fit that diverged has none
        ),
        effects=tuple(_effects(block, kept) for block in raw.ranef_blocks),
        fitted=_fixed(raw.fitted),
        response=_fixed(raw.y),
        converged=bool(raw.converged),
        singular=bool(raw.singular),
        aliased=tuple(name for name, gone in zip(names, raw.aliased, strict=True) if gone),
        nobs=int(raw.nobs),
        rows_dropped=rows - int(raw.nobs),
        nagq=int(raw.nagq),
        warnings=tuple(
            f"{found['kind']}: {found['message']}".replace("level_", "") for found in raw.warnings
        ),
        raw=raw,
    )


def _covariance(raw: glmm.Fit, place: int, grouping: Grouping, terms: Sequence[str]) -> GroupCovariance:
    size = len(terms)
    matrix = np.zeros((size, size))
    columns, rows = np.triu_indices(size)  # column-major lower triangle
    matrix[rows, columns] = matrix[columns, rows] = np.asarray(raw.varcorr[place], dtype=float)
    pinned = raw.diagnostics["pinned"]
    held = tuple(bool(value) for value in pinned[place]) if len(pinned) else (False,) * size
    matrix.setflags(write=False)
    return GroupCovariance(grouping.name, tuple(terms), matrix, held)


def _effects(block: Mapping, kept: Mapping[str, Grouping]) -> GroupEffects:
    return GroupEffects(
        kept[block["group"]].name, tuple(block["levels"]), tuple(block["terms"]), _fixed(block["values"])
    )


def _fixed(values: object) -> np.ndarray:
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array
