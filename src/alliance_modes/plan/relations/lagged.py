"""What a plan says of the rating of one session and the outcome of the next."""

from __future__ import annotations

from pydantic import Field

from alliance_modes.plan.relations.settings import Named, RelationSettings


class Lagged(RelationSettings):
    """Within a client: the ``rating`` of one session and the outcome of ``models`` in the next.

    ``rating`` is a column of the session table. Made of clients with at least ``ratings`` of them that a
    session follows, where there are ``clients`` such clients; ``cohorts`` are simulated for the bias.
    """

    models: tuple[Named, ...] = ("engagement",)
    rating: Named = "srs_total"
    ratings: int = Field(default=8, ge=3)
    clients: int = Field(default=30, ge=10)
    cohorts: int = Field(default=40, ge=2)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The models whose outcomes are looked at."""
        return self.models
