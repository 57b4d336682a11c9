"""Client's and practitioner's rating of one session: difference over mean (Bland-Altman)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.tables.measurement import span
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, instrument_name
from alliance_modes.words.rounding import bounded, interval, number, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Client and practitioner on the same session"


def rater_agreement(agreement: pd.DataFrame, pairs: Mapping[tuple[str, str], pd.DataFrame]) -> Picture:
    """Difference of the two ratings over their mean, one panel per scale, with limits of agreement.

    Parameters
    ----------
    agreement : DataFrame
        ``agreement_raters.csv``.
    pairs : mapping
        From ``rater_pairs``: both ratings of each dyad by the two instruments. Of several pairs of
        instruments the one with most dyads is drawn.

    Notes
    -----
    Every dyad is a point: internal edition only.
    """
    known = agreement[agreement["bias"].notna()]
    if known.empty:
        why = "no session was rated by both client and practitioner, or too few were"
        return not_run(TITLE, why)
    most = known.loc[known["n"].astype(int).idxmax()]
    chosen = (most["first_instrument"], most["second_instrument"])
    rows = known[(known["first_instrument"] == chosen[0]) & (known["second_instrument"] == chosen[1])]
    with style.drawing():
        across = min(2, len(rows))
        down = -(-len(rows) // across)
        figure = style.new_figure(height=2.35 * down + 0.25)
        panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
        for axes in panels.flat[len(rows) :]:
            axes.set_axis_off()
        for axes, (_, row) in zip(panels.flat, rows.iterrows(), strict=False):
            _draw_scale(axes, row, pairs[chosen])
        drawn = pairs[chosen][pairs[chosen]["scale"].isin(rows["scale"])]
        farthest = max(float((drawn["first"] - drawn["second"]).abs().max()), rows["upper_high"].max())
        panels[0][0].set_ylim(-1.05 * farthest, 1.05 * farthest)
        figure.supxlabel("Mean of both ratings (% of maximum possible)", fontsize=8.5)
        figure.supylabel("Client minus practitioner (points)", fontsize=8.5)
    return Picture(figure, TITLE, _caption(rows, len(known) - len(rows)), _alt(rows), numbers=_numbers(rows))


def _draw_scale(axes: Axes, row: pd.Series, pairs: pd.DataFrame) -> None:
    here = pairs[pairs["scale"] == row["scale"]].dropna(subset=["first", "second"])
    mean, difference = (here["first"] + here["second"]) / 2, here["first"] - here["second"]
    axes.scatter(
        *(mean, difference), s=7, color=style.FOURTH.colour, alpha=0.45, linewidth=0, zorder=2,
        rasterized=style.as_image(len(here)),
    )  # fmt: skip
    axes.axhline(0, color=style.QUIET, linewidth=0.7)
    for name, line in (("bias", "-"), ("lower", "--"), ("upper", "--")):
        colour = style.FIRST.colour if name == "bias" else style.SECOND.colour
        if pd.notna(row[f"{name}_low"]):
            low, high = row[f"{name}_low"], row[f"{name}_high"]
            axes.axhspan(low, high, color=colour, alpha=0.22, linewidth=0, zorder=1)
        axes.axhline(row[name], color=colour, linestyle=line, linewidth=1.4, zorder=3)
        axes.annotate(
            number(row[name], 0),
            (1, row[name]),
            (3, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=style.INK,
            annotation_clip=False,
        )
    ends = pd.Series([mean.min(), mean.max()])
    trend = row["bias"] + row["slope"] * (ends - mean.mean())
    axes.plot(ends, trend, color=style.INK, linestyle=":", linewidth=1.6, zorder=4)
    axes.set_xlim(0, 100)
    axes.set_title(f"{capital(str(row['scale']))}, {whole(row['n'])} sessions")
    style.light_grid(axes)


def _caption(rows: pd.DataFrame, others: int) -> str:
    first = rows.iloc[0]
    names = instrument_name(first["first_instrument"]), instrument_name(first["second_instrument"])
    n = span(rows["n"])
    forms = (
        ""
        if names[0] == names[1]
        else " The two forms differ in items and range, so raters and forms are compared together."
    )
    more = " Other pairs of forms are in the table." if others else ""
    return (
        f"Client ({names[0]}) and practitioner ({names[1]}), each scale as percent of the maximum possible; "
        f"one point per enrolment, the first session that both rated, n = {n}. Solid line: mean difference "
        "(bias). Dashed lines: limits of agreement, between which 95 % of differences lie. Bands: 95 % "
        "intervals, which allow for dyads that share a practitioner. Dotted line: how the difference "
        "changes with the level; where it slopes, the limits are averages over levels. Stripes come from "
        f"the few values that a scale can take.{forms}{more} Not for release: every point is a dyad."
    )


def _alt(rows: pd.DataFrame) -> str:
    low, high = rows.loc[rows["bias"].idxmin()], rows.loc[rows["bias"].idxmax()]
    last = rows.iloc[-1]
    return alternative(
        f"Client minus practitioner on {whole(last['n'])} sessions: mean differences from "
        f"{number(low['bias'], 1)} ({low['scale']}) to {number(high['bias'], 1)} points ({high['scale']}).",
        f"{capital(str(last['scale']))}: 95 % of differences lie between {number(last['lower'], 0)} and "
        f"{number(last['upper'], 0)}; ICC(A,1) {bounded(last['icc_a1'])}.",
    )


def _numbers(rows: pd.DataFrame) -> DisplayTable:
    said = [
        (
            capital(str(row.scale)),
            whole(row.n),
            number(row.bias, 1),
            interval(row.bias_low, row.bias_high, 1),
            f"{number(row.lower, 1)} to {number(row.upper, 1)}",
            number(row.slope),
            bounded(row.icc_a1),
        )
        for row in rows.itertuples()
    ]
    headings = (
        "Scale",
        "Sessions",
        "Difference",
        "95 % interval",
        "Limits of agreement",
        "Slope",
        "ICC(A,1)",
    )
    return display_table(f"{TITLE}, in numbers", headings, "lrrccrr", said)
