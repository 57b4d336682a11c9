"""What a plan says of effects over all cohorts of a run."""

from __future__ import annotations

from alliance_modes.plan.relations.settings import RelationSettings
from alliance_modes.plan.terms import Claim


class Cohorts(RelationSettings):
    """Effects over the cohorts of a run, where it has two or more; made once for all of them.

    Outcomes with one of these ``claims`` are looked at: fitted to the rows of all cohorts together, and from
    five cohorts on the cohorts' own estimates are pooled as well.
    """

    claims: tuple[Claim, ...] = ("primary",)
