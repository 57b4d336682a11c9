"""What released figures ask the gate to count and to average, beside what reports ask for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import (
    ENROLMENT_ID,
    PRACTITIONER_ID,
    PROGRAMME_ID,
    SESSION_NO,
    SITE_ID,
    WAVE,
)
from alliance_modes.disclosure.counts import CountTable, count_table
from alliance_modes.disclosure.means import MeanTable, mean_table
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.domain import COMPONENTS, DROP_OUT, FREQUENCY, MODES
from alliance_modes.figures.release.about import (
    ALLIANCE,
    AT_RISK,
    BY,
    CELLS,
    COURSE,
    FINISHED,
    LEFT,
    MODES_USED,
    SCORES,
    SURVIVAL,
    About,
)
from alliance_modes.instruments.model import Instrument
from alliance_modes.measurement.intervals import clustered_mean, clustered_share, groupings_of, shared
from alliance_modes.tables.measurement import block_name
from alliance_modes.words.names import capital, instrument_name, mode_name, scale_name

ENROLMENTS, PRACTITIONERS = "enrolments", "practitioners"
ALL = "All"
MOST_STRETCHES, MOST_BARS = 6, 10
ELSEWHERE = "not counted"


@dataclass(frozen=True)
class FigureRequests:
    """Tables of counts and of means for the gate, and what each is about."""

    counts: tuple[CountTable, ...]
    means: tuple[MeanTable, ...]
    about: Mapping[str, About]


def figure_requests(
    units: pd.DataFrame,
    analysis: Mapping[str, pd.DataFrame],
    scores: pd.DataFrame,
    instruments: Mapping[str, Instrument],
    rules: Disclosure,
) -> FigureRequests:
    """Everything that the figures of a release are drawn from and that no report asks for.

    Parameters
    ----------
    units : DataFrame
        One row per enrolment in the order of the analysis table, as the reports count them (their table of
        courses with ``course``): what is counted here and there adds up.
    analysis : mapping of DataFrame
        ``practitioner``, ``enrolment`` and ``alliance``.
    scores : DataFrame
        Long scores.
    rules : Disclosure
        Scores and sessions are put together until each stretch has as many as the threshold.
    """
    about = dict(_shares(units, analysis["enrolment"]))
    counts, means = [], []
    for table, said in (
        *_sessions(units, analysis["enrolment"], rules),
        *_scores(scores, instruments, rules),
    ):
        counts.append(table)
        about[table.name] = said
    for averaged, said in (*_modes(analysis["practitioner"]), *_alliance(analysis["alliance"], instruments)):
        means.append(averaged)
        about[averaged.name] = said
    return FigureRequests(tuple(counts), tuple(means), about)


def _shares(units: pd.DataFrame, enrolments: pd.DataFrame) -> Iterator[tuple[str, About]]:
    """How far the completion of each programme and site reaches, of those due to finish."""
    due = enrolments["denominator"].fillna(False).astype(bool).to_numpy()
    for kind, column in (("programme", PROGRAMME_ID), ("site", SITE_ID)):
        if column not in units:
            continue
        halves = {}
        for value in sorted(set(units[column])):
            held = due & (units[column] == value).to_numpy()
            here = enrolments[held]
            found = clustered_share((units.loc[held, COURSE] == FINISHED), groupings_of(here))
            if 0 < found.low < found.high < 1:
                halves[value] = round((_log_odds(found.high) - _log_odds(found.low)) / 2, 2)
        yield f"{BY}{kind}", About(halves=halves, shared=shared(enrolments[due]))


def _log_odds(share: float) -> float:
    return math.log(share / (1.0 - share))


def _sessions(
    units: pd.DataFrame, enrolments: pd.DataFrame, rules: Disclosure
) -> Iterator[tuple[CountTable, About]]:
    """Drop-out in stretches of sessions, each with enough of it, of those due to finish."""
    if not {"last_session", "denominator"} <= set(enrolments):
        return
    due = enrolments["denominator"].fillna(False).astype(bool) & enrolments["last_session"].notna()
    last = enrolments["last_session"].astype("float64")
    left = last[due & (units[COURSE] == DROP_OUT).to_numpy()]
    enough = max(rules.threshold, math.ceil(len(left) / MOST_STRETCHES))
    ends = together(left.value_counts().sort_index(), enough)
    if len(ends) < 2:
        return
    ends = (*ends[:-1], max(float(last[due].max()), ends[-1]))
    place = np.searchsorted(ends, last.fillna(0.0).to_numpy())
    labels = [
        f"Sessions {(ends[number - 1] if number else 0) + 1:g} to {end:g}" for number, end in enumerate(ends)
    ]
    stretch = pd.Series([labels[min(one, len(labels) - 1)] for one in place], index=enrolments.index)
    told = units.assign(stretch=stretch.where(due, ELSEWHERE).to_numpy())
    rows = {label: {"stretch": (label,)} for label in labels}
    name, caption = SURVIVAL, "Drop-out by stretch of sessions, of those due to finish"
    here = count_table(told, name, caption, ENROLMENTS, rows, {LEFT: {COURSE: (DROP_OUT,)}})
    before = {label: {"stretch": tuple(labels[number:])} for number, label in enumerate(labels)}
    at_risk = count_table(told, name, caption, ENROLMENTS, before, {AT_RISK: {}})
    yield _beside(at_risk, here), About(edges=ends, shared=shared(enrolments[due]))


def _beside(first: CountTable, second: CountTable) -> CountTable:
    """Two tables of the same rows as one."""
    cells = tuple((*one, *other) for one, other in zip(first.cells, second.cells, strict=True))
    columns = (*first.columns, *second.columns)
    return CountTable(
        first.name, first.caption, first.population, first.rows, columns, cells,
        tuple(dict((*first.values, *second.values)).items()),
    )  # fmt: skip


def together(counts: pd.Series, enough: int) -> tuple[float, ...]:
    """Where to end stretches of values so that each holds at least ``enough``; what is left joins the last.

    Parameters
    ----------
    counts : Series
        How many have each value, the values in order.
    """
    ends: list[float] = []
    held = 0
    for value, n in counts.items():
        held += int(n)
        if held >= enough:
            ends.append(float(value))
            held = 0
    if ends and len(counts):
        ends[-1] = float(counts.index[-1]) if held else ends[-1]
    return tuple(ends)


READ = ("rater", "instrument", "scale", "kind", "score", ENROLMENT_ID, PRACTITIONER_ID, WAVE, SESSION_NO)
"""Columns of the scores that the figures of a release count."""


def _scores(
    scores: pd.DataFrame, instruments: Mapping[str, Instrument], rules: Disclosure
) -> Iterator[tuple[CountTable, About]]:
    """Scores of the first form of each person, in stretches that enough of them lie in."""
    known = scores[scores["score"].notna() & (scores["kind"] != "facet")]
    person = known[ENROLMENT_ID].fillna(known[PRACTITIONER_ID])
    known = known.assign(person=person).sort_values([WAVE, SESSION_NO], kind="stable")
    for (rater, instrument, scale), rows in known.groupby(
        ["rater", "instrument", "scale"], sort=False, dropna=False
    ):
        first = rows.dropna(subset=["person"]).drop_duplicates("person")
        low, high = instruments[instrument].score_range(scale)
        edges = _edges(first["score"], low, high, rules.threshold)
        if len(edges) < 3:
            continue
        place = np.searchsorted(edges[1:-1], first["score"].to_numpy(), side="left")
        labels = [
            f"{'above ' if number else ''}{before:g} to {after:g}"
            for number, (before, after) in enumerate(pairwise(edges))
        ]
        units = pd.DataFrame({"score": [labels[one] for one in place]})
        block, series = block_name(rater, instrument), scale_name(scale, instrument)
        name = f"{SCORES}{rater}_{instrument}_{scale}"
        caption = f"Scores of {block}: {series}, first form of each person"
        table = count_table(
            units, name, caption, f"first forms, {block}: {series}",
            {label: {"score": (label,)} for label in labels}, {ALL: {}},
        )  # fmt: skip
        yield table, About(block, series, edges)


def _edges(score: pd.Series, low: float, high: float, enough: int) -> tuple[float, ...]:
    """From the lowest to the highest possible score, in at most ten bars with enough in each."""
    grid = np.linspace(low, high, MOST_BARS + 1)[1:]
    bars = pd.Series(grid[np.searchsorted(grid[:-1], score.to_numpy(), side="left")])
    ends = together(bars.value_counts().sort_index(), enough)
    return (low, *(round(end, 6) for end in ends[:-1]), high) if ends else ()


def _modes(practitioners: pd.DataFrame) -> Iterator[tuple[MeanTable, About]]:
    """Mean use of each mode, and of the item on each mode's goal, task and bond."""
    modes = {capital(mode_name(mode)): mode for mode in MODES}
    cells = {f"{capital(mode)}: {part}": f"{mode}_{part}" for mode in MODES for part in COMPONENTS}
    for name, caption, columns in (
        (MODES_USED, "How often practitioners work in each mode", modes),
        (CELLS, "How often, by mode and part of the alliance", cells),
    ):
        if set(columns.values()) <= set(practitioners):
            yield (
                _side_by_side(practitioners, name, caption, PRACTITIONERS, columns),
                About(
                    edges=FREQUENCY,
                    halves={label: _half(practitioners, column) for label, column in columns.items()},
                ),
            )


