"""What a plan says of two people's ratings of the same session."""

from __future__ import annotations

from pydantic import Field, model_validator

from alliance_modes.domain import Rater
from alliance_modes.plan.relations.settings import Named, RelationSettings


class Dyad(RelationSettings):
    """Two raters of one session: how well the ``judge`` knows the ``truth``, and what agreement goes with.

    ``truth`` is whose rating is judged, ``judge`` whose rating is read as a judgement of it. ``scales`` are
    those that both rate. The surface is fitted for the outcomes of ``models`` from the ratings of ``surface``
    in the first session that both rated, ``landmark`` or earlier.
    """

    truth: Rater = "client"
    judge: Rater = "practitioner"
    scales: tuple[Named, ...] = ("goal", "task", "bond", "total")
    surface: Named = "total"
    landmark: int = Field(default=3, ge=1)
    models: tuple[Named, ...] = ("engagement", "completion")

    @model_validator(mode="after")
    def _two_raters(self) -> Dyad:
        if self.truth == self.judge:
            raise ValueError(f"truth and judge are both {self.truth}: name two raters")
        return self

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The models whose outcomes are looked at."""
        return self.models
