"""What a plan says of the specification curve: the choices that could have been made otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints, field_validator

from alliance_modes.ground.yaml_models import Closed
from alliance_modes.plan.relations.settings import OutcomeName, RelationSettings, model_and_outcome
from alliance_modes.plan.terms import NAME, CarelessFlag

PLANNED = "planned"
"""The option of every choice that is the plan's own; no other may be called so."""

OptionName = Annotated[str, StringConstraints(pattern=NAME.pattern)]

EVERY_FLAG: tuple[CarelessFlag, ...] = get_args(CarelessFlag)

OF_DATA = ("careless", "scoring", "waves")
"""Choices for which cleaning, scoring or the analysis tables are made again; the others change a fit."""


class Choices(Closed):
    """Options beside the plan's own, by choice; nothing listed: the choice is not varied.

    ``careless``: by name, flags whose records are left out. ``scoring``: by name, the share of a scale's
    items that must be answered. ``waves``: survey waves that count. ``exposure``: mode use of the lead and
    the second practitioner of a group. ``inventories``: of each client. ``administrative_end``: what it
    counts as. ``practitioners``: without those far from all others. ``covariates``: of clients. ``random``:
    without random slopes, or without groups and sites. ``form``: beside the square of each mode. ``rater``:
    of the same scale.
    """

    careless: dict[OptionName, tuple[CarelessFlag, ...]] = Field(
        default_factory=lambda: {"none_left_out": (), "every_flag": EVERY_FLAG}
    )
    scoring: dict[OptionName, Annotated[float, Field(gt=0, le=1)]] = Field(
        default_factory=lambda: {"every_item": 1.0}
    )
    waves: tuple[Literal["before_start", "all"], ...] = ("all",)
    exposure: tuple[Literal["mean_of_pair"], ...] = ("mean_of_pair",)
    inventories: tuple[Literal["first"], ...] = ("first",)
    administrative_end: tuple[Literal["not_completed", "completed"], ...] = ("not_completed",)
    practitioners: tuple[Literal["without_outlying"], ...] = ("without_outlying",)
    covariates: tuple[Literal["none"], ...] = ("none",)
    random: tuple[Literal["without_slopes", "practitioners_alone"], ...] = (
        "without_slopes",
        "practitioners_alone",
    )
    form: tuple[Literal["with_squares"], ...] = ("with_squares",)
    rater: tuple[Literal["client", "practitioner", "observer"], ...] = ("client", "practitioner")

    @field_validator("careless", "scoring")
    @classmethod
    def _named_otherwise(cls, options: dict) -> dict:
        if PLANNED in options:
            raise ValueError(f"{PLANNED} is the plan's own rule; give another name")
        return options

    @property
    def options(self) -> Mapping[str, tuple[str, ...]]:
        """The options of every choice that is varied, the plan's own first."""
        every: dict[str, tuple[str, ...]] = {
            name: (PLANNED, *getattr(self, name)) for name in type(self).model_fields
        }
        return MappingProxyType({name: given for name, given in every.items() if len(given) > 1})


class Specifications(RelationSettings):
    """The estimates of an outcome under every reasonable way to have analysed it: a descriptive curve.

    ``outcomes`` are those looked at, as ``model.outcome``; ``choices`` what is varied. Of all combinations
    each outcome gets at most ``at_most``: the plan's own, each choice alone made otherwise, and so many of
    the others, drawn once from the plan's seed. ``null_draws``: mode scores are permuted over practitioners
    so many times, and everything fitted again, for a test of the curve; 0: no test.
    """

    outcomes: tuple[OutcomeName, ...] = ("alliance.client_total", "completion.completed")
    choices: Choices = Choices()
    at_most: Annotated[int, Field(ge=2, le=5000)] = 32
    null_draws: Annotated[int, Field(ge=0, le=999)] = 0

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The models of the outcomes."""
        return tuple(dict.fromkeys(model for model, _ in self.named))

    @property
    def named(self) -> Iterator[tuple[str, str]]:
        """Model and outcome of each of ``outcomes``."""
        return model_and_outcome(self.outcomes)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is computed side by side: one part per rule on careless answers, each cleaned once."""
        return self.choices.options.get("careless", (PLANNED,))
