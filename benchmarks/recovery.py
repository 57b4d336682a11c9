"""Does the default plan find what was put in? Type-I error, coverage, bias and power of every primary effect.

    python benchmarks/recovery.py                         # all settings, 1,000 cohorts each, and their truth
    python benchmarks/recovery.py --cohorts 40 --only 15_null

Simulates cohorts of 40 and of 15 practitioners, with and without effects of the modes (docs/recovery.md),
takes each through the project's own cleaning, scoring, derivation and models, and writes
benchmarks/recovery.csv, benchmarks/recovery_truth.csv and a record of the run (recovery.json). Finished parts
are kept under .alliance_modes/recovery/ and are not run again: stop it and start it when you like. Parts made
by other code, another plan or another truth are not used.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from alliance_modes.ground.files import write_csv, write_json
from alliance_modes.plan.plan import Plan, load_plan
from alliance_modes.recovery.cohorts import simulated_cohort
from alliance_modes.recovery.replicate import recovered_effects
from alliance_modes.recovery.settings import SETTINGS, STREAM, cohort_truth
from alliance_modes.recovery.summary import summarise
from alliance_modes.recovery.truths import KEY, block_effects, block_truth, true_effects
from alliance_modes.running.code import code, digest
from alliance_modes.simulate import Truth, load_truth
from one_thread import begin_again_with_one_thread

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "benchmarks"
PARTS = ROOT / ".alliance_modes" / "recovery"
COHORTS_PER_PART = 10
BOOTSTRAPPED = 100
"""Cohorts of each setting, the first ones, whose joint tests are bootstrapped."""
DRAWS = 1000
"""Behind the intervals of percentage points and corrected slopes: half the plan's, to save time."""
PRACTITIONERS_PER_BLOCK = 200


@dataclass(frozen=True)
class Study:
    """What every part of the study needs."""

    truth: Truth
    plan: Plan


STUDY: Study


def cohorts_part(setting: str, first: int, count: int) -> pd.DataFrame:
    """``recovered_effects`` of ``count`` cohorts of one setting, from number ``first`` on."""
    found = []
    for number in range(first, first + count):
        truth = cohort_truth(STUDY.truth, SETTINGS[setting], number)
        cohort = simulated_cohort(truth, STUDY.plan)
        effects = recovered_effects(
            cohort.tables, STUDY.plan, cohort.reliabilities, seed=number, bootstrap=number < BOOTSTRAPPED
        )
        found.append(effects.assign(cohort=number))
    return pd.concat(found, ignore_index=True)


def truth_part(block: int) -> pd.DataFrame:
    """``block_effects`` of one large cohort."""
    return block_effects(block_truth(STUDY.truth, block, PRACTITIONERS_PER_BLOCK, STREAM), STUDY.plan)


@dataclass(frozen=True)
class Part:
    """One piece of the work: what makes it, and where it is kept."""

    path: Path
    make: Callable[..., pd.DataFrame]
    arguments: tuple


def run_part(part: Part) -> float:
    """Make a part that is not there; seconds taken."""
    begun = time.monotonic()
    write_csv(part.make(*part.arguments), part.path)
    return time.monotonic() - begun


def run(parts: Iterable[Part], jobs: int, title: str) -> list[Path]:
    """Make the parts that are not there, side by side, and say how long the rest takes."""
    parts = list(parts)
    due = [part for part in parts if not part.path.exists()]
    begun = time.monotonic()
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for done, _ in enumerate(pool.imap_unordered(run_part, due), 1):
            left = (time.monotonic() - begun) / done * (len(due) - done)
            print(f"{title}: {len(parts) - len(due) + done} of {len(parts)}, about {left / 60:.0f} min left")
            sys.stdout.flush()
    return [part.path for part in parts]


def read(paths: Iterable[Path]) -> list[pd.DataFrame]:
    """The parts, in order."""
    return [pd.read_csv(path, keep_default_na=True, dtype={"level": "str", "term": "str"}) for path in paths]


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=1000, help="per setting")
    parser.add_argument("--with-effects", type=int, help="per setting with effects, where not as many")
    parser.add_argument(
        "--blocks", type=int, default=48, help=f"of {PRACTITIONERS_PER_BLOCK} practitioners, for the truth"
    )
    parser.add_argument("--only", nargs="+", choices=list(SETTINGS), default=list(SETTINGS), help="settings")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the tables")
    return parser.parse_args()


def main() -> None:
    """Run what is not there yet, and write the tables."""
    global STUDY
    asked = options()
    begin_again_with_one_thread()
    plan = load_plan(ROOT / "config/plan.yaml").model_copy(update={"draws": DRAWS})
    STUDY = Study(load_truth(ROOT / "data/raw/demo_2024/truth.yaml"), plan)
    os.chdir(ROOT)
    depends = {"code": digest(code("recovery", HERE)), **basis(STUDY)}
    folder = PARTS / hashlib.sha256(json.dumps(depends).encode()).hexdigest()[:16]
    blocks = [Part(folder / "truth" / f"{i:04d}.csv", truth_part, (i,)) for i in range(asked.blocks)]
    needs_truth = any(not SETTINGS[name].null for name in asked.only)
    truths = pd.DataFrame(columns=[*KEY, "value"])
    if needs_truth:
        truths = true_effects(read(run(blocks, asked.jobs, "truth")), PRACTITIONERS_PER_BLOCK)
        write_csv(truths, asked.out / "recovery_truth.csv")
    tables = []
    with_effects = asked.cohorts if asked.with_effects is None else asked.with_effects
    for name in asked.only:
        starts = range(0, asked.cohorts if SETTINGS[name].null else with_effects, COHORTS_PER_PART)
        parts = [
            Part(folder / name / f"{start:05d}.csv", cohorts_part, (name, start, COHORTS_PER_PART))
            for start in starts
        ]
        found = pd.concat(read(run(parts, asked.jobs, name)), ignore_index=True)
        tables.append(summarise(found, truths, SETTINGS[name], found["cohort"].nunique()))
    write_csv(pd.concat(tables, ignore_index=True), asked.out / "recovery.csv")
    record = {
        "command": f"python benchmarks/recovery.py --cohorts {asked.cohorts} --with-effects {with_effects} "
        f"--blocks {asked.blocks}",
        "settings": list(asked.only),
        "date": date.today().isoformat(),
        "sha256": depends,
    }
    write_json(record, asked.out / "recovery.json")
    print(f"{asked.out / 'recovery.csv'}")


def basis(study: Study) -> dict[str, str]:
    """SHA-256 of the truth and of the plan that the study rests on."""
    shown = {"truth": study.truth.tidy().model_dump_json(), "plan": study.plan.model_dump_json()}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in shown.items()}


if __name__ == "__main__":
    main()
