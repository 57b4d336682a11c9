"""How often each relational analysis finds the truth that was put into simulated cohorts.

    .venv/bin/python benchmarks/relations.py --analysis balance --cohorts 500 --write
    .venv/bin/python benchmarks/relations.py --analysis balance --only 40_null --cohorts 20

A row per analysis, setting, number and method: the project's, and the naive way that its documentation warns
of, on the same cohorts. With --write the rows of the settings that were run replace those in
benchmarks/relations.csv. See benchmarks/README.md for the columns.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd

from alliance_modes.ground.files import write_csv
from one_thread import begin_again_with_one_thread
from relation_studies import (
    balance,
    cohorts,
    course,
    curvature,
    dyad,
    facets,
    lagged,
    mediation,
    moderators,
    plasmode,
    rupture,
    specifications,
)
from relation_studies.study import Recovered, Study

STUDIES: dict[str, Study] = {
    "balance": balance.STUDY,
    "mediation": mediation.STUDY,
    "lagged": lagged.STUDY,
    "dyad": dyad.STUDY,
    "rupture": rupture.STUDY,
    "moderators": moderators.STUDY,
    "facets": facets.STUDY,
    "curvature": curvature.STUDY,
    "cohorts": cohorts.STUDY,
    "specifications": specifications.STUDY,
    "course": course.STUDY,
    "plasmode": plasmode.STUDY,
}
RESULT = Path(__file__).with_suffix(".csv")
KEYS = ["analysis", "setting", "term", "method"]
STREAM = 15


def main() -> None:
    """Run the studies that are asked for, print their rows, keep them where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--analysis", choices=sorted(STUDIES), action="append", help="default: every one")
    parser.add_argument("--only", action="append", help="a setting; default: every one")
    parser.add_argument("--cohorts", type=int, default=500)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="keep the rows in benchmarks/relations.csv")
    asked = parser.parse_args()
    begin_again_with_one_thread()
    rows: list[dict] = []
    # what the processes inherit need not be searched each time that multipletests collects what is not used
    with multiprocessing.Pool(asked.processes, initializer=gc.freeze) as pool:
        for analysis in asked.analysis or STUDIES:
            for setting in STUDIES[analysis].settings:
                if not asked.only or setting in asked.only:
                    tasks = [(analysis, setting, number) for number in range(asked.cohorts)]
                    found = pool.map(_cohort, tasks, chunksize=max(1, asked.cohorts // 50))
                    rows += _summary(analysis, setting, found)
    table = pd.DataFrame(rows)
    print(table.drop(columns=["analysis", "made_on"]).to_string(index=False))
    if asked.write:
        _keep(table)


def _cohort(task: tuple[str, str, int]) -> list[Recovered]:
    analysis, setting, number = task
    study = STUDIES[analysis]
    place = list(study.settings).index(setting)
    seed = [STREAM, crc32(analysis.encode()), place, number]  # no other study moves this one's cohorts
    return list(study.once(np.random.default_rng(seed), study.settings[setting]))


def _summary(analysis: str, setting: str, found: Sequence[Sequence[Recovered]]) -> Iterator[dict]:
    """One row per term and method, with Monte-Carlo errors."""
    every = pd.DataFrame([vars(one) for cohort in found for one in cohort])
    for (term, method), here in every.groupby(["term", "method"], sort=False):
        answered = here[here["p"].notna() | here["ci_low"].notna() | here["estimate"].notna()]
        truth = here["truth"].astype(float).mean()
        low, true, high = (answered[name].astype(float) for name in ("ci_low", "truth", "ci_high"))
        held = ((low <= true) & (true <= high))[low.notna()]
        rejected = (answered["p"] < 0.05)[answered["p"].notna()]
        estimates = answered["estimate"].dropna().astype(float)
        yield {
            "analysis": analysis,
            "setting": setting,
            "practitioners": STUDIES[analysis].settings[setting].practitioners,
            "term": term,
            "method": method,
            "cohorts": len(found),
            "answered": len(answered) / len(found),
            "truth": truth,
            "mean": estimates.mean(),
            "bias": (answered["estimate"].astype(float) - answered["truth"].astype(float)).mean(),
            "bias_mc": estimates.std() / np.sqrt(max(len(estimates), 1)),
            "held": held.mean(),
            "held_mc": _error(held),
            "rejected": rejected.mean(),
            "rejected_mc": _error(rejected),
            "made_on": date.today().isoformat(),
        }


def _error(share: pd.Series) -> float:
    return float(np.sqrt(share.mean() * (1 - share.mean()) / len(share))) if len(share) else float("nan")


def _keep(table: pd.DataFrame) -> None:
    if RESULT.is_file():
        before = pd.read_csv(RESULT)
        new = set(map(tuple, table[["analysis", "setting"]].to_numpy()))
        kept = [tuple(row) not in new for row in before[["analysis", "setting"]].to_numpy()]
        table = pd.concat([before[kept], table])
    write_csv(table.sort_values(KEYS, kind="stable").round(4), RESULT)


if __name__ == "__main__":
    main()
