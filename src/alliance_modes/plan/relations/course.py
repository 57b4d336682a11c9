"""What a plan says of expected courses of the alliance, and of alerts."""

from __future__ import annotations

from pydantic import Field, field_validator

from alliance_modes.plan.relations.settings import Named, RelationSettings


class Course(RelationSettings):
    """What a client of a kind is expected to rate next, and an alert where the rating is lower.

    Looked at are ``scales`` that clients fill in by session, and ``outcomes`` of the ``model``, by what it
    does not test and its random effects. The band holds a share ``covered`` of single ratings; alerts
    count with ``sessions_left`` or more after them. ``concern`` names scales on which rules in use stand
    beside it, by the total below which they ask: that, and a ``fall`` of so many points. Nothing is
    expected with fewer than ``ratings_at_least`` ratings, or with ``peers_at_least`` practitioners or fewer.
    ``earlier`` are cohorts in the order of time: what is expected comes from those that stand before a
    cohort, of one that is not among them from all, and of the first (or without any) from itself.
    """

    model: Named = "alliance"
    outcomes: tuple[Named, ...] = ("client_total",)
    scales: tuple[Named, ...] = ("srs_total",)
    covered: float = Field(default=0.95, ge=0.8, le=0.999)
    sessions_left: int = Field(default=1, ge=0)
    concern: dict[Named, float] = Field(default={"srs_total": 36.0})
    fall: float = Field(default=1.0, gt=0.0)
    ratings_at_least: int = Field(default=200, ge=100)
    peers_at_least: int = Field(default=10, ge=5)
    earlier: tuple[str, ...] = ()

    @field_validator("earlier")
    @classmethod
    def _once_each(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"the cohort {twice} stands twice")
        return names

    @property
    def learns_from(self) -> tuple[str, ...]:
        """The earlier cohorts."""
        return self.earlier

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The model by which ratings are expected."""
        return (self.model,)
