"""What several holders' cohorts come to, in sentences and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from alliance_modes import __version__
from alliance_modes.figures.picture import Picture
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.pooling.agreement import Agreed
from alliance_modes.pooling.pool import ENOUGH, Pool, enough_said
from alliance_modes.pooling.shared_set import SharedSet
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, uncapital
from alliance_modes.words.rounding import MISSING, bounded, interval, number, p_value, whole

EFFECTS = ("Outcome", "Predictor", "Cohorts", "These cohorts", "Cohorts like these", "Another cohort")
SPREAD = ("Outcome", "Predictor", "SD between", "I²", "Q", "p of Q", "By itself", "Factor at least 1")
COHORTS = ("Cohort", "Title", "Data lock", "Practitioners", "Outcomes given", "Departures from its protocol")
NOT_REGISTERED = "not registered"

HOW = (
    "These cohorts: the mean effect of just the cohorts that are here, the more precise counting for more. "
    "Its interval says nothing of any other cohort.",
    "Cohorts like these: the mean over cohorts of which these could be a sample (two stages, restricted "
    "maximum likelihood, all tested effects of an outcome together; each effect varies between cohorts by "
    "itself). Interval by Knapp and Hartung, never narrower than the usual one.",
    "Another cohort: where the effect in one more cohort like these lies, in 95 of 100 cases, as far as the "
    f"spread is known. From {ENOUGH} cohorts on.",
    "By itself: the same without the other effects of the model. Factor at least 1: the cautious interval, t "
    "on one less than the cohorts with a factor of Knapp and Hartung that is never below 1; with effects "
    "that are alike in few cohorts it holds the truth far more often than 95 times in 100.",
    "A large p of Q does not show that cohorts are alike: with few of them nearly nothing could show that "
    "they are not.",
)


@dataclass(frozen=True)
class Part:
    """What one model comes to: tables, the names of its pictures, and who moves it."""

    title: str
    tables: tuple[DisplayTable, ...]
    pictures: tuple[str, ...]
    notes: tuple[str, ...]


def said(found: Pool, sets: Sequence[SharedSet]) -> list[str]:
    """What is pooled of how many cohorts, and whether they are enough to say anything."""
    pooled = [one for one in found.agreed if not one.refused]
    lines = [
        f"{len(sets)} cohorts: {listed([one.cohort for one in sets])}. "
        f"{len(pooled)} of {len(found.agreed)} outcomes are pooled."
    ]
    by_count: dict[int, list[str]] = {}
    for one in pooled:
        by_count.setdefault(len(one.fits), []).append(uncapital(one.any_fit.label))
    if len(by_count) == 1:
        return [*lines, enough_said(next(iter(by_count)))]
    for count, names in sorted(by_count.items(), reverse=True):
        lines.append(f"Of {listed(list(dict.fromkeys(names)))}: {enough_said(count)}")
    return lines


def cohorts_table(sets: Sequence[SharedSet]) -> DisplayTable:
    """Who is here: one row per cohort, numbers as its release shows them."""
    rows = []
    for one in sets:
        people = max((fit.people.get(PRACTITIONER, 0) for fit in one.fits), default=0)
        given = sum(bool(fit.terms) for fit in one.fits)
        departures = whole(len(one.deviations)) if one.protocol else NOT_REGISTERED
        row = (one.cohort, one.title, one.data_lock, whole(people) if people else MISSING)
        rows.append((*row, f"{given} of {len(one.fits)}", departures))
    note = "Numbers of practitioners are rounded, as each release shows them."
    return display_table("Cohorts", COHORTS, "lllrrr", rows, note)


def parts(found: Pool, pictures: Mapping[str, Mapping[str, Picture]]) -> tuple[Part, ...]:
    """Every model of which something is pooled."""
    return tuple(_part(found, model, tuple(named)) for model, named in pictures.items())


def not_pooled(found: Pool) -> list[str]:
    """Outcomes that are not pooled, and cohorts that are not in one, a sentence for each reason."""
    refused: dict[str, list[str]] = {}
    left: dict[tuple[str, str], list[str]] = {}
    for one in found.agreed:
        name = f"{one.model}.{one.outcome}"
        if one.refused:
            refused.setdefault(one.refused, []).append(name)
        for each in one.left:
            left.setdefault((each.cohort, each.reason), []).append(name)
    lines = [f"{listed(names)}: not pooled, since {reason}." for reason, names in refused.items()]
    return lines + [
        f"{cohort} is not in {listed(names)}: {reason}." for (cohort, reason), names in left.items()
    ]


def made_from(sets: Sequence[SharedSet]) -> list[str]:
    """Sentences on sets, plans and software."""
    lines = [
        f"{one.cohort}: SHA-256 {one.sha256}, of its release {one.release}, plan {one.plan_sha256[:12]}, "
        f"Alliance Modes {one.software.get('alliance-modes', MISSING)}."
        for one in sets
    ]
    used = {one.software.get("alliance-modes") for one in sets}
    if len(used) > 1:
        lines.append("The cohorts were analysed by different versions of the software.")
    return [*lines, f"Pooled by Alliance Modes {__version__}."]


def _part(found: Pool, model: str, pictures: tuple[str, ...]) -> Part:
    every = [one for one in found.agreed if one.model == model and not one.refused]
    effects, spread = [], []
    for one in every:
        here = found.pooled[(found.pooled["model"] == model) & (found.pooled["outcome"] == one.outcome)]
        for key, label in _terms(one):
            rows = here[(here["term"] == key[0]) & (here["level"].astype("object").fillna("") == key[1])]
            effects.append((one.any_fit.label, label, *_effect(rows)))
            spread.append((one.any_fit.label, label, *_spread(rows)))
    units = listed(list(dict.fromkeys(found.cohorts.loc[found.cohorts["model"] == model, "unit"].dropna())))
    title = every[0].any_fit.title
    note = f"Mean effect [95 % interval]: {units}."
    tables = (
        display_table(f"{title}: pooled effects", EFFECTS, "llrlll", effects, note),
        display_table(f"{title}: how much effects vary between cohorts", SPREAD, "llrrrrll", spread),
    )
    return Part(title, tables, pictures, tuple(_moved(found, model, every)))


def _terms(one: Agreed) -> Iterator[tuple[tuple[str, str], str]]:
    found = {term.key: term.label for fit in one.fits.values() for term in fit.terms}
    for key, label in found.items():
        yield key, f"{label}, within" if key[1] == "within" else label


def _effect(rows: pd.DataFrame) -> tuple[str, ...]:
    return (
        whole(rows["cohorts"].max()),
        _cell(rows, "these", "mean"),
        _cell(rows, "together", "mean"),
        _limits(rows, "together", "prediction_interval"),
    )


def _spread(rows: pd.DataFrame) -> tuple[str, ...]:
    q = _row(rows, "together", "heterogeneity_test")
    i_squared = _row(rows, "together", "i_squared")
    tau = _row(rows, "together", "tau")
    return (
        MISSING if tau is None else number(tau["estimate"]),
        MISSING if i_squared is None else bounded(i_squared["estimate"]),
        MISSING if q is None else f"{number(q['statistic'], 1)} ({whole(q['df'])} df)",
        MISSING if q is None else p_value(q["p"]),
        _cell(rows, "alone", "mean"),
        _limits(rows, "together", "cautious"),
    )


def _row(rows: pd.DataFrame, way: str, estimand: str) -> pd.Series | None:
    found = rows[(rows["way"] == way) & (rows["estimand"] == estimand) & (rows["status"] == "ok")]
    return None if found.empty else found.iloc[0]


def _cell(rows: pd.DataFrame, way: str, estimand: str) -> str:
    row = _row(rows, way, estimand)
    return MISSING if row is None else f"{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}"


def _limits(rows: pd.DataFrame, way: str, estimand: str) -> str:
    row = _row(rows, way, estimand)
    return MISSING if row is None else interval(row["ci_low"], row["ci_high"])


def _moved(found: Pool, model: str, every: Sequence[Agreed]) -> Iterator[str]:
    """Which holder decides whether an effect is clear of zero, and who moves one most."""
    rows = found.influence[found.influence["model"] == model]
    if rows.empty:
        yield "Of two cohorts none can be left out."
        return
    words = {(one.outcome, *key): (one.any_fit.label, label) for one in every for key, label in _terms(one)}
    keyed = rows.assign(level=rows["level"].astype("object").fillna(""))
    changing = keyed[keyed["clear_changes"]].groupby(["outcome", "term", "level"], sort=False)
    for key, of in changing:
        outcome, term = words[key]
        yield (
            f"{capital(outcome)}, {uncapital(term)}: whether it is clear of zero hangs on single holders; it "
            f"is another answer without {listed(list(of['cohort']), 'or')}."
        )
    if not len(changing):
        yield "No single holder decides whether an effect is clear of zero."
    most = keyed.loc[keyed["change_in_se"].abs().idxmax()]
    outcome, term = words[most["outcome"], most["term"], most["level"]]
    yield (
        f"The holder who moves an effect most is {most['cohort']}: {uncapital(outcome)}, {uncapital(term)}, "
        f"by {number(abs(most['change_in_se']), 1)} standard errors."
    )
