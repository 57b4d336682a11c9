"""One outcome through lme4, beside the first engine's fit of the same rows and effects."""

from __future__ import annotations

from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.links import COMPLEMENTARY_LOG_LOG
from alliance_modes.models.engine.prepared import prepare
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.result import Refit, RefitTerm
from alliance_modes.models.second_engines.lme4 import Lme4Answer, ask_lme4
from alliance_modes.models.second_engines.rscript import Lme4

LINEAR_TOLERANCE = 0.01
GENERALISED_TOLERANCE = 0.02
"""In standard errors, of estimates and of standard errors; lme4 stops its search of these models early."""

EXPECTED_INFORMATION = (
    "Laplace's approximation rests on the expected information in lme4 and on the observed in glmm, which "
    "differ for this link"
)


def beside(found: Estimated, here: Lme4, seconds: float) -> Refit:
    """One outcome through lme4, its differences from glmm's fit in glmm's standard errors."""
    design, used = found.design, found.structure.fit
    fit = used.laplace or used
    asked = prepare(
        design.frame, design.response, design.fixed, found.structure.groupings, offset=design.offset
    )
    answer = ask_lme4(asked, fit.distribution, here, nodes=fit.nagq, reml=fit.reml, seconds=seconds)
    tolerance = LINEAR_TOLERANCE if fit.distribution.normal else GENERALISED_TOLERANCE
    refit = Refit(
        engine=_called(here),
        model="the same model",
        status=answer.status,
        reason="; ".join(filter(None, (answer.reason, *answer.warnings, *_approximation(used)))),
        tolerance=tolerance,
    )
    if answer.status not in ("ok", "singular"):
        return refit
    absent = sorted(set(fit.names) ^ set(answer.beta))
    if absent:
        reason = f"the two engines do not have the same coefficients: {', '.join(absent)}"
        return refit.model_copy(update={"status": "not_estimated", "reason": reason})
    return refit.model_copy(update=_differences(found, fit, answer))


def _differences(found: Estimated, fit: EngineFit, answer: Lme4Answer) -> dict:
    beta, se = (dict(zip(fit.names, map(float, values), strict=True)) for values in (fit.beta, fit.se))
    largest = max(
        max(abs(answer.beta[name] - beta[name]), abs(answer.se[name] - se[name])) / se[name]
        for name in fit.names
    )
    terms = tuple(
        RefitTerm(
            term=column.term,
            level=column.level,
            estimate=answer.beta[column.name],
            se=answer.se[column.name],
            reference_estimate=beta[column.name],
            reference_se=se[column.name],
        )
        for column in found.design.columns
    )
    return {
        "largest_difference_in_se": largest,
        "terms": terms,
        "loglik": answer.loglik,
        "reference_loglik": fit.loglik,
    }


def _approximation(fit: EngineFit) -> tuple[str, ...]:
    """What is known to set the two engines apart whatever the data."""
    laplace = fit.nagq == 1 or fit.laplace is not None
    said = (EXPECTED_INFORMATION,) if fit.distribution.link is COMPLEMENTARY_LOG_LOG and laplace else ()
    if fit.laplace is None:
        return said
    name, change = fit.moved()
    nested = (
        "lme4 has one node where there are several groupings, so that both are compared by Laplace's "
        f"approximation; estimates, by {fit.nagq} nodes a level, are within {change:.2g} SE of it ({name})"
    )
    return (*said, nested)


def without(here: Lme4, reason: str) -> Refit:
    """The refit that was not made, with the reason."""
    return Refit(engine=_called(here), status="not_run", reason=reason)


def _called(here: Lme4) -> str:
    return f"lme4 {here.version}".strip()
