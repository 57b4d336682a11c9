"""The outputs of a rule, from what declares itself for it, with what Snakemake shows of each."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from alliance_modes.dictionary.every import every_table
from alliance_modes.dictionary.result_table import ResultTable
from alliance_modes.figures.declared import Figure
from alliance_modes.ground.files import write_text
from alliance_modes.ground.layout import OF_ALL_COHORTS
from alliance_modes.running.looking import looking

CAPTIONS = Path(".snakemake/captions")
FIGURES = "reports/{cohort}/internal/figures"
BESIDE = ("pdf", "json")
"""What each PNG has beside it."""


def table(name: str) -> Any:
    """The file of a table of results, as an output that Snakemake's own report shows.

    A table that names single people is an output alone: that report holds its tables whole.

    Parameters
    ----------
    name : str
        A table of the dictionary that lies under ``reports/``.

    Returns
    -------
    str
        The path, flagged with section, title and caption; the path alone of a table about single people.

    Notes
    -----
    Snakemake takes a caption from a file alone; it is written from the table's meaning where
    Snakemake keeps its own records.
    """
    from snakemake.io import report

    declared = _reported()[name]
    if declared.of_people:
        return declared.file
    category = "All cohorts" if OF_ALL_COHORTS in declared.file else "{cohort}"
    return report(
        declared.file,
        caption=_caption(declared),
        category=category,
        subcategory=declared.section,
        labels={"content": declared.title, "kind": "table"},
    )


def figure_outputs(figures: Iterable[Figure]) -> dict[str, Any]:
    """Outputs of a rule that draws ``figures``, by name, as keywords of its ``output``.

    Each PNG stands in Snakemake's own report with the figure's caption, but those with a mark for each
    person; ``other`` are the files beside it.
    """
    from snakemake.io import report

    drawn = tuple(figures)
    pictures = {
        figure.name: f"{FIGURES}/{figure.name}.png"
        if figure.declared.of_people
        else report(
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


@cache
def _reported() -> dict[str, ResultTable]:
    return {table.name: table for table in every_table() if table.file.startswith("reports/")}


def _caption(declared: ResultTable) -> str:
    path = (CAPTIONS / f"{declared.name}.rst").absolute()
    text = f"{declared.meaning}\n"
    if not looking() and (not path.is_file() or path.read_text(encoding="utf-8") != text):
        write_text(text, path)
    return str(path)
