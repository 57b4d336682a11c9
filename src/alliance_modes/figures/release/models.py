"""Results of models as a release may draw them: of enough rows and practitioners, with rounded numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.disclosure.counts import Shown
from alliance_modes.disclosure.rules import Disclosure, safe_model
from alliance_modes.disclosure.sizes import PEOPLE, Sizes
from alliance_modes.domain import DROP_OUT, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.result import CurvePoint, FitResult, ModelResult
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.parts import FiguresPart
from alliance_modes.plan.terms import PRACTITIONER

ENDS = (0.05, 0.95)
"""Quantiles of practitioners between which curves are drawn: what lies beyond is about few of them."""

STEP = 0.1


@dataclass(frozen=True)
class ReleasedCurve:
    """The model's chance of an outcome over the use of one mode."""

    model: str
    outcome: str
    mode: str
    n: Shown
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class ReleasedCourse:
    """The model's cumulative drop-out over sessions with everyone at ``value`` of a mode."""

    mode: str
    value: float
    n: Shown
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True)
class ReleasedModels:
    """What models say, in a release.

    ``estimates`` are rows of ``estimates.csv`` with rounded counts, those alone whose models have residual
    degrees of freedom and practitioners enough. ``few`` says that too few practitioners entered for a claim.
    """

    estimates: pd.DataFrame
    few: bool
    curves: tuple[ReleasedCurve, ...] = ()
    courses: tuple[ReleasedCourse, ...] = ()


def released_models(
    estimates: pd.DataFrame,
    models: Mapping[str, ModelResult],
    practitioners: pd.DataFrame,
    plan: FiguresPart,
    rules: Disclosure,
    sizes: Sizes,
) -> ReleasedModels:
    """Estimates, curves and courses of every model that a release may show.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates.csv``.
    models : mapping of ModelResult
    practitioners : DataFrame
        One row per practitioner with the use of each mode: where curves end.
    plan : FiguresPart
    rules : Disclosure
    sizes : Sizes
        What is told of how many rows and people they rest on.
    """
    safe = {
        key
        for key, rows in estimates.groupby(["model", "outcome"], sort=False)
        if _is_safe(rows, len(rows[rows["estimand"] == "coefficient"]), rules)
    }
    kept = estimates[[key in safe for key in zip(estimates["model"], estimates["outcome"], strict=True)]]
    kept = kept[~(kept["df"] < rules.residual_df) & kept["n"].notna()]
    entered = _practitioners(estimates["clusters"])
    fits = {(name, fit.outcome): fit for name, model in models.items() for fit in model.fits}
    allowed = {key: fit for key, fit in fits.items() if key in safe}
    return ReleasedModels(
        kept.assign(
            n=[
                sizes.of(plan.models[name].table, int(n))
                for name, n in zip(kept["model"], kept["n"], strict=True)
            ],
            clusters=[_told_clusters(text, rules, sizes) for text in kept["clusters"]],
        ),
        bool(len(entered)) and int(entered.max()) < PRACTITIONERS_FOR_A_CLAIM,
        tuple(_curves(allowed, practitioners, plan, sizes)),
        tuple(_courses(allowed, plan, sizes)),
    )


def _is_safe(rows: pd.DataFrame, coefficients: int, rules: Disclosure) -> bool:
    if rows["n"].isna().all():
        return False
    n = int(rows["n"].max())
    units = _practitioners(rows["clusters"])
    return safe_model(n - coefficients - 1, n, int(units.max()) if len(units) else n, rules)


def _practitioners(clusters: pd.Series) -> pd.Series:
    found = clusters.dropna().astype(str).str.extract(rf"\b{PRACTITIONER}=(\d+)", expand=False)
    return found.dropna().astype(int)


def _told_clusters(text: str, rules: Disclosure, sizes: Sizes) -> str:
    """``practitioner=40; group=85``: groupings of fewer than the threshold are left out."""
    counts = re.findall(r"([^=;\s]+)=(\d+)", str(text))
    enough = [(name, int(n)) for name, n in counts if int(n) >= rules.threshold]
    return "; ".join(f"{name}={sizes.of(name, n) if name in PEOPLE else n}" for name, n in enough)


def _shown_n(fit: FitResult, rows: str, sizes: Sizes) -> Shown:
    return Shown.rounded(sizes.of(rows, fit.n))


def _curves(
    fits: Mapping[tuple[str, str], FitResult],
    practitioners: pd.DataFrame,
    plan: FiguresPart,
    sizes: Sizes,
) -> Iterator[ReleasedCurve]:
    for (name, outcome), fit in fits.items():
        terms = plan.models[name].curves if name in plan.models else {}
        for curve in fit.curves:
            mode = terms.get(curve.term)
            if mode is None or mode not in practitioners:
                continue
            used = practitioners[mode].dropna().astype(float)
            low, high = (round(float(used.quantile(end)), 1) for end in ENDS)
            points = _between(curve.points, low, high)
            if points:
                shown = _shown_n(fit, plan.models[name].table, sizes)
                yield ReleasedCurve(name, outcome, mode, shown, points)


def _between(points: Sequence[CurvePoint], low: float, high: float) -> tuple[CurvePoint, ...]:
    """The curve at even steps between two values: where it was computed would give the ends of the range."""
    x = [point.x for point in points]
    grid = np.round(np.arange(low, high + STEP / 2, STEP), 1)
    columns = {name: [getattr(point, name) for point in points] for name in ("estimate", "ci_low", "ci_high")}
    known = {name: values for name, values in columns.items() if None not in values}
    drawn = {name: np.round(np.interp(grid, x, values), 3) for name, values in known.items()}
    return tuple(
        CurvePoint(x=float(at), **{name: float(values[place]) for name, values in drawn.items()})
        for place, at in enumerate(grid)
    )


def _courses(
    fits: Mapping[tuple[str, str], FitResult], plan: FiguresPart, sizes: Sizes
) -> Iterator[ReleasedCourse]:
    """Of the first hazard model of drop-out that is about modes."""
    for name, model in plan.models.items():
        ends = {one.name for one in model.outcomes if one.column == f"ended_{DROP_OUT}"}
        if not (FAMILIES[model.family].hazard and model.modes and ends):
            continue
        found = [fit for (of, _), fit in fits.items() if of == name]
        for fit in found:
            for one in fit.incidences:
                if one.end in ends and one.term in model.modes and one.value is not None:
                    mode = model.modes[one.term]
                    shown = _shown_n(fit, model.table, sizes)
                    yield ReleasedCourse(mode, one.value, shown, _rounded(one.points))
        return


def _rounded(points: Sequence[CurvePoint]) -> tuple[CurvePoint, ...]:
    return tuple(CurvePoint(x=point.x, estimate=round(point.estimate, 3)) for point in points)
