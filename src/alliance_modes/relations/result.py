"""What a relational analysis returns: plain frozen values, readable from and written to JSON.

Missing numbers are ``None``. Nothing here is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from alliance_modes.ground.yaml_models import Closed
from alliance_modes.models.result import Check, Estimand, Level, Status


class RelationEstimate(Closed):
    """One number of one analysis: a row of ``relations.csv``.

    ``part`` is what it is about within the analysis (a model's outcome, a pair of raters), as
    ``completion.completed``. ``estimand`` says what the number is; ``unit`` of what, per what.
    """

    part: str
    term: str
    level: Level = ""
    estimand: Estimand
    unit: str = ""
    estimate: float | None = None
    se: float | None = None
    df: float | None = None
    statistic: float | None = None
    p: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    n: int | None = None
    clusters: dict[str, int] = Field(default_factory=dict)
    status: Status = "ok"
    reason: str = ""


class RelationCheck(Closed):
    """One gate or check: a row of ``relation_checks.csv``. Unknown is not fine: it says ``not_checked``."""

    part: str
    check: str
    result: Check
    detail: str = ""


class RelationPoint(Closed):
    """One point of a curve, or with ``y`` of a surface: a row of ``relation_points.csv``."""

    part: str
    series: str
    x: float
    y: float | None = None
    estimate: float | None
    ci_low: float | None = None
    ci_high: float | None = None


class RelationAlert(Closed):
    """One rating of one client that is lower than was expected of it: a row of ``alerts.csv``."""

    part: str
    enrolment_id: str
    session_no: int
    value: float
    expected: float
    low: float


class Relation(Closed):
    """One relational analysis of one cohort.

    Its ``status`` is ``ok`` where any part has an estimate, else that of its gate, with the ``reason``.
    """

    analysis: str
    status: Status
    reason: str = ""
    estimates: tuple[RelationEstimate, ...] = ()
    checks: tuple[RelationCheck, ...] = ()
    points: tuple[RelationPoint, ...] = ()
    alerts: tuple[RelationAlert, ...] = ()

    @property
    def line(self) -> str:
        """Its status, how many numbers it has, and why there are none."""
        made = sum(one.estimate is not None or one.p is not None for one in self.estimates)
        return f"{self.status}; numbers: {made}{f'; {self.reason}' if self.reason else ''}"


def refused(analysis: str, status: Status, reason: str) -> Relation:
    """An analysis that was not made, and why."""
    return Relation(analysis=analysis, status=status, reason=reason)


def relation(
    analysis: str,
    estimates: Iterable[RelationEstimate],
    checks: Iterable[RelationCheck] = (),
    points: Iterable[RelationPoint] = (),
    alerts: Iterable[RelationAlert] = (),
) -> Relation:
    """An analysis with its numbers; where every one was refused, with the reasons of all of them."""
    rows = tuple(estimates)
    answered = any(one.status in ("ok", "singular") for one in rows)
    reasons = dict.fromkeys(one.reason for one in rows if one.reason)
    return Relation(
        analysis=analysis,
        status="ok" if answered else next((one.status for one in rows), "not_run"),
        reason="" if answered else "; ".join(reasons),
        estimates=rows,
        checks=tuple(checks),
        points=tuple(points),
        alerts=tuple(alerts),
    )
