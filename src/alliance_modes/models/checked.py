"""The checks that are made after the fits, among those of each fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alliance_modes.models.checks.check_table import with_later
from alliance_modes.models.refitting.bootstrap_check import (
    BootstrapResult,
    bootstrap_diagnostics,
    bootstrap_not_made,
)
from alliance_modes.models.refitting.influence_result import InfluenceResult, influence_diagnostics
from alliance_modes.models.result import Diagnostic, FitResult, ModelResult
from alliance_modes.plan.parts import EstimatesPart


def with_checks(
    result: ModelResult, bootstrap: BootstrapResult | None, influence: InfluenceResult | None
) -> ModelResult:
    """A result with the later checks of its fits, each in the place of the one of its name."""
    made = [
        bootstrap_diagnostics(bootstrap) if bootstrap else {},
        influence_diagnostics(influence) if influence else {},
    ]
    fits = tuple(
        _with(fit, [found[fit.outcome] for found in made if fit.outcome in found]) for fit in result.fits
    )
    return result.model_copy(update={"fits": fits})


def all_bootstraps(
    results: Iterable[ModelResult], plan: EstimatesPart, made: Mapping[str, BootstrapResult]
) -> list[BootstrapResult]:
    """One per model of the plan: what was made, and why not where nothing was."""
    return [
        made[result.model]
        if result.model in made
        else bootstrap_not_made(result.model, plan.models[result.model], plan.bootstrap, result)
        for result in results
        if result.model in plan.models
    ]


def _with(fit: FitResult, later: list[Diagnostic]) -> FitResult:
    if not fit.diagnostics:
        return fit
    return fit.model_copy(update={"diagnostics": with_later(fit.diagnostics, later)})
