"""Which forms look as if they were not answered with care, by what tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.tables.measurement import block_name
from alliance_modes.tables.missing import CARELESS_NAMES, source_name
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Answers given without care"
ROW, HEAD = 0.42, 1.35
DARKEST = 0.05
"""Share of forms from which on a cell is as dark as it gets."""


def careless_responding(clean_checks: pd.DataFrame) -> Picture:
    """A cell per form and index: how many forms it flags, of how many it could look at.

    Parameters
    ----------
    clean_checks : DataFrame
        ``clean/checks.csv``: every check that cleaning made, or could not make.
    """
    rows = clean_checks[clean_checks["check"].isin(list(CARELESS_NAMES))].copy()
    if not (rows["result"] != "not_checked").any():
        return not_run(TITLE, "no form could be looked at for it")
    rows["form"] = [_form(row) for row in rows.itertuples()]
    forms = list(dict.fromkeys(rows["form"]))
    indices = [name for name in CARELESS_NAMES if (rows["check"] == name).any()]
    cells = {(row.form, row.check): row for row in rows.itertuples()}
    with style.drawing():
        figure = style.new_figure(height=HEAD + ROW * len(forms))
        axes = figure.add_subplot()
        _draw(axes, forms, indices, cells)
    caption = (
        "Of the forms that an index could look at, how many it flags: the darker, the larger the share. "
        "A dash: it was not used (answers alike are no sign of carelessness on that form, or what it needs "
        "is not recorded). A form may be flagged by several. Counts of this cohort, so without intervals."
    )
    return Picture(figure, TITLE, caption, _alt(rows), section="missing", numbers=_numbers(rows))


def _form(row: object) -> str:
    rater, instrument = getattr(row, "rater", None), getattr(row, "instrument", None)
    if isinstance(instrument, str):
        return block_name(str(rater), instrument)
    return f"{capital(source_name(str(getattr(row, 'table', '')), '', ''))} (all forms)"


def _draw(axes: Axes, forms: list[str], indices: list[str], cells: dict) -> None:
    from matplotlib import colormaps

    shares = np.zeros((len(forms), len(indices)))
    for place, form in enumerate(forms):
        for column, index in enumerate(indices):
            row, text = cells.get((form, index)), "–"
            if row is not None and row.result != "not_checked" and row.records > 0:
                shares[place, column] = row.found / row.records
                share = percent(shares[place, column])
                text = f"{whole(row.found)} of {whole(row.records)}\n{share}"
            axes.text(column, place, text, ha="center", va="center", fontsize=7.5, linespacing=1.15)
    axes.imshow(shares, cmap=colormaps["Greys"], vmin=0, vmax=2.2 * DARKEST, aspect="auto")
    names = [CARELESS_NAMES[index] for index in indices]
    axes.set_xticks(range(len(indices)), ["\n".join(_wrapped(name)) for name in names], fontsize=7.5)
    axes.set_yticks(range(len(forms)), ["\n".join(_wrapped(form, 24)) for form in forms])
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(0.5, len(indices) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(forms) - 1), minor=True)
    axes.grid(which="minor", color=style.PALE, linewidth=1)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)


def _wrapped(text: str, width: int = 16) -> list[str]:
    from textwrap import wrap

    return wrap(text, width)


def _alt(rows: pd.DataFrame) -> str:
    known = rows[(rows["result"] != "not_checked") & (rows["records"] > 0)]
    share = known["found"] / known["records"]
    most = known.loc[share.idxmax()]
    return alternative(
        f"{whole(len(known))} looks at {whole(known['form'].nunique())} kinds of form flag up to "
        f"{percent(share.max())} of forms.",
        f"Most are flagged in {most['form']}: {CARELESS_NAMES[most['check']]}, {whole(most['found'])} of "
        f"{whole(most['records'])}.",
    )


def _numbers(rows: pd.DataFrame) -> DisplayTable:
    said = [
        (
            row.form,
            CARELESS_NAMES[row.check],
            *(
                ("", "", "not used")
                if row.result == "not_checked" or not row.records
                else (whole(row.records), whole(row.found), percent(row.found / row.records))
            ),
        )
        for row in rows.itertuples()
    ]
    return display_table(
        f"{TITLE}, in numbers", ("Form", "Index", "Forms", "Flagged", "Share"), "llrrr", said
    )
