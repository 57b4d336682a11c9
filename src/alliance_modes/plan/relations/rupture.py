"""What a plan says of ruptures of the alliance."""

from __future__ import annotations

from pydantic import Field

from alliance_modes.domain import Rater
from alliance_modes.plan.relations.settings import Named, RelationSettings


class Rupture(RelationSettings):
    """Ruptures as they are recorded, as falls of a rating by session, and what follows of them.

    Falls are those of the ``scale`` of an ``instrument`` that the ``rater`` filled in by session, of people
    with ``ratings`` or more of them. Drop-out is that of ``model``.
    """

    rater: Rater = "client"
    instrument: Named = "srs"
    scale: Named = "srs_total"
    ratings: int = Field(default=6, ge=6)
    model: Named = "dropout"

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The model of drop-out."""
        return (self.model,)
