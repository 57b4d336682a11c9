"""What the generalised families share: the working-response rule for one outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from alliance_modes.models.design.design import OBSERVATION, Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.engine.restricted.satterthwaite import Contrast
from alliance_modes.models.inference.estimate_rows import (
    Scale,
    coefficient_rows,
    joint_rows,
    ratio_row,
    with_closed_tests,
)
from alliance_modes.models.inference.inference import (
    Counts,
    Inference,
    crossing_rule,
    df_cap,
    working_inference,
    working_joint_test,
)
from alliance_modes.models.result import Estimate, Status

RULE = "working-response rule"


def working_rule(design: Design, structure: Structure, counts: Counts | None) -> Inference:
    """Standard errors and df by the working response; see ``working_inference`` and ``crossing_rule``.

    The observation-level effect of counts enters by its variance in ``counts``, not as a grouping.
    """
    cap = df_cap(design.practitioners, design.practitioner_columns)
    groupings = tuple(grouping for grouping in structure.groupings if grouping.name != OBSERVATION)
    inference = working_inference(
        structure.fit, design.frame, design.fixed, groupings, cap, counts, few=design.few
    )
    return crossing_rule(inference, structure.planned, design.crossing, cap)


def ratios(coefficients: Sequence[Estimate], scale: Scale) -> Iterator[Estimate]:
    """e to each coefficient but the intercept."""
    if scale.estimand is not None:
        for row in coefficients[1:]:
            yield ratio_row(row, scale.estimand, scale.unit, scale.ratio)


def coefficients_by_rule(
    design: Design, inference: Inference, scale: Scale, status: Status
) -> tuple[Estimate, ...]:
    """One row per coefficient, intercept first, the tested ones with their closed tests."""
    rows = coefficient_rows(design, inference, scale.unit, status)
    return with_closed_tests(design, rows, inference.names, _joint_test(design, inference))


def joint_tests(design: Design, inference: Inference, status: Status) -> Iterator[Estimate]:
    """The joint tests with the covariance of the rule."""
    return joint_rows(design, _joint_test(design, inference), status)


def _joint_test(design: Design, inference: Inference) -> Callable[[Sequence[str]], Contrast]:
    cap = df_cap(design.practitioners, design.practitioner_columns)
    return lambda names: working_joint_test(inference, names, cap)
