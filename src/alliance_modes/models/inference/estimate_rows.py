"""From a fit and its inference to rows of estimates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from alliance_modes.models.design.design import Design
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.engine.restricted.satterthwaite import Contrast
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.multiplicity import closed
from alliance_modes.models.result import Estimand, Estimate, Level, Status
from alliance_modes.plan.terms import PRODUCT

JOINT_TERM = "modes (joint)"
LARGEST_EXPONENT = 700.0


@dataclass(frozen=True)
class Scale:
    """What a coefficient is in: its unit and, where e to it is a ratio, what that is called.

    ``estimand`` and ``corrected`` are the ratio's, of the observed and of the true score.
    """

    unit: str
    ratio: str = ""
    estimand: Estimand | None = None
    corrected: Estimand | None = None


def joint_term(predictor: str) -> str:
    """The joint test that a tested predictor belongs to: that of the modes, or of their products.

    ``engagement:mandated`` belongs to ``modes:mandated (joint)``.
    """
    _, product, moderator = predictor.partition(PRODUCT)
    return f"modes:{moderator} (joint)" if product else JOINT_TERM


def finite(value: float) -> float | None:
    """The number as a result holds it: None where it is infinite or not a number."""
    return float(value) if math.isfinite(value) else None


def coefficient_rows(design: Design, inference: Inference, unit: str, status: Status) -> tuple[Estimate, ...]:
    """One row per coefficient, intercept first; ``unit`` is the outcome's (or ``log-odds``)."""
    low, high = inference.interval()
    statistic, p = inference.statistic, inference.p
    known = {column.name: column for column in design.columns}
    rows = []
    for place, name in enumerate(inference.names):
        column = known.get(name)
        rows.append(
            Estimate(
                term=INTERCEPT if column is None else column.term,
                level="" if column is None else column.level,
                estimand="coefficient",
                unit=unit if column is None else f"{unit} per {column.unit}",
                estimate=finite(inference.beta[place]),
                se=finite(inference.se[place]),
                df=finite(inference.df[place]),
                statistic=finite(statistic[place]),
                p=finite(p[place]),
                ci_low=finite(low[place]),
                ci_high=finite(high[place]),
                status=status,
            )
        )
    return tuple(rows)


def exponent(value: float | None) -> float | None:
    """e to the power; None beyond what a double holds (an interval on 1 df can reach it)."""
    return math.exp(value) if value is not None and value < LARGEST_EXPONENT else None


def ratio_row(row: Estimate, estimand: Estimand, unit: str, ratio: str) -> Estimate:
    """e to a coefficient and its limits; ``unit`` becomes ``ratio`` in what it is per."""
    return row.model_copy(
        update={
            "estimand": estimand,
            "unit": row.unit.replace(unit, ratio, 1),
            "estimate": exponent(row.estimate),
            "se": None,
            "ci_low": exponent(row.ci_low),
            "ci_high": exponent(row.ci_high),
        }
    )


def standardised_row(row: Estimate, estimand: Estimand, unit: str, of: str, spread: float) -> Estimate:
    """A coefficient, its SE and limits divided by an SD; ``unit`` becomes ``SD of <of>``."""
    names = ("estimate", "se", "ci_low", "ci_high")
    divided = {name: None if getattr(row, name) is None else getattr(row, name) / spread for name in names}
    return row.model_copy(
        update={"estimand": estimand, "unit": row.unit.replace(unit, f"SD of {of}", 1), **divided}
    )


def with_closed_tests(
    design: Design, rows: Sequence[Estimate], names: Sequence[str], test: Callable[[Sequence[str]], Contrast]
) -> tuple[Estimate, ...]:
    """``coefficient_rows`` with ``p_closed`` of the tested predictors, among those of their joint test.

    ``names`` are the columns of ``rows``, in their order. A coefficient that is tested alone keeps its p.
    """
    by_name, found = dict(zip(names, rows, strict=True)), dict[str, float]()
    for together in _tested_together(design).values():
        single = {name: p for name in together if (p := by_name[name].p) is not None}
        if len(single) == len(together):
            found |= closed(single, lambda some: test(some).p)
    return tuple(
        row.model_copy(update={"p_closed": finite(found[name])}) if name in found else row
        for name, row in by_name.items()
    )


def _tested_together(design: Design) -> dict[tuple[str, Level], tuple[str, ...]]:
    """Names of the tested columns by the name and the level of their joint test."""
    levels: tuple[Level, ...] = ("between", "within", "")
    tested = [column for column in design.columns if column.tested]
    terms = dict.fromkeys(joint_term(column.predictor) for column in tested)
    found = {
        (term, level): tuple(
            column.name for column in tested if column.level == level and joint_term(column.predictor) == term
        )
        for term in terms
        for level in levels
    }
    return {key: names for key, names in found.items() if names}


def joint_rows(
    design: Design, test: Callable[[Sequence[str]], Contrast], status: Status
) -> Iterator[Estimate]:
    """One joint test of the tested predictors per level, and of products per moderator, of two or more."""
    for (term, level), names in _tested_together(design).items():
        if len(names) < 2:
            continue
        found = test(names)
        yield Estimate(
            term=term,
            level=level,
            estimand="joint_test",
            unit=f"F on {found.numerator_df:g} and df",
            estimate=None,
            df=finite(found.denominator_df),
            statistic=finite(found.statistic),
            p=finite(found.p),
            status=status,
        )
