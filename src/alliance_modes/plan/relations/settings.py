"""What every relational analysis of a plan has: whether it is made, and which models it looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import StringConstraints

from alliance_modes.ground.yaml_models import Closed
from alliance_modes.plan.terms import NAME

RelationClaim = Literal["exploratory", "off"]
"""No relational analysis makes a primary or secondary claim: each rests on more than the design gives."""

Named = Annotated[str, StringConstraints(pattern=NAME.pattern)]

OutcomeName = Annotated[str, StringConstraints(pattern=rf"{NAME.pattern[:-1]}\.{NAME.pattern[1:]}")]
"""``model.outcome``."""


def model_and_outcome(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Model and outcome of each name ``model.outcome``."""
    for one in names:
        model, _, outcome = one.partition(".")
        yield model, outcome


class RelationSettings(Closed):
    """``claim`` is ``exploratory``, or ``off``: then it is not made."""

    claim: RelationClaim = "exploratory"

    @property
    def looked_at(self) -> tuple[str, ...]:
        """Names of the models of the plan that it starts from; those that the plan lacks are passed over."""
        return ()

    @property
    def learns_from(self) -> tuple[str, ...]:
        """Cohorts that it learns from, in the order of time."""
        return ()

    def earlier_than(self, cohort: str) -> tuple[str, ...]:
        """Those of them whose analysis tables are needed beside the cohort's own: which stand before it."""
        named = self.learns_from
        return named[: named.index(cohort)] if cohort in named else named
