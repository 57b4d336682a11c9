"""Which single choice moves the planned estimates by more than chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from alliance_modes.models.multiplicity import PRIMARY, adjusted
from alliance_modes.models.refitting.deletion import FEWEST, jackknife
from alliance_modes.relations.specifications.result import Fitted, TermEstimate

LEVEL = 0.05
OUTLYING, SQUARES = "practitioners", "form"


@dataclass(frozen=True)
class Shift:
    """How far one choice moves one estimate: option minus plan, with the SE of that difference."""

    term: str
    estimate: float
    se: float | None = None
    df: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class Moved:
    """One choice made otherwise than planned, alone.

    ``p`` is of the choice as a whole, None where nothing was compared; ``p_adjusted`` by Holm over the
    choices of the outcome. ``same`` says that it comes to the very same fit.
    """

    choice: str
    option: str
    shifts: tuple[Shift, ...]
    p: float | None
    same: bool = False
    outlying: int = 0
    p_adjusted: float | None = None


def moved(planned: Fitted, others: Sequence[Fitted]) -> tuple[Moved, ...]:
    """Compare each specification that departs from the plan in one choice with the planned one.

    Parameters
    ----------
    planned : Fitted
    others : sequence of Fitted
        Of the same outcome, each with one choice made otherwise.

    Notes
    -----
    Both fits are of nearly the same data, so that their intervals say nothing of the difference. Its standard
    error is the jackknife's over practitioners: sqrt((J - 1) / J sum (d_j - mean d)^2), d_j the difference
    without practitioner j (deletion formula, variances held); t with the planned term's df. The p of a choice
    is the smallest of its terms' times their number. Two choices have a test of their own: ``form`` the
    coefficients of the squares, ``practitioners`` the deletion residual of the farthest practitioner, because
    a difference that one practitioner makes alone has no jackknife.
    """
    found = [_one(planned, other) for other in others]
    tested = {place: one.p for place, one in enumerate(found) if one.p is not None}
    by_holm = adjusted(tested, PRIMARY)
    return tuple(replace(one, p_adjusted=by_holm.get(place)) for place, one in enumerate(found))


def _one(planned: Fitted, other: Fitted) -> Moved:
    (choice,) = (name for name, option in other.options.items() if option != planned.options[name])
    option = other.options[choice]
    same = bool(other.content) and other.content == planned.content
    if choice == OUTLYING:
        shifts = tuple(_shifts(planned, other, tested=False))
        return Moved(choice, option, shifts, other.outlying_p, same, other.outlying)
    if same or not planned.terms or not other.terms:
        return Moved(choice, option, (), None, same)
    if choice == SQUARES:
        return Moved(choice, option, tuple(map(_curved, other.curvature)), _smallest(other.curvature))
    shifts = tuple(_shifts(planned, other))
    return Moved(choice, option, shifts, _smallest(shifts))


def _smallest(rows: Sequence[Shift | TermEstimate]) -> float | None:
    """The smallest p times how many there are (Bonferroni)."""
    known = [row.p for row in rows if row.p is not None]
    return min(1.0, min(known) * len(known)) if known else None


def _curved(row: TermEstimate) -> Shift:
    return Shift(row.term, row.estimate, row.se, row.df, row.p)


def _shifts(planned: Fitted, other: Fitted, *, tested: bool = True) -> Iterator[Shift]:
    people = sorted({*planned.without, *other.without})
    for place, (before, after) in enumerate(zip(planned.terms, other.terms, strict=False)):
        estimate = after.estimate - before.estimate
        left = np.array(
            [
                _without(other.without, one, place, after.estimate)
                - _without(planned.without, one, place, before.estimate)
                for one in people
            ]
        )
        se = _jackknife(left) if tested and len(people) >= FEWEST else None
        df = before.df if before.df is not None else float(max(len(people) - 1, 1))
        p = 2.0 * float(stats.t.sf(abs(estimate) / se, df)) if se else None
        yield Shift(before.term, estimate, se, df if se else None, p)


def _without(left: Mapping[str, tuple[float | None, ...]], one: str, place: int, whole: float) -> float:
    """The estimate without a practitioner; one whom the specification does not have changes nothing."""
    if one not in left:
        return whole
    value = left[one][place]
    return math.nan if value is None else value


def _jackknife(left: np.ndarray) -> float | None:
    covariance = jackknife(left[:, None])
    error = 0.0 if covariance is None else math.sqrt(float(covariance[0, 0]))
    return error if error > 0 else None
