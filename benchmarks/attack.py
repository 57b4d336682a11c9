"""What the release edition of small cohorts lets anybody work out: release them, attack them, count.

    .venv/bin/python benchmarks/attack.py [--cohorts 1000] [--write]

Each cohort (20 to 200 enrolments, 1 to 6 sites, 1 to 4 programmes, 1 to 30 practitioners, of very unequal
sizes) is released once, then with five more clients and some courses ended, and attacked after each with
all that was published till then and with which programme runs where. ``reports`` are the counts that the
reports ask for, ``crossed`` courses by site and programme at once, with who the clients are. With ``--write``
the table goes to ``benchmarks/attack.csv``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.disclosure.attack import Attack, attack
from alliance_modes.disclosure.counts import CountTable, count_table
from alliance_modes.disclosure.earlier import EarlierRelease
from alliance_modes.disclosure.release import Released, released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.reports.facts.asked.course import columns
from alliance_modes.reports.facts.asked.nowhere import nowhere_known
from alliance_modes.reports.facts.asked.populations import populations
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, counted
from alliance_modes.reports.facts.asked.units import enrolment_units

ROOT = Path(__file__).resolve().parents[1]
TABLE = Path(__file__).with_suffix(".csv")
DEMONSTRATIONS = ("demo_2024", "demo_2025")
NEW_CLIENTS = 5
CROSSED_OF = 5
"""One of so many cohorts is released crossed too: it takes three times as long."""

STATUS = ("completed", "dropped_out", "removed", "administrative", "ongoing", "not_started")
RULES = Disclosure()


@dataclass(frozen=True)
class Cohort:
    """The two analysis tables, as far as counts need them."""

    enrolments: pd.DataFrame
    practitioners: pd.DataFrame


def cohort(seed: int) -> Cohort:
    """A small cohort in which sites, programmes and practitioners have very unequal numbers."""
    rng = np.random.default_rng([seed, 1])
    sites, programmes, leads = (int(rng.integers(1, most + 1)) for most in (6, 4, 30))
    n = int(rng.integers(20, 201))
    practitioners = pd.DataFrame(
        {
            "practitioner_id": [f"P{number:02d}" for number in range(leads)],
            "site_id": _skewed(rng, "S", sites, leads),
            "role": _skewed(rng, "role ", 3, leads),
            "qualification": _skewed(rng, "level ", 3, leads),
            "educative": np.where(rng.random(leads) < 0.9, 0.5, np.nan),
        }
    )
    return Cohort(_enrolments(rng, 0, n, programmes, practitioners), practitioners)


def later(first: Cohort, seed: int) -> Cohort:
    """The same cohort at a later data lock: five more clients, and some of the open courses ended."""
    rng = np.random.default_rng([seed, 2])
    enrolments = first.enrolments.copy()
    ends = (enrolments["status"] == "ongoing") & (rng.random(len(enrolments)) < 0.4)
    enrolments.loc[ends, "status"] = rng.choice(STATUS[:4], int(ends.sum()), p=(0.6, 0.25, 0.1, 0.05))
    programmes = enrolments["programme_id"].nunique()
    more = _enrolments(rng, len(enrolments), NEW_CLIENTS, programmes, first.practitioners)
    return Cohort(pd.concat([enrolments, more], ignore_index=True), first.practitioners)


def _enrolments(
    rng: np.random.Generator, start: int, n: int, programmes: int, practitioners: pd.DataFrame
) -> pd.DataFrame:
    lead = rng.choice(len(practitioners), n, p=rng.dirichlet(np.full(len(practitioners), 0.7)))
    people = np.arange(start, start + n)
    return pd.DataFrame(
        {
            "enrolment_id": [f"E{number}" for number in range(start, start + n)],
            "client_id": [f"C{number}" for number in np.where(rng.random(n) < 0.03, start, people)],
            "programme_id": _skewed(rng, "programme ", programmes, n),
            "site_id": practitioners["site_id"].to_numpy()[lead],
            "practitioner_id": practitioners["practitioner_id"].to_numpy()[lead],
            "setting": _skewed(rng, "setting ", 2, n),
            "mandated": pd.array(rng.random(n) < 0.6, dtype="boolean"),
            "status": rng.choice(STATUS, n, p=(0.5, 0.2, 0.06, 0.04, 0.12, 0.08)),
            "denominator": pd.array(rng.random(n) < 0.95, dtype="boolean"),
        }
    )


def _skewed(rng: np.random.Generator, name: str, kinds: int, n: int) -> np.ndarray:
    return rng.choice([f"{name}{number}" for number in range(kinds)], n, p=rng.dirichlet(np.full(kinds, 0.8)))


def reports(one: Cohort) -> tuple[CountTable, ...]:
    """The counts that the reports of a cohort, its programmes and its sites ask for."""
    return counted(one.enrolments, one.practitioners, int(one.practitioners["educative"].notna().sum()))


def crossed(one: Cohort) -> tuple[CountTable, ...]:
    """More than the reports ask: courses by site and programme at once, and clients by site."""
    units = enrolment_units(one.enrolments)
    everybody: Mapping[str, Mapping[str, Sequence[str]]] = {"All": {}}

    def rows(column: str) -> dict[str, Mapping[str, Sequence[str]]]:
        return {value: {column: (value,)} for value in sorted(set(units[column]))}

    across = columns(units["course"])
    found = []
    for programme in sorted(set(units["programme_id"])):
        down = {
            label: {**where, "programme_id": (programme,)}
            for label, where in {**rows("site_id"), **everybody}.items()
        }
        found.append(count_table(units, f"course in {programme}", "", ENROLMENTS, down, across))
    for column in ("setting", "mandated"):
        tables = (units, column, "", ENROLMENTS, {**rows(column), **everybody})
        found.append(count_table(*tables, {**rows("site_id"), **everybody}))
        found.append(count_table(units, f"{column} and course", "", ENROLMENTS, tables[-1], across))
    found.append(
        count_table(units, "course by site", "", ENROLMENTS, {**rows("site_id"), **everybody}, across)
    )
    return tuple(found)


KINDS = {"reports": reports, "crossed": crossed}


def measured(kind: str, seed: int) -> list[dict]:
    """Release a cohort twice and attack it after each: a row for each release."""
    first = cohort(seed)
    second = later(first, seed)
    one = _released(KINDS[kind](first), first)
    published = one.published(1, "first")
    two = _released(KINDS[kind](second), second, (published,))
    both = (published, two.published(2, "second"))
    true = {(1, count.population, count.where): count.n for count in one.counts}
    true |= {(2, count.population, count.where): count.n for count in two.counts}
    return [
        _row(f"{kind}, first release", one, attack(both[:1]), true),
        _row(f"{kind}, second release", two, attack(both), true),
    ]


def demonstration(name: str) -> dict:
    """What a demonstration cohort of 800 enrolments keeps in its release, and the attack on it."""
    folder = ROOT / "data/processed" / name / "analysis"
    enrolments, practitioners = (
        pd.read_parquet(folder / f"{table}.parquet") for table in ("enrolment", "practitioner")
    )
    release = _released(counted(enrolments, practitioners), Cohort(enrolments, practitioners))
    true = {(1, count.population, count.where): count.n for count in release.counts}
    return _row(name, release, attack([release.published(1, name)]), true)


def _released(tables: Sequence[CountTable], of: Cohort, earlier: Sequence[EarlierRelease] = ()) -> Released:
    beforehand = populations(tables, nowhere=nowhere_known(of.enrolments, of.practitioners))
    return released(tables, RULES, earlier, populations=beforehand)


def _row(kind: str, release: Released, found: Attack, true: Mapping) -> dict:
    wrong = [
        one
        for one in found.bounded
        if not one.low <= true[one.release, one.population, one.where] <= (one.high or np.inf)
    ]
    reasons = list(release.withheld.values())
    return {
        "kind": kind,
        "cohorts": 1,
        "counts": len(release.counts),
        "primary": sum(one in ("primary", "zero") for one in reasons),
        "secondary": sum(one in ("full", "secondary") for one in reasons),
        "large": sum(count.n >= RULES.threshold for count in release.counts),
        "attacked": len(found.bounded),
        "narrowest": min((one.width for one in (*found.bounded, *found.rests)), default=np.inf),
        "narrow": len(found.narrow),
        "recovered": len(found.recovered),
        "ruled_out_the_truth": len(wrong),
        "linked": int(all(len(orders) == len(found.releases) for _, orders in found.linked)),
    }


def table(rows: Sequence[dict]) -> pd.DataFrame:
    """One row per kind: sums over cohorts, the share of large counts still shown, the narrowest of all."""
    found = pd.DataFrame(rows).groupby("kind", sort=False)
    summed = found.sum(numeric_only=True)
    summed["narrowest"] = found["narrowest"].min()
    shown = 1 - summed["secondary"] / summed["large"]
    summed.insert(4, "large_counts_shown", shown.round(3))
    return summed.drop(columns="large").reset_index()


def main() -> None:
    """Measure, print, and with ``--write`` keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    begun, rows = time.monotonic(), []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for kind in KINDS:
            seeds = range(wanted.cohorts if kind == "reports" else wanted.cohorts // CROSSED_OF)
            for found in pool.map(partial(measured, kind), seeds, chunksize=5):
                rows += found
    rows += [demonstration(one) for one in DEMONSTRATIONS if (ROOT / "data/processed" / one).exists()]
    result = table(rows)
    print(result.to_string(index=False))
    print(f"{time.monotonic() - begun:.0f} s")
    if wanted.write:
        result.to_csv(TABLE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
