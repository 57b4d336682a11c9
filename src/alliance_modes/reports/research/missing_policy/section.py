"""What is done about missing answers, predictors and outcomes, as the plan has it."""

from __future__ import annotations

from typing import Any

from alliance_modes.plan.plan import Plan
from alliance_modes.reports.answering import by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.words.names import listed
from alliance_modes.words.rounding import number, whole


def _imputed(plan: Plan) -> str:
    """How missing predictors are filled in for a second look; blank where they are not."""
    how = plan.imputation
    titles = [model.title for name, model in plan.models.items() if name in how.models]
    if not how.claims or not titles:
        return ""
    enough = (
        f", fewer where every standard error would come out again to within {number(how.enough)} of itself"
        if how.enough is not None
        else ""
    )
    return (
        f"Beside it, missing predictors are filled in by chained equations: at most {whole(how.m)} completed "
        f"data sets{enough}, each after {whole(how.iterations)} rounds, a value taken from one of the "
        f"{whole(how.donors)} nearest observed cases; the estimates are combined by Rubin's rules. This is "
        f"done for the {listed(list(how.claims))} outcomes of: {'; '.join(titles)}."
    )


def _tipping(plan: Plan) -> str:
    steps = plan.imputation.tipping
    if not steps or not plan.imputation.claims:
        return ""
    return (
        "For 0/1 outcomes that nobody saw it is asked how far they would have to differ from what the model "
        f"expects before a conclusion changes (log-odds from {number(min(steps), 1)} to "
        f"{number(max(steps), 1)}, and none and all having the outcome)."
    )


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"imputed": _imputed(inputs.plan), "tipping": _tipping(inputs.plan)}


MISSING_POLICY = Section(
    "missing_policy",
    ("plan",),
    _context,
    as_inside(_context),
    answers=(
        by_words(
            "A score is made from the answers that are there",
            "jars_quant T1.33",
            "jars_quant T4.7",
            "strobe 12c",
        ),
    ),
)
