"""What a plan says of practitioners whose clients rate the alliance very low or very high."""

from __future__ import annotations

from pydantic import Field

from alliance_modes.plan.relations.settings import Named, RelationSettings


class Curvature(RelationSettings):
    """Outcomes over practitioners' mean alliance, with its square.

    For every outcome of these ``models``: the mean over a practitioner's clients of the ``rating`` (an
    outcome of the model ``alliance``) at session ``landmark`` or before, and its square. Covariates are
    those of the models; the modes stay out.
    """

    models: tuple[Named, ...] = ("engagement", "completion")
    alliance: Named = "alliance"
    rating: Named = "client_total"
    landmark: int = Field(default=3, ge=1)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The models of the outcomes, and that of the rating."""
        return (*self.models, self.alliance)
