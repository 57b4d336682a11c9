"""The figures of how items hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alliance_modes.figures.declared import Declared

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.figures.picture import Picture


def _factor_loadings(loadings: pd.DataFrame) -> Picture:
    from alliance_modes.figures.factor_loadings import factor_loadings

    return factor_loadings(loadings)


FIGURES = (
    Declared("factor_loadings", "factor loadings", ("loadings",), _factor_loadings, "factor_loadings"),
)
"""Made by ``figures_factors`` from the loadings."""
