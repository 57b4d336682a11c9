"""What a plan says of what may change how the modes work."""

from __future__ import annotations

from pydantic import Field

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.plan.relations.settings import Named, RelationSettings


def _by_default() -> tuple[str, ...]:
    """What practitioners say of how they meet clients, and two things about clients."""
    return (*dictionary().practitioner_survey.describing("practitioner"), "mandated", "needs")


class Moderators(RelationSettings):
    """Whether the modes go with an outcome more, or less, where something else differs: one thing at a time.

    ``moderators`` are predictors of the plan, or columns of the analysis tables (the scale of a study's own
    instrument, say), each looked at by itself with these ``outcomes`` of these ``models``.
    """

    models: tuple[Named, ...] = ("alliance", "engagement", "completion")
    outcomes: tuple[Named, ...] = ("client_total", "session_engagement", "completed")
    moderators: tuple[Named, ...] = Field(default_factory=_by_default)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The models whose outcomes are looked at."""
        return self.models
