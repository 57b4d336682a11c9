"""Whether fits can be trusted: every check of every outcome, and the shape of practitioner effects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import FiguresPart

TITLE = "Checks of every model"
ROW, HEAD, LETTERS = 0.25, 1.6, 24
RESULTS = ("pass", "fail", "not_checked")
SHADES = {"pass": "white", "fail": style.PALE, "not_checked": style.FILL}
FEWEST = 8
"""Practitioners from which on the shape of their effects is drawn."""


def model_diagnostics(checks: pd.DataFrame, shrunken: pd.DataFrame, plan: FiguresPart) -> Picture:
    """A cell per outcome and check, and practitioner effects against what a normal distribution would give.

    Parameters
    ----------
    checks : DataFrame
        ``checks.csv`` of the models.
    shrunken : DataFrame
        ``shrunken.csv``, for the conditional modes of practitioners.
    plan : FiguresPart
        How outcomes are called.
    """
    labels = _labels(plan)
    rows = checks[[key in labels for key in zip(checks["model"], checks["outcome"], strict=True)]]
    if rows.empty:
        return not_run(TITLE, "no model of the plan was checked")
    keys = [key for key in labels if ((rows["model"] == key[0]) & (rows["outcome"] == key[1])).any()]
    names = list(dict.fromkeys(rows["check"]))
    found = {(row.model, row.outcome, row.check): row.result for row in rows.itertuples()}
    effects = _effects(shrunken, keys)
    with style.drawing():
        figure = style.new_figure(height=min(8.4, HEAD + ROW * len(keys) + (2.3 if effects else 0)))
        grid = figure.add_gridspec(
            2 if effects else 1, 1, height_ratios=(HEAD + ROW * len(keys), 2.0) if effects else (1,)
        )
        _draw_cells(figure.add_subplot(grid[0]), [labels[key] for key in keys], names, keys, found)
        if effects:
            _draw_effects(figure.add_subplot(grid[1]), effects)
    caption = (
        "a: a cross is a check that fails, a dot one that passes; empty: it does not apply or was not "
        "made. What each check asks is in the table of checks; a check that fails is a reason to read on, "
        "not to discard."
    )
    if effects:
        caption += (
            " b: conditional modes of practitioners, each outcome over its own spread, against a normal "
            "distribution; few practitioners lie off the line by chance. No intervals."
        )
    return Picture(
        figure, TITLE, caption, _alt(rows), section="models_and_checks", numbers=_numbers(rows, labels)
    )


def _labels(plan: FiguresPart) -> dict[tuple[str, str], str]:
    """What each outcome is called; where several models have one of that name, with which of them it is."""
    found: dict[tuple[str, str], str] = {}
    for name, model in plan.models.items():
        for outcome in model.outcomes:
            found[name, outcome.name] = capital(outcome.label)
    every = list(found.values())
    met = Counter[str]()
    for key, label in found.items():
        met[label] += 1
        if every.count(label) > 1:
            found[key] = f"{label}, model {met[label]}"
    return found


def _effects(shrunken: pd.DataFrame, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], np.ndarray]:
    """Modes over their SD, sorted, of the outcomes whose practitioners differ."""
    found = {}
    for key in keys:
        here = (shrunken["model"] == key[0]) & (shrunken["outcome"] == key[1])
        modes = shrunken.loc[here & (shrunken["kind"] == "practitioner"), "mode"].to_numpy(dtype=float)
        if len(modes) >= FEWEST and modes.std() > 1e-6:
            found[key] = np.sort(modes / modes.std(ddof=1))
    return found


def _draw_cells(
    axes: Axes, labels: Sequence[str], names: Sequence[str], keys: Sequence[tuple[str, str]], found: dict
) -> None:
    from matplotlib.colors import to_rgb

    results = [[found.get((*key, name), "not_checked") for name in names] for key in keys]
    axes.imshow(np.array([[to_rgb(SHADES[one]) for one in row] for row in results]), aspect="auto")
    for result, marker, size in (("pass", ".", 8), ("fail", "x", 28)):
        places = np.argwhere(np.array(results) == result)
        axes.scatter(places[:, 1], places[:, 0], s=size, marker=marker, color=style.INK, linewidth=1.6)
    axes.set_yticks(range(len(labels)), ["\n".join(wrap(text, LETTERS + 14)) for text in labels], fontsize=7)
    heads = ["\n".join(wrap(text, LETTERS)) for text in names]
    axes.set_xticks(range(len(names)), heads, rotation=90, fontsize=7)
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(0.5, len(names) - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(labels) - 1), minor=True)
    axes.grid(which="minor", color=style.PALE, linewidth=0.8)
    axes.tick_params(which="both", length=0)
    axes.set_title("a", loc="left")


def _draw_effects(axes: Axes, effects: dict[tuple[str, str], np.ndarray]) -> None:
    for modes in effects.values():
        expected = stats.norm.ppf((np.arange(len(modes)) + 0.5) / len(modes))
        axes.plot(
            expected, modes, linestyle="none", marker="o", markersize=3, markerfacecolor="none",
            markeredgecolor=style.FIRST.colour, markeredgewidth=0.7, rasterized=style.as_image(len(modes)),
        )  # fmt: skip
    reach = max(float(np.abs(modes).max()) for modes in effects.values())
    axes.plot([-reach, reach], [-reach, reach], color=style.QUIET, linewidth=1.0)
    axes.set_xlabel("Expected of a normal distribution (SD)")
    axes.set_ylabel("Practitioner effect (SD)")
    axes.set_title("b  Practitioner effects")
    style.light_grid(axes)


def _alt(rows: pd.DataFrame) -> str:
    counts = rows["result"].value_counts()
    failing = rows.loc[rows["result"] == "fail", "check"].value_counts(sort=False)
    failing = failing.sort_values(ascending=False, kind="stable")
    most = f"Most often: {failing.index[0]}, in {whole(failing.iloc[0])} outcomes." if len(failing) else ""
    return alternative(
        f"Of {whole(len(rows))} checks {whole(counts.get('pass', 0))} pass, {whole(counts.get('fail', 0))} "
        f"fail and {whole(counts.get('not_checked', 0))} were not made.",
        most,
    )


def _numbers(rows: pd.DataFrame, labels: dict[tuple[str, str], str]) -> DisplayTable:
    said = []
    for key in dict.fromkeys(zip(rows["model"], rows["outcome"], strict=True)):
        here = rows[(rows["model"] == key[0]) & (rows["outcome"] == key[1])]
        failing = here.loc[here["result"] == "fail", "check"]
        said.append(
            (
                labels[key],
                *(whole((here["result"] == result).sum()) for result in RESULTS),
                "; ".join(failing) or "none",
            )
        )
    headings = ("Outcome", "Pass", "Fail", "Not made", "What fails")
    return display_table(f"{TITLE}, in numbers", headings, "lrrrl", said)
