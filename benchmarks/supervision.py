"""How often a supervision sheet says that a practitioner can be told apart from peers.

Simulated ratings by clients of practitioners at sites, at three sessions, through the model and the positions
of the sheets (``models/peers``) as the default plan asks for them. Units are SDs of one rating, about. In
``identical`` practitioners differ in nothing; in ``case_mix`` only in whom they work with (recorded risk,
readiness and mandate, which make their mean ratings differ by an SD of .2); in ``unequal`` a fifth of them
have 70 % of the clients, and differ in nothing; in ``sd_35`` and ``sd_50`` they differ by themselves. In
``unrecorded`` they differ in case mix alone, and readiness is not recorded: what nobody recorded cannot be
adjusted for. ``called`` is the share of sheets with enough clients that say so, ``any`` the share of cohorts
with one such sheet at least, ``held`` how often the limits hold the true difference.

    .venv/bin/python benchmarks/supervision.py --write
    .venv/bin/python benchmarks/supervision.py --only 40_identical --cohorts 50

With ``--only`` rows of other settings stay as they were written.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.ground.files import write_csv
from alliance_modes.models.design.design import Refusal
from alliance_modes.models.peers.peers import fit_peers
from alliance_modes.plan.parts import SupervisionTask, supervision_task
from alliance_modes.plan.plan import Plan

RESULT = Path(__file__).with_suffix(".csv")
CLIENTS, GROUPS = 20, 2.25
SESSIONS, STAY = (3, 12, 22), 0.85
"""Sessions at which clients are rated, and the share of those rated at one who are rated at the next."""

EFFECTS = {"mandated": -0.2, "risk_score_z": -0.15, "readiness_z": 0.25, "needs": -0.05}
COURSE = 0.15
DEVIATIONS = {"group": 0.2, "site": 0.15, "client": 0.7, "course": 0.1, "rating": 0.6}
CASE_MIX = 0.7
"""SD between practitioners of the mean risk and readiness of their clients, where they differ in these."""

HELD, HOLDERS = 0.7, 0.2


@dataclass(frozen=True)
class Setting:
    """One kind of cohort; ``spread`` is the SD by which practitioners themselves differ."""

    name: str
    practitioners: int
    sites: int
    spread: float = 0.0
    case_mix: bool = False
    recorded: bool = True
    unequal: bool = False


def _settings() -> Iterator[Setting]:
    for practitioners, sites in ((15, 3), (40, 6)):
        size, head = (practitioners, sites), f"{practitioners}_"
        yield Setting(f"{head}identical", *size)
        yield Setting(f"{head}case_mix", *size, case_mix=True)
        yield Setting(f"{head}unequal", *size, unequal=True)
        yield Setting(f"{head}unrecorded", *size, case_mix=True, recorded=False)
        yield Setting(f"{head}sd_35", *size, spread=0.35)
        yield Setting(f"{head}sd_50", *size, spread=0.5)


SETTINGS = {one.name: one for one in _settings()}


def cohort(rng: np.random.Generator, setting: Setting) -> tuple[pd.DataFrame, np.ndarray]:
    """One cohort: a row per rating as in the analysis table, and how each practitioner differs."""
    people = setting.practitioners
    site = np.concatenate([np.arange(setting.sites), rng.integers(0, setting.sites, people - setting.sites)])
    lead, group = _clients(rng, setting)
    clients = pd.DataFrame(_covariates(rng, setting, lead)).assign(
        enrolment_id=[f"e{one:05d}" for one in range(len(lead))],
        client_id=[f"c{one:05d}" for one in range(len(lead))],
        practitioner_id=[f"p{one:03d}" for one in lead],
        group_id=[f"g{one:04d}" for one in group],
        site_id=[f"s{one:02d}" for one in site[lead]],
    )
    own = setting.spread * rng.standard_normal(people)
    level = 3.5 + own[lead] + sum(clients[name] * each for name, each in EFFECTS.items())
    level = level + DEVIATIONS["group"] * rng.standard_normal(group.max() + 1)[group]
    level = level + DEVIATIONS["site"] * rng.standard_normal(setting.sites)[site[lead]]
    level = level + DEVIATIONS["client"] * rng.standard_normal(len(lead))
    course = COURSE + DEVIATIONS["course"] * rng.standard_normal(len(lead))
    return _ratings(rng, clients, level.to_numpy(), course, setting), own


def _clients(rng: np.random.Generator, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Lead practitioner and group of each client; everybody has two clients at least."""
    people = setting.practitioners
    shares = np.full(people, 1.0 / people)
    if setting.unequal:
        holders = round(HOLDERS * people)
        of_others = (1 - HELD) / (people - holders)
        shares = np.concatenate([np.full(holders, HELD / holders), np.full(people - holders, of_others)])
    more = rng.choice(people, (CLIENTS - 2) * people, p=shares)
    lead = np.concatenate([np.repeat(np.arange(people), 2), more])
    groups = np.maximum(np.round(np.bincount(lead, minlength=people) * GROUPS / CLIENTS), 1).astype(int)
    first = np.concatenate([[0], np.cumsum(groups)[:-1]])
    return lead, first[lead] + rng.integers(0, groups[lead])


