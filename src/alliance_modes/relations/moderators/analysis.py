"""Each moderator of the modes by itself: products, their joint test, and the same without random slopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from alliance_modes.models.design.design import PRACTITIONER, Refusal
from alliance_modes.models.inference.estimate_rows import joint_term
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.outcome import estimate_outcome, estimate_without_slope
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.moderators import Moderators
from alliance_modes.plan.terms import PRODUCT, PlannedModel, Predictor
from alliance_modes.relations.fitted import Asked, Fit, asked, tested_modes
from alliance_modes.relations.moderators.columns import moderator_of
from alliance_modes.relations.result import Relation, RelationCheck, RelationEstimate, relation

WITHOUT_SLOPE = "joint_test_without_slope"
"""The usual way: products across levels tested as if the moderator did the same at all practitioners."""


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """Every moderator of the settings with every outcome that they name.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.

    Returns
    -------
    Relation
        Per outcome and moderator: the product of each mode with it (term ``<mode>:<moderator>``), their joint
        test (term ``modes:<moderator> (joint)``), and that test without a random slope (estimand
        ``joint_test_without_slope``) where there is one. Check ``slope:<moderator>``: whether the slope could
        be fitted.

    Notes
    -----
    A moderator of clients is multiplied in what differs within practitioners, and its effect varies between
    practitioners (a random slope), since a mode is theirs: without it, products of a mode and a client's
    column are found too often. Where that slope cannot be fitted, ``crossing_rule`` holds. A moderator of
    practitioners has no slope. The models are those of the plan, of which each has its own products alone.
    """
    settings = task.settings(Moderators)
    estimates: list[RelationEstimate] = []
    checks: list[RelationCheck] = []
    for one in asked(task):
        names = tested_modes(one, task)
        if one.outcome.name not in settings.outcomes or not names or one.table not in tables:
            continue
        for moderator in settings.moderators:
            found, checked = _moderated(one, task, tables[one.table], names, moderator)
            estimates += found
            checks += checked
    return relation("moderators", estimates, checks)


def _moderated(
    one: Asked, task: RelationTask, table: pd.DataFrame, modes: list[str], moderator: str
) -> tuple[list[RelationEstimate], list[RelationCheck]]:
    made = moderator_of(moderator, task, table)
    joint = joint_term(PRODUCT.join([modes[0], moderator]))
    if isinstance(made, Refusal):
        refused = RelationEstimate(
            part=one.part, term=joint, estimand="joint_test", status=made.status, reason=made.reason
        )
        return [refused], []
    wider, predictor = made
    model = moderated(one.model, modes, moderator, predictor)
    found = _fit(one, task, wider, model, predictor, moderator)
    products = {name: name for name in model.tested}
    rows = [*found.rows(products, task), *_joint(found, joint, "joint_test")]
    if not model.slopes.get("practitioner"):
        return rows, []
    plain = model.model_copy(update={"slopes": one.model.slopes})
    if isinstance(found.found, Refused):
        without = _fit(one, task, wider, plain, predictor, moderator)
    elif plain.slopes == model.slopes:
        without = found
    else:
        of_slope = (PRACTITIONER, predictor.varying_column)
        without = Fit(one.part, plain, estimate_without_slope(found.found, plain, *of_slope))
    rows += _joint(without, joint, WITHOUT_SLOPE)
    return rows, [_slope(found, predictor, moderator)]


def moderated(model: PlannedModel, modes: list[str], moderator: str, predictor: Predictor) -> PlannedModel:
    """The model with the moderator, its products, which alone are tested, and its slope."""
    products = tuple(PRODUCT.join([mode, moderator]) for mode in modes)
    alone = () if moderator in model.predictors else (moderator,)
    kept = tuple(term for term in model.terms if term not in products)
    slopes = dict(model.slopes)
    if predictor.level != "between":
        before = slopes.get("practitioner", ())
        slopes["practitioner"] = (*before, *(name for name in (moderator,) if name not in before))
    return model.model_copy(
        update={
            "formula": " + ".join([*kept, *alone, *products]),
            "tested": products,
            "slopes": slopes,
            "curves": (),
        }
    )


def _fit(
    one: Asked,
    task: RelationTask,
    table: pd.DataFrame,
    model: PlannedModel,
    predictor: Predictor,
    moderator: str,
) -> Fit:
    return Fit(
        one.part,
        model,
        estimate_outcome({**task.predictors, moderator: predictor}, model, one.outcome, table),
    )


def _joint(fitted: Fit, term: str, estimand: str) -> Iterator[RelationEstimate]:
    found = fitted.found
    if isinstance(found, Refused):
        refusal = found.refusal
        yield RelationEstimate(
            part=fitted.part, term=term, estimand=estimand, status=refusal.status, reason=refusal.reason
        )
        return
    for row in found.estimates:
        if row.estimand == "joint_test" and row.term == term:
            kept = row.model_dump(exclude={"p_closed", "estimand"})
            clusters = dict(found.design.clusters)
            yield RelationEstimate(
                **kept, part=fitted.part, estimand=estimand, n=found.design.observations, clusters=clusters
            )


def _slope(fitted: Fit, predictor: Predictor, moderator: str) -> RelationCheck:
    """Whether the effect of a client's moderator was let vary between practitioners."""
    check = f"slope:{moderator}"
    if not isinstance(fitted.found, Estimated):
        return RelationCheck(part=fitted.part, check=check, result="not_checked", detail="no estimate")
    left_out = (PRACTITIONER, predictor.varying_column) in fitted.found.structure.left_out
    detail = "at zero or not to be fitted: the larger of both standard errors is used" if left_out else ""
    return RelationCheck(part=fitted.part, check=check, result="fail" if left_out else "pass", detail=detail)
