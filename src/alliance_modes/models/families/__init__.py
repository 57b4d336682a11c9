"""Families of outcomes: how the mean hangs on the linear predictor, and how much noise is left."""

from alliance_modes.models.families.links import Link, link_of

__all__ = ["Link", "link_of"]
