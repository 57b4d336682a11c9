"""Why a model was not run, in the words of the plan rather than the names of columns."""

from __future__ import annotations

from alliance_modes.dictionary.named import ENROLMENT_ID, GROUP_ID, PRACTITIONER_ID, SITE_ID
from alliance_modes.models.result import ModelResult
from alliance_modes.plan.plan import Plan
from alliance_modes.words.names import listed, uncapital

OPENING, CLOSING = "no values of ", " in this cohort"
_COLUMNS = {
    PRACTITIONER_ID: "practitioners",
    GROUP_ID: "groups",
    SITE_ID: "sites",
    ENROLMENT_ID: "enrolments",
}


def plain_reason(reason: str, plan: Plan) -> str:
    """A reason with the labels of columns in place of their names; other reasons as they are.

    ``no values of educative_z, site_id in this cohort`` becomes ``its rows have no values of
    educative mode or sites``; what follows (how many practitioners were surveyed too late) stays.
    """
    head, closing, cause = reason.partition(CLOSING)
    if not (head.startswith(OPENING) and closing):
        return reason
    columns = head.removeprefix(OPENING).split(", ")
    labels = {
        predictor.column: uncapital(predictor.label) for predictor in plan.predictors.values()
    } | _COLUMNS
    named = [
        labels.get(column.removesuffix("_between").removesuffix("_within"), labels.get(column, column))
        for column in columns
    ]
    return f"its rows have no values of {listed(list(dict.fromkeys(named)), 'or')}{cause}"


def plain_reasons(model: ModelResult, plan: Plan) -> ModelResult:
    """The model with its own reason and that of each fit in plain words."""
    fits = tuple(fit.model_copy(update={"reason": plain_reason(fit.reason, plan)}) for fit in model.fits)
    return model.model_copy(update={"reason": plain_reason(model.reason, plan), "fits": fits})
