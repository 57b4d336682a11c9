"""Coverage of the intervals of drop-out, completion and their courses in cohorts of the simulator.

Cohorts as ``demo_2024`` was simulated from, without effects of the modes, of 40 and of 15 practitioners. Per
statistic the share of cohorts whose 95 % interval holds the truth, which is the mean over all of them:
the observed rate and incidence as if people were independent and for new practitioners and sites, and
the incidence that the model of drop-out gives the cohort as it is, by the delta method on the log(-log)
scale that reports use and by percentiles of draws with the intercept's df, which they used before.

    .venv/bin/python benchmarks/incidence.py --cohorts 1000 --write
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.domain import STARTED_ENDS
from alliance_modes.measurement.incidence import CENSORED, cumulative_incidence
from alliance_modes.measurement.intervals import Interval, clustered_share, groupings_of
from alliance_modes.models.effects import hazard
from alliance_modes.models.effects.competing import Setting, people_of
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.plan.plan import Plan
from alliance_modes.recovery.cohorts import simulated_cohort
from alliance_modes.recovery.settings import SETTINGS, cohort_truth
from alliance_modes.running.jobs import JOB_ENVIRONMENT
from alliance_modes.simulate.truth import load_truth

TRUTH = Path(__file__).parents[1] / "data/raw/demo_2024/truth.yaml"
RESULT = Path(__file__).with_suffix(".csv")
MODEL, END, LANDMARK, DRAWS = "dropout_modes", "dropped_out", 6, 400


def observed(enrolments: pd.DataFrame) -> Iterator[tuple[str, str, Interval]]:
    """Observed completion, drop-out and incidence of drop-out by the last session."""
    counted = enrolments[enrolments["denominator"].astype(bool) & enrolments["last_session"].notna()]
    kinds = counted["end_kind"]
    for rule, groupings in (("independent", ()), ("rule", groupings_of(counted))):
        for kind in ("completed", END):
            yield f"share {kind}", rule, clustered_share(kinds == kind, groupings)
        ends = kinds.where(kinds != "ongoing", CENSORED).to_numpy(dtype=object)
        time = counted["last_session"].to_numpy(dtype=float)
        curve = cumulative_incidence(time, ends, STARTED_ENDS, groupings)[END]
        yield "observed incidence", rule, Interval(*curve.at(np.inf), len(counted))


def modelled(sessions: pd.DataFrame, plan: Plan, seed: int) -> Iterator[tuple[str, str, Interval]]:
    """The model's incidence of drop-out in the cohort as it is, by both rules."""
    model = plan.models[MODEL]
    found = {one.name: estimate_outcome(plan.predictors, model, one, sessions) for one in model.outcomes}
    focal = found[END]
    if not isinstance(focal, Estimated):
        return
    made = hazard.hazard_effects(found, END, focal, LANDMARK, DRAWS, [seed])
    last = next(one for one in made.incidences if one.end == END and not one.term).points[-1]
    if last.ci_low is None or last.ci_high is None:
        return
    yield "modelled incidence", "rule", Interval(last.estimate, last.ci_low, last.ci_high, 0)
    people = people_of(focal.design)
    if isinstance(people, str):
        return
    hazards, _ = hazard._hazards(found, END, DRAWS, [seed])
    asked = hazard._Asked(END, focal, hazards, people, LANDMARK)
    drawn, _ = asked._drawn(Setting(), INTERCEPT, END)
    shifted = drawn[:, -1] - asked._sampled(Setting(), END)[0][0, -1] + last.estimate
    low, high = np.quantile(shifted, (0.025, 0.975))
    yield "modelled incidence", "percentiles", Interval(last.estimate, float(low), float(high), 0)


def one_cohort(asked: tuple[str, int]) -> list[dict]:
    """Rows of one cohort: statistic, rule, estimate and limits."""
    setting, number = asked
    plan = Plan()
    tables = simulated_cohort(cohort_truth(load_truth(TRUTH), SETTINGS[setting], number), plan).tables
    found = [*observed(tables["enrolment"]), *modelled(tables["session"], plan, number)]
    return [
        {
            "setting": setting,
            "statistic": statistic,
            "rule": rule,
            "estimate": one.estimate,
            "low": one.low,
            "high": one.high,
        }
        for statistic, rule, one in found
    ]


def coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per setting, statistic and rule: coverage of the mean over all cohorts, and the mean width."""
    truth = rows.groupby(["setting", "statistic"])["estimate"].transform("mean")
    held = (rows["low"] <= truth) & (truth <= rows["high"])
    made = rows.assign(truth=truth, coverage=held.astype(float), width=rows["high"] - rows["low"])
    grouped = made.groupby(["setting", "statistic", "rule"], sort=False)
    table = grouped[["truth", "coverage", "width"]].mean().round(4)
    table["mc_error"] = (grouped["coverage"].std() / grouped.size() ** 0.5).round(4)
    return table.assign(cohorts=grouped.size()).reset_index()


def main() -> int:
    """Print the table; write it with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--settings", nargs="+", default=["40_null", "15_null"])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}, other settings kept")
    asked = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in JOB_ENVIRONMENT.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **JOB_ENVIRONMENT})
    work = [(setting, number) for setting in asked.settings for number in range(asked.cohorts)]
    rows: list[dict] = []
    with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
        for done, found in enumerate(pool.imap(one_cohort, work, chunksize=5), 1):
            rows += found
            if done % 50 == 0:
                print(f"{done} of {len(work)}", file=sys.stderr, flush=True)
    table = coverage(pd.DataFrame(rows)).assign(date=date.today().isoformat())
    if asked.write:
        kept = pd.read_csv(RESULT) if RESULT.exists() else table.iloc[:0]
        others = kept[~kept["setting"].isin(asked.settings)]
        pd.concat([others, table], ignore_index=True).to_csv(RESULT, index=False)
    print(table.to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