def _side_by_side(
    units: pd.DataFrame, name: str, caption: str, population: str, columns: Mapping[str, str]
) -> MeanTable:
    """Means of several columns of the same units, each a group of those who have it."""
    each = [
        mean_table(units, column, name, caption, population, {label: {}}, decimals=2)
        for label, column in columns.items()
    ]
    values = tuple(one for table in each for one in table.values)
    return MeanTable(name, caption, population, tuple(table.groups[0] for table in each), 2, values)


def _half(rows: pd.DataFrame, column: str, held: Sequence[bool] | None = None) -> float:
    here = rows if held is None else rows[list(held)]
    found = clustered_mean(here[column].astype("float64"), groupings_of(here))
    half = (found.high - found.low) / 2
    return round(half, 2) if math.isfinite(half) else 0.0


def _alliance(
    alliance: pd.DataFrame, instruments: Mapping[str, Instrument]
) -> Iterator[tuple[MeanTable, About]]:
    """Mean goal, task and bond at each session that was rated, by rater."""
    if alliance.empty or alliance[SESSION_NO].isna().all():
        return
    timed = alliance[alliance[SESSION_NO].notna()]
    for (rater, instrument), rows in timed.groupby(["rater", "instrument"], sort=False):
        sessions = sorted(int(one) for one in rows[SESSION_NO].unique())
        units = rows.assign(session=rows[SESSION_NO].astype(int).astype(str)).reset_index(drop=True)
        groups = {f"{session}": {"session": (f"{session}",)} for session in sessions}
        block = f"{capital(str(rater))}-rated, {instrument_name(str(instrument))}"
        limits = instruments[str(instrument)].range
        for part in COMPONENTS:
            name = f"{ALLIANCE}{rater}_{instrument}_{part}"
            population = f"inventories, {block}"
            caption = f"{block}: {part} by session"
            halves = {label: _half(units, part, units["session"] == label) for label in groups}
            yield (
                mean_table(units, part, name, caption, population, groups, decimals=2),
                About(block, part, (limits.low, limits.high), halves, shared(rows)),
            )
