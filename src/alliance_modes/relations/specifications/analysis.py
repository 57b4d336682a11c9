"""The specification curve of a cohort from its parts: one table, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.dictionary.relations import TABLES
from alliance_modes.models.result import Check, Status
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.specifications import OF_DATA, PLANNED, Choices, Specifications
from alliance_modes.relations.result import Relation, RelationCheck, RelationEstimate, refused, relation
from alliance_modes.relations.specifications.data import as_given
from alliance_modes.relations.specifications.moved import Moved, moved
from alliance_modes.relations.specifications.null import LEVEL, null_test
from alliance_modes.relations.specifications.part import ANSWERED, specifications_part
from alliance_modes.relations.specifications.result import Fitted, SpecificationsPart

NAME = "specifications"
TABLE = TABLES[NAME]


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """The specifications that analysis tables alone can tell: those that clean, score and derive as planned.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.

    Returns
    -------
    Relation
        As ``curve``, without the choices that change the tables themselves.
    """
    asked = task.settings(Specifications)
    fewer = asked.choices.model_copy(update={name: {} for name in OF_DATA[:2]} | {OF_DATA[2]: ()})
    settings = asked.model_copy(update={"choices": fewer})
    smaller = task.model_copy(update={"relations": task.relations.model_copy(update={NAME: settings})})
    return curve([specifications_part(smaller, PLANNED, as_given(tables))])


def curve(parts: Iterable[SpecificationsPart]) -> Relation:
    """What the specifications of a cohort come to.

    Parameters
    ----------
    parts : iterable of SpecificationsPart
        In any order.

    Returns
    -------
    Relation
        Per outcome and term: the planned estimate (``coefficient``); ``median``, ``lowest`` and ``highest``
        of the distinct specifications; ``share_of_same_sign``; ``share_below_level``, those with p < .05. The
        p of the median and of this share, where the plan asks for it, are those of permuted scores;
        ``share_as_independent`` has the p of the share if specifications are taken as independent: the usual
        way. Per choice alone made otherwise: ``shift`` of each term (``square``: coefficient of its square),
        and a check that fails where the choice moves the estimates by more than chance.

    Notes
    -----
    Descriptive: specifications are one cohort analysed again and again, not so many studies.
    """
    by_outcome = _by_outcome(parts)
    if not by_outcome:
        return refused(NAME, "not_run", "the plan has none of the outcomes that are asked for")
    estimates: list[RelationEstimate] = []
    checks: list[RelationCheck] = []
    for part, fits in by_outcome.items():
        planned = next((one for one in fits if one.number == 0), None)
        if planned is None or planned.status not in ANSWERED or not planned.terms:
            estimates.append(_nothing(part, planned))
            continue
        estimates += _curves(part, planned, distinct_of(fits))
        near = [one for one in fits if sum(each != PLANNED for each in one.options.values()) == 1]
        for one in moved(planned, near):
            estimates += _shifts(part, planned, one)
            checks.append(_check(part, one))
    return relation(NAME, estimates, checks)


def table_of(parts: Iterable[SpecificationsPart]) -> pd.DataFrame:
    """``specifications.csv``: one row per outcome, specification and term.

    Parameters
    ----------
    parts : iterable of SpecificationsPart
        In any order.
    """
    rows = (row for fits in _by_outcome(parts).values() for row in _rows(fits))
    return TABLE.from_rows(rows)


def distinct_of(fits: Sequence[Fitted]) -> tuple[Fitted, ...]:
    """Specifications with estimates, the first of each content."""
    first: dict[str, Fitted] = {}
    for one in fits:
        if one.status in ANSWERED and one.terms:
            first.setdefault(one.content, one)
    return tuple(first.values())


def _by_outcome(parts: Iterable[SpecificationsPart]) -> dict[str, list[Fitted]]:
    """Every fit by outcome, outcomes and specifications in the order of the plan."""
    every = [one for part in sorted(parts, key=lambda part: part.careless != PLANNED) for one in part.fits]
    found: dict[str, list[Fitted]] = {}
    for one in every:
        found.setdefault(one.part, []).append(one)
    return {part: sorted(fits, key=lambda one: one.number) for part, fits in found.items()}


def _rows(fits: Sequence[Fitted]) -> Iterator[dict]:
    first: dict[str, int] = {}
    for one in fits:
        choices = {name: one.options.get(name) for name in Choices.model_fields}
        same_as = first.setdefault(one.content, one.number) if one.content else one.number
        said = {
            "part": one.part,
            "specification": one.number,
            **choices,
            "status": one.status,
            "reason": one.reason or None,
            "n": one.n,
            "same_as": None if same_as == one.number else same_as,
        }
        for row in one.terms:
            yield said | row.model_dump()
        if not one.terms:
            yield said


def _nothing(part: str, planned: Fitted | None) -> RelationEstimate:
    answered = planned is not None and planned.status in ANSWERED
    status: Status = "not_run" if planned is None or answered else planned.status
    reason = "the planned specification could not be made"
    if answered:
        reason = "it tests no predictor that differs between practitioners"
    if planned is not None and not answered:
        reason = planned.reason
    return RelationEstimate(part=part, term=NAME, estimand="coefficient", status=status, reason=reason)


def _curves(part: str, planned: Fitted, distinct: Sequence[Fitted]) -> Iterator[RelationEstimate]:
    for place, row in enumerate(planned.terms):
        values = [one.terms[place].estimate for one in distinct]
        found = null_test(distinct, place)
        hits = round(found.share * len(distinct))
        as_if = float(stats.binom.sf(hits - 1, len(distinct), LEVEL))
        same_sign = float((np.sign(values) == np.sign(row.estimate)).mean())
        told: dict[str, tuple[float, float | None]] = {
            "median": (found.median, found.p_median),
            "lowest": (min(values), None),
            "highest": (max(values), None),
            "share_below_level": (found.share, found.p_share),
            "share_as_independent": (found.share, as_if),
            "share_of_same_sign": (same_sign, None),
        }
        yield RelationEstimate(
            part=part,
            level="between",
            estimand="coefficient",
            n=planned.n,
            clusters=planned.clusters,
            **row.model_dump(),
        )
        for estimand, (estimate, p) in told.items():
            yield RelationEstimate(
                part=part,
                term=row.term,
                level="between",
                estimand=estimand,
                estimate=estimate,
                p=p,
                n=len(distinct),
            )


def _shifts(part: str, planned: Fitted, one: Moved) -> Iterator[RelationEstimate]:
    for shift in one.shifts:
        yield RelationEstimate(
            part=part,
            term=f"{shift.term}, {one.choice}: {one.option}",
            level="between",
            estimand="square" if one.choice == "form" else "shift",
            estimate=shift.estimate,
            se=shift.se,
            df=shift.df,
            p=shift.p,
            n=planned.n,
        )


def _check(part: str, one: Moved) -> RelationCheck:
    name = f"{one.choice}: {one.option}"
    if one.p_adjusted is None:
        why = "it comes to the planned analysis here" if one.same else "it has no estimates to compare"
        result: Check = "pass" if one.same else "not_checked"
        return RelationCheck(part=part, check=name, result=result, detail=why)
    result = "fail" if one.p_adjusted <= LEVEL else "pass"
    detail = f"adjusted p {one.p_adjusted:.3g}"
    if one.choice == "practitioners":
        detail += f"; left out: {one.outlying}"
    elif one.shifts:
        largest = min(one.shifts, key=lambda shift: 1.0 if shift.p is None else shift.p)
        detail += f"; {largest.term} {largest.estimate:+.3g}"
    return RelationCheck(part=part, check=name, result=result, detail=detail)
