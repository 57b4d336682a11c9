"""What a plan says of whether this cohort would have found an effect."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, field_validator

from alliance_modes.plan.relations.settings import (
    Named,
    OutcomeName,
    RelationClaim,
    RelationSettings,
    model_and_outcome,
)

NOTHING = {"ratio": 1.0}
"""The number that means no effect, where it is not 0."""


class Plasmode(RelationSettings):
    """Would this cohort have found it? Its people, with outcomes drawn from the fit and an effect put in.

    Off unless asked for: it takes as long as ``cohorts`` fits of each of the ``outcomes``, as
    ``model.outcome``. ``effects``: per unit of a tested predictor, by the number that outcomes are shown by.
    ``cohorts`` are drawn of each outcome, in turn without an effect and with one in each predictor. Nothing
    is drawn with fewer practitioners than ``practitioners_at_least``.
    """

    claim: RelationClaim = "off"
    outcomes: tuple[OutcomeName, ...] = ("alliance.client_total", "completion.completed")
    effects: dict[Named, float] = Field(
        default={"percentage_points": 10.0, "standardised": 0.2, "ratio": 1.5}
    )
    cohorts: int = Field(default=200, ge=20, le=20_000)
    practitioners_at_least: int = Field(default=15, ge=15)

    @field_validator("effects")
    @classmethod
    def _there(cls, effects: dict[str, float]) -> dict[str, float]:
        for name, value in effects.items():
            if value == NOTHING.get(name, 0.0):
                raise ValueError(
                    f"{name}: an effect of {value:g} is none; how often a predictor without one is found is "
                    "told anyway"
                )
        return effects

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The models of the outcomes."""
        return tuple(dict.fromkeys(model for model, _ in self.named))

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        """Model and outcome of each of ``outcomes``."""
        return model_and_outcome(self.outcomes)
