"""What a plan says of mediation through the alliance."""

from __future__ import annotations

from pydantic import Field

from alliance_modes.plan.relations.settings import Named, RelationSettings


class Mediation(RelationSettings):
    """Mode use, the alliance early on, and what comes after it.

    For every outcome of these ``models``: among enrolments still there at session ``landmark``, how much of
    what goes with a mode goes through the ``mediator`` (an outcome of the model ``alliance``) as rated by
    then. Within clients: mode use in a session, the ``session_rating`` of it (a column of the session
    table), and a linear outcome of ``models`` in the next session; of clients with at least ``ratings`` that
    a session follows, where there are ``clients`` such clients.
    """

    models: tuple[Named, ...] = ("engagement", "completion")
    alliance: Named = "alliance"
    mediator: Named = "client_total"
    landmark: int = Field(default=3, ge=1)
    session_rating: Named = "srs_total"
    ratings: int = Field(default=8, ge=3)
    clients: int = Field(default=30, ge=10)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The models of the outcomes, and that of the mediator."""
        return (*self.models, self.alliance)
