"""What a plan says of balance and flexibility."""

from __future__ import annotations

from alliance_modes.plan.relations.settings import Named, RelationSettings


class Balance(RelationSettings):
    """Balance of the three modes and flexibility between them, beside the level of each.

    For every outcome of these ``models`` with a mode among its tested predictors: evenness of the modes
    beyond a quadratic in their levels; and, in a fit of its own, how much mode use varies from session to
    session and how far it follows ruptures.
    """

    models: tuple[Named, ...] = ("engagement", "attendance", "completion")

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The models whose outcomes are looked at."""
        return self.models
