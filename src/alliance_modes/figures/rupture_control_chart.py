"""Falls of the rating and recorded ruptures by session, beside what would come without any change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.tables.measurement import block_name
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import scale_name, uncapital
from alliance_modes.words.rounding import MISSING, percent, percent_interval, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import FiguresPart

ANALYSIS, TITLE = "rupture", "Ruptures by session"
FALL, NOISE, FOLLOWED = "fall", "fall_by_noise", "ratings_followed"
SEEN, REPAIRED, IN_ALL = "recorded", "recorded_repaired", "recorded_in_all"
SESSIONS = "sessions_recorded"
FALLS_SAID = (
    "{panel}: clients whose rating ({scale}) is lower than their one before by more than its error allows "
    "(1.96 × √2 × the standard error of measurement), of the {n} with both at each session. Shaded: the "
    "range of 95 % of 200 cohorts in which nothing changes, line: their mean. A passing state of the day "
    "counts as change."
)
RECORDED_SAID = (
    "{panel}: sessions with a rupture on record (circles), and with one on record as repaired (squares), of "
    "the {n} of which it is known. Shaded: where 95 % of sessions would lie if the chance of a rupture were "
    "the same in each, line: the mean."
)
NOTHING = "no session has 20 clients of whom falls or ruptures are known"
OUTSIDE = (
    "Filled: outside of the shaded range, as one in twenty is by chance. Later sessions are those of people "
    "who stayed. A session with fewer than 20 is left out."
)


def rupture_control_chart(relation_points: pd.DataFrame, plan: FiguresPart) -> Picture:
    """Falls of the rating by session against pure noise, and recorded ruptures against an even chance.

    Parameters
    ----------
    relation_points : DataFrame
        ``relation_points.csv``.
    plan : FiguresPart
        Which rating falls are of.
    """
    points = relation_points[relation_points["analysis"] == ANALYSIS]
    series = {str(name): rows.sort_values("x") for name, rows in points.groupby("series")}
    drawn = [name for name in (FALL, SEEN) if name in series]
    if not drawn:
        return not_run(
            TITLE, "no session has 20 clients of whom falls or ruptures are known", section="relations"
        )
    with style.drawing():
        figure = style.new_figure(height=3.1)
        panels = figure.subplots(1, len(drawn), squeeze=False)[0]
        for axes, name, letter in zip(panels, drawn, "ab", strict=False):
            if name == FALL:
                _draw(axes, series[FALL], series[NOISE], f"{letter}  Falls of the rating")
                axes.set_ylabel("Clients whose rating fell")
            else:
                _draw(axes, series[SEEN], series[IN_ALL], f"{letter}  Ruptures on record")
                _draw_repaired(axes, series[REPAIRED])
                axes.set_ylabel("Sessions with a rupture")
    return Picture(
        figure,
        TITLE,
        _caption(series, drawn, plan),
        _alt(series, drawn),
        section="relations",
        numbers=_numbers(series, drawn),
    )


def _draw(axes: Axes, seen: pd.DataFrame, without: pd.DataFrame, title: str) -> None:
    """What was seen, within and outside of its limits."""
    x = without["x"].to_numpy(dtype=float)
    axes.fill_between(x, without["ci_low"], without["ci_high"], color=style.PALE, linewidth=0)
    axes.plot(x, without["estimate"], color=style.QUIET, linewidth=1.0)
    outside = _outside(seen, without)
    axes.plot(seen["x"], seen["estimate"], color=style.FIRST.colour, linewidth=0.8)
    for of, filled in ((~outside, "white"), (outside, style.FIRST.colour)):
        axes.plot(
            seen["x"][of], seen["estimate"][of], color=style.FIRST.colour, linestyle="none",
            marker=style.FIRST.marker, markersize=4, markerfacecolor=filled,
        )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Session")
    axes.set_title(title)
    style.percent_axis(axes)
    style.light_grid(axes)


def _draw_repaired(axes: Axes, repaired: pd.DataFrame) -> None:
    for mark, size, label in ((style.FIRST, 4.0, "Any"), (style.SECOND, 3.5, "Repaired")):
        rows = repaired if mark is style.SECOND else repaired.iloc[:0]
        axes.plot(
            rows["x"], rows["estimate"], color=mark.colour, linestyle=mark.line, linewidth=0.8,
            marker=mark.marker, markersize=size, markerfacecolor="white", label=label,
        )  # fmt: skip
    axes.legend(loc="lower center", ncols=2, handlelength=2.4)


def _outside(seen: pd.DataFrame, without: pd.DataFrame) -> pd.Series:
    """Which sessions lie outside of the limits."""
    limits = without.set_index("x").loc[seen["x"]]
    value = seen["estimate"].to_numpy(dtype=float)
    outside = (value < limits["ci_low"].to_numpy()) | (value > limits["ci_high"].to_numpy())
    return pd.Series(outside, index=seen.index)


def _caption(series: dict[str, pd.DataFrame], drawn: list[str], plan: FiguresPart) -> str:
    rater, instrument, scale = plan.related.falls_of
    named = f"{block_name(rater, instrument)}: {uncapital(scale_name(scale, instrument))}"
    said = []
    for name, letter in zip(drawn, "ab", strict=False):
        counts = series[FOLLOWED if name == FALL else SESSIONS]["estimate"]
        low, high = whole(counts.min()), whole(counts.max())
        n = low if low == high else f"{low} to {high}"
        text = FALLS_SAID if name == FALL else RECORDED_SAID
        said.append(text.format(panel=letter, scale=named, n=n))
    return " ".join([*said, OUTSIDE])


def _alt(series: dict[str, pd.DataFrame], drawn: list[str]) -> str:
    said = []
    for name in drawn:
        seen, without = series[name], series[NOISE if name == FALL else IN_ALL]
        what = "of clients fell" if name == FALL else "of sessions have a rupture"
        low, high = percent(seen["estimate"].min(), 0), percent(seen["estimate"].max(), 0)
        count, total = whole(_outside(seen, without).sum()), whole(len(seen))
        said.append(f"{low} to {high} {what}; {count} of {total} sessions lie outside of the limits.")
    return alternative(*said)


def _numbers(series: dict[str, pd.DataFrame], drawn: list[str]) -> DisplayTable:
    columns: dict[str, pd.Series] = {}
    if FALL in drawn:
        columns |= {
            "Ratings after another": _at(series[FOLLOWED]).map(whole),
            "Fell": _at(series[FALL]).map(percent),
            "Without change": _limits(series[NOISE]),
        }
    if SEEN in drawn:
        columns |= {
            "Sessions on record": _at(series[SESSIONS]).map(whole),
            "With a rupture": _at(series[SEEN]).map(percent),
            "At an even chance": _limits(series[IN_ALL]),
            "Repaired": _at(series[REPAIRED]).map(percent),
        }
    table = pd.DataFrame(columns).sort_index().fillna(MISSING)
    rows = [(whole(at), *map(str, cells)) for at, cells in zip(table.index, table.to_numpy(), strict=True)]
    return display_table(f"{TITLE}, in numbers", ("Session", *table.columns), "r" * (1 + len(columns)), rows)


def _at(rows: pd.DataFrame) -> pd.Series:
    return rows.set_index("x")["estimate"]


def _limits(rows: pd.DataFrame) -> pd.Series:
    limits = rows.set_index("x")
    return limits.apply(lambda row: percent_interval(row["ci_low"], row["ci_high"]), axis=1)
