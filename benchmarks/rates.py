"""Coverage of intervals of observed rates, means and incidences over new practitioners and sites.

Simulated cohorts of clients of practitioners at sites, of unequal sizes, whose rate in the whole population
is known. Per setting and statistic the share of cohorts whose 95 % interval holds it, with the mean
width: as if people were independent (Wilson; t; Greenwood's kind), by practitioner alone, and by the rule
that reports use (``measurement.intervals.clustered_reach``).

    .venv/bin/python benchmarks/rates.py --cohorts 1000 --write
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from alliance_modes.measurement.incidence import CENSORED, cumulative_incidence
from alliance_modes.measurement.intervals import Interval, clustered_mean, clustered_share, groupings_of

RESULT = Path(__file__).with_suffix(".csv")
LOG_ODDS, LOG_ODDS_OF_LEAVING = 0.8, -3.2
GROUP_SD, SIZE_SPREAD, SESSIONS = 0.3, 0.5, 12
SIZES = ((40, 6, 800), (40, 4, 800), (25, 5, 500), (15, 3, 300), (60, 12, 1200))
"""Practitioners, sites, clients."""

DEVIATIONS = ((0.5, 0.3), (0.5, 0.0), (0.5, 0.6), (0.0, 0.0))
"""SD of practitioners and of sites, in log-odds (and, of the mean, in SD of a client)."""

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(61)


@dataclass(frozen=True)
class Cohort:
    """One simulated cohort: a row per client, and the truths of the population that it is a sample of."""

    rows: pd.DataFrame
    truths: dict[str, float]


def cohort(rng: np.random.Generator, sizes: tuple[int, int, int], deviations: tuple[float, float]) -> Cohort:
    """Clients with a 0/1 outcome, a rating, and the session after which they left or were last seen."""
    practitioners, sites, clients = sizes
    of_practitioner, of_site = deviations
    shares = np.exp(SIZE_SPREAD * rng.standard_normal(sites))
    more = rng.choice(sites, practitioners - sites, p=shares / shares.sum())
    site = np.concatenate([np.arange(sites), more])
    loads = np.exp(SIZE_SPREAD * rng.standard_normal(practitioners))
    rest = rng.choice(practitioners, clients - practitioners, p=loads / loads.sum())
    lead = np.concatenate([np.arange(practitioners), rest])
    group = lead * 3 + rng.integers(0, 3, clients)
    effect = (
        of_practitioner * rng.standard_normal(practitioners)[lead]
        + of_site * rng.standard_normal(sites)[site[lead]]
        + GROUP_SD * rng.standard_normal(3 * practitioners)[group]
    )
    hazard = expit(LOG_ODDS_OF_LEAVING + effect)
    left = rng.geometric(np.clip(hazard, 1e-12, 1.0))
    rows = pd.DataFrame(
        {
            "practitioner_id": lead.astype(str),
            "site_id": site[lead].astype(str),
            "completed": (rng.random(clients) < expit(LOG_ODDS + effect)).astype(float),
            "rating": effect + rng.standard_normal(clients),
            "session": np.minimum(left, SESSIONS).astype(float),
            "end": np.where(left <= SESSIONS, "left", CENSORED),
        }
    )
    spread = np.sqrt(of_practitioner**2 + of_site**2 + GROUP_SD**2) * NODES
    weights = WEIGHTS / WEIGHTS.sum()
    truths = {
        "share": float(weights @ expit(LOG_ODDS + spread)),
        "mean": 0.0,
        "incidence": float(weights @ (1.0 - (1.0 - expit(LOG_ODDS_OF_LEAVING + spread)) ** SESSIONS)),
    }
    return Cohort(rows, truths)


def intervals(rows: pd.DataFrame) -> Iterator[tuple[str, str, Interval]]:
    """Statistic, rule and interval of one cohort."""
    by_practitioner = (rows["practitioner_id"],)
    for rule, groupings in (
        ("independent", ()),
        ("practitioner", by_practitioner),
        ("rule", groupings_of(rows)),
    ):
        yield "share", rule, clustered_share(rows["completed"], groupings)
        yield "mean", rule, clustered_mean(rows["rating"], groupings)
        curve = cumulative_incidence(rows["session"], rows["end"], ["left"], groupings)["left"]
        yield "incidence", rule, Interval(*curve.at(SESSIONS), len(rows))


def measured(sizes: tuple[int, int, int], deviations: tuple[float, float], cohorts: int, seed: int) -> list:
    """One row per statistic and rule."""
    rng = np.random.default_rng([seed, *sizes, *(int(100 * one) for one in deviations)])
    held: dict[tuple[str, str], list[bool]] = {}
    widths: dict[tuple[str, str], list[float]] = {}
    for _ in range(cohorts):
        made = cohort(rng, sizes, deviations)
        for statistic, rule, found in intervals(made.rows):
            held.setdefault((statistic, rule), []).append(found.low <= made.truths[statistic] <= found.high)
            widths.setdefault((statistic, rule), []).append(found.high - found.low)
    named: dict[str, float] = dict(zip(("practitioners", "sites", "clients"), sizes, strict=True))
    named |= dict(zip(("practitioner_sd", "site_sd"), deviations, strict=True))
    return [
        {
            **named,
            "statistic": statistic,
            "rule": rule,
            "cohorts": cohorts,
            "coverage": round(float(np.mean(hits)), 4),
            "mc_error": round(float(np.std(hits)) / cohorts**0.5, 4),
            "width": round(float(np.mean(widths[statistic, rule])), 4),
        }
        for (statistic, rule), hits in held.items()
    ]


def main() -> int:
    """Print the table; write it with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    asked = parser.parse_args()
    rows = []
    for sizes in SIZES:
        for deviations in DEVIATIONS:
            rows += measured(sizes, deviations, asked.cohorts, asked.seed)
            print(f"{sizes} {deviations} done", file=sys.stderr)
    table = pd.DataFrame(rows).assign(date=date.today().isoformat())
    if asked.write:
        table.to_csv(RESULT, index=False)
    wide = table.pivot_table(
        index=["practitioners", "sites", "practitioner_sd", "site_sd"],
        columns=["statistic", "rule"],
        values="coverage",
    )
    print(wide.to_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())
