"""Time and memory of single outcomes on a simulated cohort of 60,000 enrolments.

    .venv/bin/python benchmarks/models.py [--enrolments 60000] [--only dropout] [--whole] [--lme4 600]

Simulates the cohort of data/raw/demo_2024/truth.yaml, tidy and larger, takes it through cleaning, scoring
and derivation (kept under .alliance_modes/models_benchmark/), and estimates one outcome at a time in a
process of its own; with --lme4, R's lme4 fits the same rows after it. Adds a row per outcome to
benchmarks/models.csv. See benchmarks/README.md for the columns.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import psutil

from one_thread import ONE_THREAD

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "benchmarks" / "models.csv"
KEPT = ROOT / ".alliance_modes" / "models_benchmark"
OUTCOMES = {
    "engagement": ("session_engagement", 10),
    "alliance": ("client_goal", 10),
    "attendance": ("attendance", ""),
    "completion": ("completed", 30),
    "dropout_modes": ("dropped_out", 60),
    "dropout": ("dropped_out", 60),
}
"""Outcome of each model, and the seconds that it may take to estimate, where that was laid down."""

EVERY_SECONDS = 0.1
MIB = 2**20


def main() -> None:
    """Prepare the tables, measure every outcome, add the rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--enrolments", type=int, default=60_000)
    parser.add_argument("--only", choices=OUTCOMES, help="one model")
    parser.add_argument("--whole", action="store_true", help="also all that is made of a fit for a reader")
    parser.add_argument(
        "--lme4", type=float, default=0, help="seconds that R's lme4 is given; none by default"
    )
    parser.add_argument("--child", choices=("prepare", *OUTCOMES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = KEPT / str(options.enrolments)
    if options.child == "prepare":
        prepare(folder, options.enrolments)
        return
    if options.child:
        print(json.dumps(measure(folder, options.child, options.whole, options.lme4)))
        return
    if not (folder / "session.parquet").exists():
        _child("prepare", options)
    for model in [options.only] if options.only else OUTCOMES:
        row, peak = _child(model, options)
        _add(_described() | row | {"peak_rss_mib": peak})


def prepare(folder: Path, enrolments: int) -> None:
    """Simulate, clean, score and derive; write the analysis tables."""
    from alliance_modes.cleaning.clean import clean_cohort
    from alliance_modes.derive import derive_cohort
    from alliance_modes.ground.files import write_parquet
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.plan.plan import load_plan
    from alliance_modes.scoring.scores import score_cohort
    from alliance_modes.simulate import load_truth, simulate_tables

    truth = load_truth(ROOT / "data/raw/demo_2024/truth.yaml").tidy().with_size(enrolments)
    plan, instruments = load_plan(ROOT / "config/plan.yaml"), load_instruments()
    lock = truth.calendar.data_lock
    clean = clean_cohort(simulate_tables(truth).tables, None, plan.cleaning, lock, instruments)
    scores = score_cohort(clean.tables, instruments)
    derived = derive_cohort(clean.tables, scores, clean.account, plan.exposure, lock)
    for name in ("alliance", "session", "enrolment"):
        write_parquet(getattr(derived, name), folder / f"{name}.parquet")


def measure(folder: Path, name: str, whole: bool, lme4_seconds: float) -> dict[str, object]:
    """Estimate one outcome; where asked for, also all that ``fit_model`` makes of it, and lme4's fit."""
    from alliance_modes.dictionary.derive import TABLES
    from alliance_modes.models.design.random_structure import fit_structure
    from alliance_modes.models.fitting import fit_model
    from alliance_modes.models.inference.estimated import Estimated
    from alliance_modes.models.outcome import estimate_outcome
    from alliance_modes.plan.parts import model_task
    from alliance_modes.plan.plan import load_plan

    plan = load_plan(ROOT / "config/plan.yaml")
    model = plan.models[name]
    outcome = next(one for one in model.outcomes if one.name == OUTCOMES[name][0])
    table = TABLES[model.table].read(folder / f"{model.table}.parquet")
    estimate = _timed(lambda: estimate_outcome(plan.predictors, model, outcome, table))
    found = estimate["result"]
    if not isinstance(found, Estimated):
        sys.exit(f"{name} was not estimated: {found.refusal.reason}")
    engine = _timed(lambda: fit_structure(found.design, found.structure.fit.distribution))
    made: dict = {"seconds": "", "cpu": ""}
    if whole:
        one = plan.model_copy(update={"models": {name: model.model_copy(update={"outcomes": (outcome,)})}})
        made = _timed(lambda: fit_model(model_task(one, name), {model.table: table}))
    return {
        "model": name,
        "outcome": outcome.name,
        "family": model.family,
        "rows": found.design.observations,
        "engine_rows": len(found.design.frame),
        "practitioners": found.design.practitioners,
        "engine_seconds": engine["seconds"],
        "engine_cpu_seconds": engine["cpu"],
        "estimate_seconds": estimate["seconds"],
        "estimate_cpu_seconds": estimate["cpu"],
        "bar_seconds": OUTCOMES[name][1],
        "status": found.status,
        "whole_seconds": made["seconds"],
        "whole_cpu_seconds": made["cpu"],
        **(_beside_lme4(found, lme4_seconds, engine["cpu"]) if lme4_seconds else NO_LME4),
    }


def _beside_lme4(found, seconds: float, engine_cpu: float) -> Mapping[str, object]:
    """The same rows and formula through lme4: its time, how many times glmm's, and how far apart they are."""
    from alliance_modes.models.engine.prepared import prepare
    from alliance_modes.models.second_engines.lme4 import ask_lme4
    from alliance_modes.models.second_engines.rscript import find_lme4

    fit, design = found.structure.fit, found.design
    asked = prepare(design.frame, design.response, design.fixed, found.structure.groupings)
    answer = ask_lme4(asked, fit.distribution, find_lme4(), nodes=fit.nagq, seconds=seconds)
    if not answer.beta or answer.cpu_seconds is None:
        return NO_LME4 | {"lme4_cpu_seconds": f"> {seconds:g}", "lme4_said": answer.reason}
    apart = max(
        abs(answer.beta[name] - beta) / se for name, beta, se in zip(fit.names, fit.beta, fit.se, strict=True)
    )
    return {
        "lme4_cpu_seconds": round(answer.cpu_seconds, 1),
        "lme4_ratio": round(answer.cpu_seconds / engine_cpu, 1),
        "lme4_largest_difference_in_se": f"{apart:.2g}",
        "lme4_said": "; ".join(answer.warnings) or answer.status,
    }


NO_LME4 = dict.fromkeys(("lme4_cpu_seconds", "lme4_ratio", "lme4_largest_difference_in_se", "lme4_said"), "")


def _timed(work) -> dict:
    wall, cpu = time.monotonic(), time.process_time()
    result = work()
    return {
        "result": result,
        "seconds": round(time.monotonic() - wall, 1),
        "cpu": round(time.process_time() - cpu, 1),
    }


def _child(name: str, options: argparse.Namespace) -> tuple[dict, int]:
    """Run one part in a process of its own; what it says, and the peak of its tree's memory in MiB."""
    command = [sys.executable, str(Path(__file__)), "--child", name, "--enrolments", str(options.enrolments)]
    command += ["--lme4", str(options.lme4), *(["--whole"] if options.whole else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | ONE_THREAD)
    tree, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        peak = max(peak, _memory(tree))
        time.sleep(EVERY_SECONDS)
    if process.returncode:
        sys.exit(f"{name} failed; nothing was noted")
    said = process.stdout.read()
    return (json.loads(said) if said.strip() else {}), round(peak / MIB)


def _memory(tree: psutil.Process) -> int:
    try:
        processes = (tree, *tree.children(recursive=True))
        return sum(one.memory_info().rss for one in processes if one.name() not in ("R", "Rscript"))
    except psutil.Error:
        return 0


def _described() -> dict[str, object]:
    return {
        "date": date.today().isoformat(),
        "command": " ".join(["benchmarks/models.py", *sys.argv[1:]]),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def _add(row: dict[str, object]) -> None:
    new = not TABLE.exists()
    with TABLE.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(", ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
