"""Every engine beside the first: what each found, and whether it agrees, as one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from alliance_modes.dictionary.models import TABLES
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.models.result import FitResult, ModelResult, Refit
from alliance_modes.models.second_engines.statsmodels import agrees

NOT_ASKED = "not asked for (engines in config/config.yaml, for the models of the plan of all cohorts)"


class EngineResult(Closed):
    """One model through a further engine: a refit per outcome, by the outcome's name."""

    model: str
    refits: dict[str, Refit]


def with_engines(result: ModelResult, made: EngineResult | None) -> ModelResult:
    """A result with lme4's refits among those of each fit; ``not_run`` where it was not asked."""
    refits = made.refits if made else {}
    absent = Refit(engine="lme4", status="not_run", reason=NOT_ASKED)

    def added(fit: FitResult) -> FitResult:
        return fit.model_copy(update={"refits": (*fit.refits, refits.get(fit.outcome, absent))})

    return result.model_copy(update={"fits": tuple(added(fit) for fit in result.fits)})


def agreement_table(results: Iterable[ModelResult]) -> pd.DataFrame:
    """``agreement.csv``: one row per refit and term, or one per refit that has no estimates.

    ``status`` is ``agrees`` or ``differs``; ``other_estimand`` where the two differ by design; else the
    status of the refit, with its ``reason``. ``loglik_difference`` is glmm's log-likelihood minus the
    other's, where they fitted the same model.
    """
    rows = [
        row
        for result in results
        for fit in result.fits
        for refit in fit.refits
        for row in _rows(result.model, fit.outcome, refit)
    ]
    return TABLES["agreement"].from_rows(rows)


def _rows(model: str, outcome: str, refit: Refit) -> Iterator[dict]:
    shared: dict[str, str | float | None] = {
        "model": model,
        "outcome": outcome,
        "engine": f"{refit.engine} {refit.model}".strip(),
        "reason": refit.reason,
    }
    if not refit.terms:
        yield {**shared, "term": "", "level": "", "status": refit.status}
        return
    same = agrees(refit)
    shared["status"] = "other_estimand" if same is None else "agrees" if same else "differs"
    if same is not None:
        shared |= {"tolerance": refit.tolerance, "largest_difference_in_se": refit.largest_difference_in_se}
    if refit.loglik is not None and refit.reference_loglik is not None:
        shared["loglik_difference"] = refit.reference_loglik - refit.loglik
    for term in refit.terms:
        difference = (term.estimate - term.reference_estimate) / term.reference_se
        ratio = term.se / term.reference_se
        yield {**shared, **term.model_dump(), "difference_in_se": difference, "se_ratio": ratio}
