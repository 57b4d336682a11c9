"""What a plan says of techniques, and of the goal, task and bond facets of the modes."""

from __future__ import annotations

from pydantic import Field

from alliance_modes.domain import Rater
from alliance_modes.plan.relations.settings import Named, RelationSettings

SURVEY = "modes_of_practice"
TECHNIQUES = (
    "educative_content",
    "educative_rules",
    "educative_behaviour",
    "engagement_relationship",
    "engagement_agreement",
    "engagement_change",
    "therapeutic_feedback",
    "therapeutic_awareness",
    "therapeutic_skills",
)
"""The nine techniques (Kozar & Day 2017), three per mode, as facets of the shipped survey."""


def _of_the_survey() -> tuple[str, ...]:
    """The columns that hold them in the analysis tables."""
    return tuple(f"{SURVEY}_{name}" for name in TECHNIQUES)


class Facets(RelationSettings):
    """Facets of the modes one by one, in place of the modes.

    The goal, task and bond facets of each mode with the outcomes of the model ``alliance`` on goal, task and
    bond as the ``rater`` rates them, all three together. The ``techniques`` (columns of the analysis tables
    with one value per practitioner, or of the practitioner table) with these ``outcomes`` of these
    ``models``, all in one model.
    """

    alliance: Named = "alliance"
    rater: Rater = "client"
    models: tuple[Named, ...] = ("alliance", "completion")
    outcomes: tuple[Named, ...] = ("client_total", "completed")
    techniques: tuple[Named, ...] = Field(default_factory=_of_the_survey)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The models of the outcomes, and that of goal, task and bond."""
        return tuple(dict.fromkeys((*self.models, self.alliance)))
