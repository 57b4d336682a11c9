"""A family of models: one value that says how a kind of outcome is fitted, tested and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alliance_modes.models.design.design import Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.effects.marginal import Difference
from alliance_modes.models.engine.distributions import Distribution
from alliance_modes.models.inference.estimate_rows import Scale
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.result import (
    Curve,
    Diagnostic,
    Estimate,
    FitResult,
    PredictedIncidence,
    Refit,
    Status,
)
from alliance_modes.plan.families import PlannedFamily
from alliance_modes.plan.terms import PlannedModel, Predictor


@dataclass(frozen=True)
class Asked:
    """One outcome that was estimated, and what is asked of it beyond its coefficients.

    ``every`` are all outcomes of the model by name, ``outcome`` among them. ``draws`` are behind each
    interval, and start from ``seed``.
    """

    outcome: str
    every: Mapping[str, Estimated | Refused]
    found: Estimated
    model: PlannedModel
    predictors: Mapping[str, Predictor]
    draws: int
    seed: list[int]


@dataclass(frozen=True)
class Further:
    """What a family says beyond coefficients, ratios and joint tests."""

    estimates: tuple[Estimate, ...] = ()
    curves: tuple[Curve, ...] = ()
    incidences: tuple[PredictedIncidence, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Risk:
    """How a ratio is read as a risk ratio, to ask what unmeasured confounding would explain it.

    ``ratio_of`` takes the ratio, and whether the outcome is common. ``share`` is that of those who have the
    outcome by the end of follow-up, None where it is not known. ``said`` are the words where the outcome
    is common, and where it is rare.
    """

    ratio_of: Callable[[float, bool], float]
    share: Callable[[FitResult], float | None]
    said: tuple[str, str]


def every_row(design: Design) -> Design:
    """The design as it is."""
    return design


def nothing_lacking(design: Design) -> str:
    """No further requirement."""
    return ""


def none_separate(design: Design) -> tuple[str, ...]:
    """No columns: the outcome cannot be separated."""
    return ()


def nothing_further(asked: Asked) -> Further:
    """Nothing beyond the coefficients."""
    return Further()


@dataclass(frozen=True)
class Family:
    """Everything that one family of models decides.

    Parameters
    ----------
    planned : PlannedFamily
        What a plan knows of it, its name included.
    distribution : Distribution
        Of an outcome about its mean, with the link.
    scale : Scale
        Unit of a coefficient, and the words and estimand of its ratio.
    difference : Difference
        What a reader is shown in place of the coefficient.
    estimates : callable
        From a design, its fit and its status to the inference and the rows of estimates: coefficients,
        their further forms, joint tests.
    second_engine : callable
        The same data through statsmodels.
    rule : str
        How standard errors and df are found, in words.
    marginal : bool
        The difference is an average marginal effect, over rows and random effects.
    small_sample : bool
        Standard errors are also those of ``small_sample_covariance``.
    risk : Risk, optional
        None where the coefficient has no ratio.
    prepare : callable
        Rows as they are fitted, from rows as they are built.
    lacking : callable
        What the rows lack for a model of this family, in words; blank where nothing.
    separating : callable
        Columns that leave no finite estimate, before the fit.
    further : callable
        What is said beyond the coefficients.
    coefficients : callable, optional
        The inference of ``estimates`` alone, of a linear fit too that is not the engine's; None where refits
        go through ``estimates``.
    of_design : callable, optional
        The distribution of the outcomes of a design, where it hangs on them.
    """

    planned: PlannedFamily
    distribution: Distribution
    scale: Scale
    difference: Difference
    estimates: Callable[[Design, Structure, Status], tuple[Inference, tuple[Estimate, ...]]]
    second_engine: Callable[[Design, Inference], tuple[Refit, ...]]
    rule: str
    marginal: bool = False
    small_sample: bool = False
    risk: Risk | None = None
    prepare: Callable[[Design], Design] = every_row
    lacking: Callable[[Design], str] = nothing_lacking
    separating: Callable[[Design], tuple[str, ...]] = none_separate
    further: Callable[[Asked], Further] = nothing_further
    coefficients: Callable[[Design, Structure], Inference] | None = None
    of_design: Callable[[Design], Distribution] | None = None

    def distribution_of(self, design: Design) -> Distribution:
        """The distribution with which the outcomes of a design are fitted."""
        return self.distribution if self.of_design is None else self.of_design(design)

    @property
    def name(self) -> str:
        """Its name in a plan."""
        return self.planned.name
