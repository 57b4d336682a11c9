"""What released figures ask the gate to count and to average, beside what reports ask for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from alliance_modes.derive.denominator import STARTED
from alliance_modes.dictionary.named import (
    ENROLMENT_ID,
    PRACTITIONER_ID,
    PROGRAMME_ID,
    SESSION_NO,
    SITE_ID,
)
from alliance_modes.disclosure.counts import CountTable, count_table
from alliance_modes.disclosure.means import MeanTable, side_by_side
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.domain import COMPONENTS, DROP_OUT, FREQUENCY, MODES, STARTED_ENDS
from alliance_modes.figures.release.about import (
    ALLIANCE,
    AT_RISK,
    BY,
    CELLS,
    COURSE,
    ELSEWHERE,
    FINISHED,
    LEFT,
    MODES_USED,
    RUNNING,
    SCORED,
    SCORES,
    STRETCH,
    SURVIVAL,
    About,
)
from alliance_modes.instruments.model import Instrument
from alliance_modes.measurement.intervals import clustered_mean, clustered_share, groupings_of, shared
from alliance_modes.scoring.first_forms import ENROLMENTS, OF_A_FORM, PRACTITIONERS, first_forms
from alliance_modes.tables.measurement import block_name
from alliance_modes.words.names import capital, instrument_name, mode_name, scale_name

ALL = "All"
MOST_STRETCHES, MOST_BARS = 6, 10
OF_NOBODY = ("not_started", *STARTED_ENDS)
"""Courses that a release counts even where nobody came to them: that one is missing would tell it."""


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
    people = {
        ENROLMENTS: analysis["enrolment"][ENROLMENT_ID],
        PRACTITIONERS: analysis["practitioner"].get(PRACTITIONER_ID, pd.Series(dtype="object")),
    }
    for table, said in (
        *_sessions(units, analysis["enrolment"], rules),
        *_scores(scores, instruments, rules, people),
    ):
        counts.append(table)
        about[table.name] = said
    by_session = _alliance(units, analysis["enrolment"], analysis["alliance"], instruments)
    for averaged, said in (*_modes(analysis["practitioner"]), *by_session):
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


def begun(courses: pd.Series) -> tuple[str, ...]:
    """The courses of those who started, each end among them whether anybody came to it or not.

    Parameters
    ----------
    courses : Series
        The course of every enrolment of the cohort.
    """
    return tuple(one for one in (RUNNING, *STARTED) if one in OF_NOBODY or (courses == one).any())


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
    column = f"{STRETCH}{', '.join(f'{end:g}' for end in ends)}"
    told = units.assign(**{column: stretch.where(due, ELSEWHERE).to_numpy()})
    rows = {label: {column: (label,)} for label in labels}
    name, caption = SURVIVAL, "Drop-out by stretch of sessions, of those due to finish"
    here = count_table(told, name, caption, ENROLMENTS, rows, {LEFT: {COURSE: (DROP_OUT,)}})
    before = {label: {column: tuple(labels[number:])} for number, label in enumerate(labels)}
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


def _scores(
    scores: pd.DataFrame,
    instruments: Mapping[str, Instrument],
    rules: Disclosure,
    people: Mapping[str, pd.Series],
) -> Iterator[tuple[CountTable, About]]:
    """Scores of the first form of each person, in stretches that enough of them lie in.

    ``people`` are the ids of each population that has forms: whoever has no score is counted elsewhere.
    """
    by_scale = first_forms([scores]).groupby(["population", *OF_A_FORM], sort=False, dropna=False)
    for (population, rater, instrument, scale), rows in by_scale:
        first = rows[rows["person"].isin(people[population])]
        low, high = instruments[instrument].score_range(scale)
        edges = _edges(first["score"], low, high, rules.threshold)
        if len(edges) < 3:
            continue
        name = f"{rater}_{instrument}_{scale}"
        of = About(block_name(rater, instrument), scale_name(scale, instrument), edges)
        yield _bars(first.set_index("person")["score"], name, of, population, people[population]), of


def _bars(score: pd.Series, name: str, of: About, population: str, people: pd.Series) -> CountTable:
    """How many have a score in each bar."""
    place = np.searchsorted(of.edges[1:-1], score.to_numpy(), side="left")
    labels = [
        f"{'above ' if number else ''}{before:g} to {after:g}"
        for number, (before, after) in enumerate(pairwise(of.edges))
    ]
    column = f"{SCORED}{name} {', '.join(f'{edge:g}' for edge in of.edges)}"
    bars = people.map(pd.Series([labels[one] for one in place], index=score.index, dtype="object"))
    return count_table(
        pd.DataFrame({column: bars.astype("object").fillna(ELSEWHERE)}),
        f"{SCORES}{name}",
        f"Scores of {of.block}: {of.series}, first form of each person",
        population,
        {label: {column: (label,)} for label in labels},
        {ALL: {}},
    )


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
                side_by_side(practitioners, name, caption, PRACTITIONERS, columns, decimals=2),
                About(
                    edges=FREQUENCY,
                    halves={label: _half(practitioners, column) for label, column in columns.items()},
                ),
            )


def _half(rows: pd.DataFrame, column: str, held: Sequence[bool] | None = None) -> float:
    here = rows if held is None else rows[list(held)]
    found = clustered_mean(here[column].astype("float64"), groupings_of(here))
    half = (found.high - found.low) / 2
    return round(half, 2) if math.isfinite(half) else 0.0


def _alliance(
    units: pd.DataFrame,
    enrolments: pd.DataFrame,
    alliance: pd.DataFrame,
    instruments: Mapping[str, Instrument],
) -> Iterator[tuple[MeanTable, About]]:
    """Mean goal, task and bond at each session that was rated, by rater: of the enrolments rated there."""
    if alliance.empty or alliance[SESSION_NO].isna().all():
        return
    timed = alliance[alliance[SESSION_NO].notna()]
    for (rater, instrument), rows in timed.groupby(["rater", "instrument"], sort=False):
        session = rows[SESSION_NO].astype(int)
        block = f"{capital(str(rater))}-rated, {instrument_name(str(instrument))}"
        limits = instruments[str(instrument)].range
        found = {part: own_values(rows, session, part, enrolments) for part in COMPONENTS}
        for part, own in found.items():
            columns = {f"{one}": f"{rater} {instrument} {part} at session {one}" for one in own}
            told = units.assign(**{columns[f"{one}"]: own[one].to_numpy() for one in own})
            first = found[COMPONENTS[0]]
            alike = {
                columns[f"{one}"]: f"{rater} {instrument} {COMPONENTS[0]} at session {one}"
                for one in own
                if one in first and own[one].notna().equals(first[one].notna())
            }
            halves = {f"{one}": _half(rows, part, session == one) for one in own}
            yield (
                side_by_side(
                    told, f"{ALLIANCE}{rater}_{instrument}_{part}", f"{block}: {part} by session",
                    ENROLMENTS, columns, 2, {COURSE: begun(units[COURSE])}, alike,
                ),
                About(block, part, (limits.low, limits.high), halves, shared(rows)),
            )  # fmt: skip


def own_values(
    rows: pd.DataFrame, times: pd.Series, column: str, enrolments: pd.DataFrame
) -> dict[int, pd.Series]:
    """Of each time, the mean of every enrolment's own values, in the order of the enrolments."""
    own = rows.assign(time=times).groupby(["time", ENROLMENT_ID], sort=True)[column].mean()
    return {
        int(time): enrolments[ENROLMENT_ID].map(own.loc[time]).astype("float64")
        for time in own.index.unique("time")
    }
