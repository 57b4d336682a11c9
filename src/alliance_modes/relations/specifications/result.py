"""What the parts of a specification curve hand on: plain frozen values, readable from and written to JSON."""

from __future__ import annotations

from pydantic import Field

from alliance_modes.ground.yaml_models import Closed
from alliance_modes.models.result import Status

Numbers = tuple[float | None, ...]


class TermEstimate(Closed):
    """The coefficient of one term under one specification, with the inference of its family."""

    term: str
    estimate: float
    se: float
    df: float | None
    p: float
    ci_low: float
    ci_high: float


class Fitted(Closed):
    """One specification of one outcome.

    ``content`` tells what was fitted: the same in two specifications means that they are one. ``without`` are
    the estimates without each practitioner, where the specification is compared with the planned one;
    ``curvature`` the coefficients of squares; ``outlying`` those left out for being far from all others, and
    ``outlying_p`` the p of the farthest. ``null``: per draw, estimate and p of each term where mode scores
    are permuted over practitioners; None where they have none.
    """

    part: str
    number: int
    options: dict[str, str]
    content: str = ""
    status: Status
    reason: str = ""
    n: int | None = None
    clusters: dict[str, int] = Field(default_factory=dict)
    terms: tuple[TermEstimate, ...] = ()
    curvature: tuple[TermEstimate, ...] = ()
    without: dict[str, Numbers] = Field(default_factory=dict)
    outlying: int = 0
    outlying_p: float | None = None
    null: tuple[tuple[tuple[float, float] | None, ...], ...] = ()


class SpecificationsPart(Closed):
    """All specifications of one rule on careless answers."""

    careless: str
    fits: tuple[Fitted, ...]
