"""The outputs of a rule, from what declares itself for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alliance_modes.figures.declared import Figure

FIGURES = "reports/{cohort}/internal/figures"
BESIDE = ("pdf", "json")
"""What each PNG has beside it."""


def figure_outputs(figures: Iterable[Figure]) -> dict[str, Any]:
    """Outputs of a rule that draws ``figures``, by name, as keywords of its ``output``.

    Each PNG stands in Snakemake's own report with the figure's caption; ``other`` are the files
    beside it.
    """
    from snakemake.io import report

    drawn = tuple(figures)
    pictures = {
        figure.name: report(
            f"{FIGURES}/{figure.name}.png",
            caption=f"../report/{figure.declared.caption}.rst",
            category="{cohort}",
            subcategory="Figures",
            labels={"content": figure.shows, "kind": "figure"},
        )
        for figure in drawn
    }
    other = [f"{FIGURES}/{figure.name}.{suffix}" for figure in drawn for suffix in BESIDE]
    return {**pictures, "other": other}
