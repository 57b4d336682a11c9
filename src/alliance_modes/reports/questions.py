"""The plan as a report reads it."""

from __future__ import annotations

from collections.abc import Mapping

from alliance_modes.models.result import ModelResult


def labels_of(models: Mapping[str, ModelResult]) -> dict[str, str]:
    """The label of each outcome."""
    return {fit.outcome: fit.label for model in models.values() for fit in model.fits}