def _covariates(rng: np.random.Generator, setting: Setting, lead: np.ndarray) -> dict[str, np.ndarray]:
    people = setting.practitioners
    risk, readiness = (CASE_MIX if setting.case_mix else 0.0) * rng.standard_normal((2, people))
    mandated = rng.uniform(0.2, 0.95, people) if setting.case_mix else np.full(people, 0.7)
    return {
        "mandated": (rng.random(len(lead)) < mandated[lead]).astype(float),
        "risk_score_z": risk[lead] + rng.standard_normal(len(lead)),
        "readiness_z": readiness[lead] + rng.standard_normal(len(lead)),
        "needs": rng.binomial(6, 0.3, len(lead)).astype(float),
    }


def _ratings(
    rng: np.random.Generator, clients: pd.DataFrame, level: np.ndarray, course: np.ndarray, setting: Setting
) -> pd.DataFrame:
    parts, there = [], np.ones(len(clients), dtype=bool)
    for session in SESSIONS:
        time = (session - 1) / 10.0
        rating = level + course * time + DEVIATIONS["rating"] * rng.standard_normal(len(clients))
        parts.append(clients.assign(session_no=session, time=time, rater="client", total=rating)[there])
        there = there & (rng.random(len(clients)) < STAY)
    rows = pd.concat(parts, ignore_index=True)
    return rows if setting.recorded else rows.assign(readiness_z=np.nan)


def sheets(name: str, number: int, task: SupervisionTask) -> pd.DataFrame:
    """Each practitioner of one cohort: whether told apart, and whether the limits hold what is true.

    Empty where no sheet has a position, as the model did not converge.
    """
    setting = SETTINGS[name]
    rows, own = cohort(np.random.default_rng([number, *name.encode()]), setting)
    peers = fit_peers(task, rows)
    if isinstance(peers, Refusal):
        return pd.DataFrame({"cohort": [], "called": [], "held": []})
    found, clients = peers.positions(), peers.clients()
    true = own[[int(level.removeprefix("p")) for level in found.levels]]
    table = pd.DataFrame(
        {"cohort": number, "called": found.apart, "held": (found.low <= true) & (true <= found.high)}
    )
    return table[clients.loc[list(found.levels)].to_numpy() >= task.clients_at_least]


def _asked(asked: tuple[str, int]) -> pd.DataFrame:
    return sheets(*asked, supervision_task(Plan()))


def summary(setting: Setting, found: pd.DataFrame, cohorts: int) -> dict[str, object]:
    """One row of the table; the error allows for sheets of one cohort being alike."""
    each = found.groupby("cohort")["called"].mean()
    return {
        "setting": setting.name,
        "practitioners": setting.practitioners,
        "spread": setting.spread,
        "cohorts": cohorts,
        "fitted": len(each),
        "sheets": len(found),
        "called": round(float(each.mean()), 4),
        "mc_error": round(float(each.std(ddof=1)) / len(each) ** 0.5, 4),
        "any": round(float((each > 0).mean()), 4),
        "held": round(float(found["held"].mean()), 4),
    }


def _beside(table: pd.DataFrame) -> pd.DataFrame:
    """The rows made, and those of other settings as they were written before."""
    kept = pd.read_csv(RESULT) if RESULT.exists() else table.head(0)
    both = pd.concat([kept[~kept["setting"].isin(table["setting"])], table])
    return both.sort_values("setting", key=lambda names: names.map(list(SETTINGS).index), kind="stable")


def main() -> int:
    """Print the table; write it with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=1000, help="per setting")
    parser.add_argument("--only", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    asked = parser.parse_args()
    tables = []
    with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
        for name in asked.only:
            numbers = [(name, number) for number in range(asked.cohorts)]
            found = pd.concat(pool.map(_asked, numbers, chunksize=10))
            row = summary(SETTINGS[name], found, asked.cohorts) | {"date": date.today().isoformat()}
            tables.append(pd.DataFrame([row]))
            if asked.write:
                write_csv(_beside(tables[-1]), RESULT)
            print(f"{name} done", file=sys.stderr)
    print(pd.concat(tables).to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
